"""Ray: connects to a cluster or starts one on this machine, and maps rows with actors, with retries of lost rows.

Called by `aspectra.elicit` and `aspectra.analyze` for `--engine ray`. Rows are read on the node of the command, so
files need not be shared. A row is a block of work, and an actor has one at a time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aspectra.errors import AspectraError, UserError
from aspectra.extras import need
from aspectra.progress import say

if TYPE_CHECKING:
    from pyarrow import Table
    from ray.data import Dataset

ENGINES = ("local", "ray")
STORE = 256 << 20  # bytes for the blocks in flight of a cluster that is started here
PATIENCE = 10.0  # seconds for connecting to a cluster's port
CPU = 0.01  # for each actor: if a node dies, any other has room for its actors
# Read by Ray at import or start: no telemetry, no copy of the project to each worker, no messages.
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster: `address` of a head node (None: RAY_ADDRESS, else this machine), and the number of actors.

    `workers` None: one for each node.
    """

    address: str | None = None
    workers: int | None = None


@contextlib.contextmanager
def joined(cluster: Cluster, what: str) -> Iterator[int]:
    """Connect, or start a cluster for the block; yields the number of actors. `what` needs the extra.

    Raises MissingExtraError without Ray, UserError if no cluster answers, AspectraError if Ray fails.
    """
    need("ray", what)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    address = cluster.address or os.environ.get("RAY_ADDRESS") or None
    if address is not None:
        reached(address)
    else:
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # use the loopback interface on every system
    import ray
    import ray.data

    # A short path: sockets are created in it, and their paths may have only 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp")) if address is None else None
    own: dict[str, Any] = {}
    if folder is not None:
        own = {"_temp_dir": str(folder), "include_dashboard": False, "object_store_memory": STORE}
    try:
        with hushed():
            ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR, **own)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.target_max_block_size = 1  # byte: each row is a block
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        found: Any = ray.nodes
        nodes = sum(bool(node["Alive"]) for node in found())
        workers = cluster.workers or nodes
        say(f"Ray {'at ' + address if address else 'on this machine'}: nodes {nodes}, actors {workers}")
        yield workers
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        token = "; if it needs a token: export RAY_AUTH_MODE=token" if isinstance(error, ConnectionError) else ""
        raise AspectraError(f"Ray: {line(error)}{token}; run the same command to go on") from error
    finally:
        ray.shutdown()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def hushed() -> Iterator[None]:
    """Hide what native libraries write to stderr; errors are raised anyway."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def reached(address: str) -> None:
    """Raise UserError unless the address accepts connections: Ray itself would retry for minutes."""
    if address in ("auto", "local"):
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        raise UserError(f"--ray-address {address} is not HOST:PORT of a head node, for example 10.0.0.1:6379")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise UserError(
            f"no Ray cluster answers at {address} ({error}); start one with `ray start --head`, or leave out "
            "--ray-address (and RAY_ADDRESS) to work on this machine"
        ) from None


def line(error: BaseException) -> str:
    """The last line of a Ray error, which begins with the traces of all processes."""
    found = [each.strip() for each in str(error).splitlines() if each.strip()]
    return (found[-1] if found else type(error).__name__)[:300]


def here() -> dict[str, Any]:
    """Options of a task or an actor that must run on this node."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    node = ray.get_runtime_context().get_node_id()
    return {"num_cpus": 0, "scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False)}


def read(make: Callable[[], Iterator[Table]]) -> Dataset:
    """A dataset of the tables that `make` yields, on demand, in a process of this node. `make` is pickled."""
    import ray.data
    from ray.data.block import BlockMetadata
    from ray.data.datasource import Datasource, ReadTask

    class Source(Datasource):
        supports_distributed_reads = False  # Ray then reads on the driver's node

        def estimate_inmemory_data_size(self) -> int | None:
            return None

        def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[ReadTask]:
            return [ReadTask(make, BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None))]

    source: Any = Source
    found: Dataset = ray.data.read_datasource(source(), override_num_blocks=1, num_cpus=0)
    return found


def mapped(rows: Dataset, worker: type, arguments: tuple[Any, ...], workers: int) -> Dataset:
    """Map the rows with actors of the class `worker`, each called with a table of one row, spread over the nodes."""
    import ray.data

    return rows.map_batches(
        worker,
        fn_constructor_args=arguments,
        batch_size=None,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2),
        num_cpus=CPU,
    )


def node() -> str:
    """The short id of this node."""
    import ray

    return str(ray.get_runtime_context().get_node_id())[:8]


def results(rows: Dataset) -> Iterator[dict[str, Any]]:
    """The rows as they finish, in any order."""
    tables: Iterator[Any] = iter(rows.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0))
    for table in tables:
        yield from table.to_pylist()
