"""A Ray cluster of two nodes on the loopback of this machine.

`python -m tests.clusters` prints its address and holds it until its stdin is closed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aspectra import cluster

ROOT = Path(__file__).resolve().parents[1]
# A dead node is known for one within seconds.
SOON = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 300, "health_check_failure_threshold": 4}
NODE = {"num_cpus": 1, "object_store_memory": 100 << 20, "node_ip_address": "127.0.0.1"}


@contextmanager
def two_nodes() -> Iterator[Any]:
    """`ray.cluster_utils.Cluster`; `address` is for --ray-address, `second` a node that may be killed."""
    usual = dict(os.environ)
    os.environ.update({**cluster.QUIET, "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"})
    # What the nodes import is what is tested.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    os.environ.pop("OPENAI_API_KEY", None)
    from ray.cluster_utils import Cluster

    made: Any = Cluster
    both = made(initialize_head=True, head_node_args={**NODE, "include_dashboard": False, "_system_config": SOON})
    try:
        both.second = both.add_node(**NODE)
        yield both
    finally:
        both.shutdown()
        os.environ.clear()
        os.environ.update(usual)


if __name__ == "__main__":
    with two_nodes() as both:
        print(both.address, flush=True)
        sys.stdin.read()
