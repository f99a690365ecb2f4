"""`aspectra elicit --engine ray`: actors on a cluster send the pending requests of a store.

    store -> blocks of one kind (read-only) -> Asker (any node) -> Keeper (node of the store): one shard each
          -> the store

The driver stores shards as they arrive. A block is asked again only if its actor died before it wrote its shard. Called
by `aspectra.cli.elicit` as `engine.elicit(..., ask=across(cluster))`.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aspectra import cluster
from aspectra.elicit import engine, queue, shards
from aspectra.elicit.asking import Asking
from aspectra.elicit.budget import Budget
from aspectra.elicit.call import Call
from aspectra.elicit.keeper import Keeper, Order, ended
from aspectra.elicit.nearest import size
from aspectra.elicit.queue import Pending
from aspectra.elicit.store import Ask, Outcome, Store, now, request_key
from aspectra.elicit.tally import Tally
from aspectra.errors import AspectraError, UserError
from aspectra.progress import progress, say
from aspectra.teachers import make as teachers
from aspectra.teachers.keys import read_key

if TYPE_CHECKING:
    from pyarrow import Table
    from ray.data import Dataset

ROUNDS = 16  # rounds of requests in flight for each block, so that waiting for the last answer takes little of the time
LOOK = 1.0  # seconds between an actor's checks whether to stop


def across(where: cluster.Cluster, vllm: dict[str, Any] | None = None) -> engine.Asker:
    """An asker for a cluster. `vllm` has arguments for vLLM's engine."""

    def ask(call: Call, store: Store, run: int, asks: list[Ask]) -> engine.Done:
        if call.lent:
            raise UserError(f"the teacher {call.teacher.model} runs in this process; leave out --engine ray")
        asyncio.run(call.close())  # only its identity was needed; the actors ask
        folder, tally, again = call.out / shards.FOLDER, Tally(), call.config.retry_rejected
        for news in shards.take(store, folder):
            tally.add(news)
        if tally.total:
            say(f"{tally.total} answers of an earlier run in {folder} are stored")
        if not (total := queue.left(store, run, asks, again)):
            return engine.Done(tally.total)
        nodes: Counter[str] = Counter()
        with cluster.joined(where, "--engine ray") as workers, progress("elicit", total) as bar:
            order = ordered(call, asks, workers)
            keeper = hired(order, folder, engine.paid(call))
            block = ROUNDS * call.config.concurrency
            rows = cluster.read(partial(blocks, call.out.absolute(), run, asks, again, block))
            with interruptible(keeper, at_once=call.config.teacher == "vllm") as interrupted:
                for row in cluster.results(answered(rows, order, keeper, workers, vllm)):
                    nodes[row["node"]] += 1
                    for news in shards.take(store, folder):
                        tally.add(news)
                        bar.advance(len(news), tally.note(speed=True))
            error, short = ended(keeper)
        say("blocks by node: " + ", ".join(f"{name} {count}" for name, count in sorted(nodes.items())))
        with contextlib.suppress(OSError):
            folder.rmdir()
        return engine.Done(tally.total, interrupted.is_set(), error, short)

    return ask


def ordered(call: Call, asks: list[Ask], workers: int) -> Order:
    """The order for `workers` actors: rate limits are divided among them, and paths are absolute."""
    config, keyed = call.config, False
    changes: dict[str, Any] = {
        name: value / workers for name in ("rpm", "tpm") if (value := getattr(config, name)) is not None
    }
    if config.teacher == "openai":
        keyed = read_key(config) is not None
        if config.key_file is not None:
            changes["key_file"] = str(Path(config.key_file).expanduser().absolute())
    elif config.teacher != "vllm":
        changes["model"] = str(Path(config.model).expanduser().absolute())
    identity = (call.teacher.model, call.teacher.settings)
    return Order(config.model_copy(update=changes), call.demonstrations, asks, identity, keyed)


def hired(order: Order, folder: Path, spent: float) -> Any:
    """Start a keeper on this node."""
    import ray

    return ray.remote(Keeper).options(**cluster.here(), max_concurrency=1000).remote(order, folder.absolute(), spent)


def answered(rows: Dataset, order: Order, keeper: Any, workers: int, vllm: dict[str, Any] | None) -> Dataset:
    """Ask the blocks; a row for each block that is stored."""
    if order.config.teacher == "vllm":
        from aspectra.elicit.ray_vllm import generated

        return generated(rows, order.config, order.demonstrations, order.asks, keeper, workers, vllm or {})
    return cluster.mapped(rows, Asker, (keeper,), workers)


def blocks(out: Path, run: int, asks: list[Ask], again: bool, most: int) -> Iterator[Table]:
    """The pending requests, one row for each block: the index of its ask, and the reviews' texts."""
    import pyarrow as pa

    with Store.beside(out) as store:
        found = queue.pending(store, run, asks, again, most)
        for ask, group in itertools.groupby(found, key=lambda each: each.ask):
            while some := [each.text for each in itertools.islice(group, most)]:
                yield pa.table({"ask": [asks.index(ask)], "texts": [some]})


@contextlib.contextmanager
def interruptible(keeper: Any, at_once: bool) -> Iterator[threading.Event]:
    """The first Ctrl-C stops all actors after requests in flight, the second (or the first, with `at_once`) now."""
    told = threading.Event()

    def stop(*_: object) -> None:
        if at_once or told.is_set():
            raise KeyboardInterrupt
        told.set()
        say("stopping after the answers in flight are stored (Ctrl-C again stops at once and loses them)")
        threading.Thread(target=keeper.stop.remote, daemon=True).start()

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:  # not the main thread
        yield told
        return
    try:
        yield told
    finally:
        signal.signal(signal.SIGINT, before)


class Asker:
    """An actor that asks one block at a time, like a single process, and passes the answers to the keeper."""

    def __init__(self, keeper: Any) -> None:
        import ray

        self._keeper = keeper
        self._order: Order = ray.get(keeper.order.remote())
        self._loop = asyncio.new_event_loop()
        self._asking: Asking | None = None
        try:
            self._asking = self._ready()
        except AspectraError as error:
            ray.get(keeper.stop.remote(plain(error)))

    def _ready(self) -> Asking:
        """Raises UserError if this node differs from the driver's."""
        order, config = self._order, self._order.config
        teacher = teachers.make_teacher(config)
        if (teacher.model, teacher.settings) != order.identity:
            raise UserError(f"{config.model} differs between nodes; it must be the same on all of them")
        if order.keyed and read_key(config) is None:
            raise UserError(
                f"a node has no key: set {config.key_env} before `ray start` there, or use --key-file with a path "
                "that exists on every node"
            )
        return Asking(teacher, config, order.demonstrations, Budget(config, 0.0))

    def __call__(self, block: Table) -> Table:
        import pyarrow as pa
        import ray

        row = block.to_pylist()[0]
        ask, texts = self._order.asks[row["ask"]], row["texts"]
        keys = [request_key(text, ask) for text in texts]
        name, asking = shards.name_of(keys), self._asking
        if asking is not None and not asking.stopping:
            wanted = 0.0
            if self._order.config.max_cost is not None:
                worst = sum(asking.budget.worst(size(asking.prompts.messages(ask, text))) for text in texts)
                wanted = worst * self._order.config.attempts
            share = ray.get(self._keeper.begin.remote(name, wanted))
            if share is not None:
                self._ask(asking, name, [Pending(n, text, ask) for n, text in enumerate(texts)], keys, share)
        return pa.table({"name": [name], "node": [cluster.node()]})

    def _ask(self, asking: Asking, name: str, requests: list[Pending], keys: list[bytes], share: float) -> None:
        import ray

        budget = asking.budget
        if self._order.config.max_cost is not None:
            budget.allow(share)
        before = budget.spent
        outcomes, broken = self._loop.run_until_complete(self._all(asking, requests))
        found = shards.table(keys, outcomes)
        ray.get(self._keeper.keep.remote(name, found, budget.spent - before, budget.used_up))
        if asking.fatal is not None:
            ray.get(self._keeper.stop.remote(plain(asking.fatal)))
        if broken is not None:
            raise broken

    async def _all(self, asking: Asking, requests: list[Pending]) -> tuple[list[Outcome], BaseException | None]:
        """The outcomes of a block, as far as it was asked, and the exception (a bug) that ended it."""
        left, found = iter(requests), list[Outcome]()

        async def work() -> None:
            while not asking.stopping and (each := next(left, None)) is not None:
                try:
                    outcome = await asking.outcome(each)
                except AspectraError as error:
                    asking.end(error)
                    return
                except Exception:
                    asking.stop()
                    raise
                for done in [*asking.refusals.released(), *([outcome] if outcome is not None else [])]:
                    found.append(replace(done, created=now()))

        look = asyncio.create_task(self._look(asking))
        try:
            crew = (work() for _ in range(min(self._order.config.concurrency, len(requests))))
            ends = await asyncio.gather(*crew, return_exceptions=True)
        finally:
            look.cancel()
        if not asking.stopping:  # this actor does not know whether other requests were answered
            found += [replace(done, created=now()) for done in asking.refusals.rest(known=True)]
        return found, next((end for end in ends if end is not None), None)

    async def _look(self, asking: Asking) -> None:
        while True:
            await asyncio.sleep(LOOK)
            if await self._keeper.stopped.remote():
                asking.stop()


def plain(error: AspectraError) -> AspectraError:
    """An error of a type that can be pickled."""
    return (UserError if isinstance(error, UserError) else AspectraError)(str(error))
