"""Elicitation by actors on a real Ray cluster of two nodes: the same store as from one process, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.clusters import two_nodes
from tests.e2e.test_elicit_killed import stored
from tests.faults import Endpoint, Faults, serving

from aspectra.cluster import Cluster
from aspectra.config import ElicitConfig
from aspectra.elicit import shards
from aspectra.elicit.call import prepare, registered
from aspectra.elicit.engine import elicit
from aspectra.elicit.keeper import Keeper, Order
from aspectra.elicit.ray_engine import ROUNDS, across, blocks, ordered
from aspectra.elicit.status import status
from aspectra.elicit.store import Ask, Outcome, request_key
from aspectra.errors import AspectraError, UserError

Write = Callable[..., Path]
KEY = "sk-very/secret+key"


def settings(url: str, **changes: Any) -> ElicitConfig:
    return ElicitConfig(**{"model": "m", "base_url": url, "kinds": ("analysis",), "concurrency": 2, **changes})


def texts(number: int) -> list[str]:
    return [f"Text{n} is fine." for n in range(number)]


def keeper(folder: Path, max_cost: float | None = None) -> Keeper:
    config = settings("http://127.0.0.1:1/v1", max_cost=max_cost)
    return Keeper(Order(config, (), [], ("m", {}), False), folder, 0.25)


def test_a_block_that_does_not_fit_waits_for_what_others_give_back(tmp_path: Path) -> None:
    async def run() -> None:
        one = keeper(tmp_path, max_cost=1.0)
        empty = shards.table([], [])
        assert await one.begin("a", 0.5) == 0.5
        waiting = asyncio.create_task(one.begin("b", 0.5))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done(), "0.25 is spent, 0.5 promised"
        await one.keep("a", empty, spent=0.25)
        assert await waiting == 0.5
        # b's actor dies; what it may have spent counts as spent, and nothing is left.
        assert await one.begin("b", 0.5) == 0.0
        await one.keep("b", empty, short=True)
        assert await one.begin("c", 0.5) is None
        assert (await one.ended())[1] == (
            "stopped before --max-cost $1: $1.000000 is spent, and the next request could cost more than the rest"
        )

    asyncio.run(run())


def test_a_block_that_is_kept_is_not_asked_again(tmp_path: Path) -> None:
    async def run() -> None:
        one = keeper(tmp_path)
        assert await one.begin("a", 0.0) == 0.0
        await one.keep("a", shards.table([b"k"], [Outcome(0, "done", text="x")]))
        assert await one.begin("a", 0.0) is None
        await one.stop(UserError("the key is refused"))
        assert await one.begin("b", 0.0) is None
        assert await one.ended() == ((True, "the key is refused"), None)

    asyncio.run(run())
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_a_shard_counts_once_however_often_it_is_taken(write_reviews: Write, tmp_path: Path) -> None:
    call = prepare(write_reviews(*texts(3)), settings("http://127.0.0.1:1/v1"), tmp_path / "out")
    folder = tmp_path / "out" / shards.FOLDER
    with registered(call) as (store, _run, asks):
        keys = [request_key(text, asks[0]) for text in texts(3)] + [b"of another folder"]
        told = [
            Outcome(0, "done", text="a", attempts=1, spent_in=7, cost=0.5, created="2026-01-01T00:00:00+00:00"),
            Outcome(1, "failed", reason="500", attempts=2, created="2026-01-01T00:00:00+00:00"),
            Outcome(3, "done", text="b", attempts=1, created="2026-01-01T00:00:00+00:00"),
        ]
        news = []
        for _ in range(2):  # as after a kill between the storing and the deleting
            shards.write(folder, "x", shards.table(keys, told))
            news.append([len(each) for each in shards.take(store, folder)])
            assert not list(folder.iterdir())
        assert news == [[2], [0]]
        found = store.connection.execute("SELECT status, attempts, spent_in, cost, created FROM responses").fetchall()
        assert found == [
            ("done", 1, 7, 0.5, "2026-01-01T00:00:00+00:00"),
            ("failed", 2, 0, None, "2026-01-01T00:00:00+00:00"),
        ]
        (folder / "bad.parquet").write_bytes(b"no shard")
        with pytest.raises(UserError, match=r"cannot read the shard .*bad\.parquet"):
            list(shards.take(store, folder))


def test_blocks_are_of_one_kind_and_hold_what_is_pending_only(write_reviews: Write, tmp_path: Path) -> None:
    config = settings("http://127.0.0.1:1/v1", kinds=("analysis", "rewriting"))
    call = prepare(write_reviews(*texts(5)), config, tmp_path / "out")
    with registered(call) as (store, run, asks):
        store.save([Outcome(1, "done", text="x"), Outcome(4, "failed", reason="500")])
        made = [table.to_pylist()[0] for table in blocks(tmp_path / "out", run, asks, False, 2)]
    assert all(len(each["texts"]) <= 2 for each in made)
    asked = sorted((each["ask"], text) for each in made for text in each["texts"])
    assert asked == sorted({(n, text) for n in (0, 1) for text in texts(5)} - {(0, "Text0 is fine.")})


def test_limits_a_minute_are_shared_out_and_paths_are_whole(
    write_reviews: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text(KEY)
    monkeypatch.chdir(tmp_path)
    config = settings("http://127.0.0.1:1/v1", rpm=600.0, tpm=9000.0, key_file="key")
    order = ordered(prepare(write_reviews("a"), config, tmp_path / "out"), [Ask("analysis", "v1", "m", "{}")], 3)
    assert (order.config.rpm, order.config.tpm, order.config.concurrency) == (200.0, 3000.0, 2)
    assert order.config.key_file == str(tmp_path / "key") and order.keyed
    assert KEY not in repr(order)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with two_nodes() as both:
        yield both


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_the_store_is_that_of_one_process_and_the_key_is_nowhere(
    cluster: Any, write_reviews: Write, tmp_path: Path
) -> None:
    reviews = write_reviews("Bad text.", "Poison pill.", *texts(70))
    (tmp_path / "key").write_text(KEY)
    faults = Faults(always={"Bad": "nonsense", "Poison": "echo"}, latency=0.01)
    made = {}
    for name, ask in (("local", None), ("ray", across(Cluster(cluster.address)))):
        with serving(faults) as endpoint:
            config = settings(
                endpoint.url, kinds=("analysis", "rewriting"), attempts=2, retries=1, key_file=str(tmp_path / "key")
            )
            counts = elicit(reviews, config, tmp_path / name, allow_failed=True, ask=ask)
            made[name] = (counts, stored(tmp_path / name), dict(endpoint.asked))
            assert endpoint.keys == {f"Bearer {KEY}"}
    assert made["ray"] == made["local"]
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text()) for name in ("local", "ray")]
    assert manifests[0]["figures"] == manifests[1]["figures"] and manifests[0]["inputs"] == manifests[1]["inputs"]
    assert not (tmp_path / "ray" / shards.FOLDER).exists()
    for word in (KEY, "secret"):
        assert word.encode() not in everything(tmp_path / "ray")
        assert word.encode() not in everything(Path(cluster.head_node.get_session_dir_path()))


@pytest.mark.slow
def test_a_killed_node_loses_nothing_and_costs_at_most_a_block(
    cluster: Any, write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number, block = 500, ROUNDS * 2
    ask = across(Cluster(cluster.address, 2))

    def kill(endpoint: Endpoint) -> None:
        while endpoint.requests() < number // 3:
            time.sleep(0.01)
        cluster.remove_node(cluster.second, allow_graceful=False)

    with serving(Faults(latency=0.05)) as endpoint:
        thread = threading.Thread(target=kill, args=(endpoint,))
        thread.start()
        config = settings(endpoint.url)
        counts = elicit(write_reviews(*texts(number)), config, tmp_path / "out", ask=ask)
        thread.join()
        assert counts["done"] == number
        assert set(endpoint.asked) == set(texts(number))
        assert endpoint.requests() <= number + block
    told = capsys.readouterr().err
    assert "nodes 2, actors 2" in told
    assert re.search(r"blocks by node: \w+ [1-9]\d*, \w+ [1-9]", told), "both nodes asked"


@pytest.mark.slow
def test_the_money_is_never_passed_and_what_ends_one_actor_ends_all(
    cluster: Any, write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reviews, ask = write_reviews(*texts(300)), across(Cluster(cluster.address, 2))
    with serving(Faults(latency=0.01)) as endpoint:
        # A request takes 100 tokens in and 20 out: 140 USD a million of them.
        dear = settings(endpoint.url, price_in=1.0, price_out=2.0, max_cost=0.02, max_tokens=100)
        counts = elicit(reviews, dear, tmp_path / "out", ask=ask)
        assert 0.012 < counts["cost_usd"] <= 0.02
        assert counts["done"] == endpoint.requests() and counts["pending"] == 300 - counts["done"]
        assert "stopped before --max-cost $0.02" in capsys.readouterr().err
        endpoint.down = "401"
        before = endpoint.requests()
        with pytest.raises(UserError, match="refused a request without a key"):
            elicit(reviews, settings(endpoint.url, max_tokens=100), tmp_path / "out", ask=ask)
        assert endpoint.requests() <= before + 2 * 2, "those in flight, and no more"
    assert status(tmp_path / "out")["failed"] == 0


def test_an_address_where_no_cluster_is(nowhere: str, write_reviews: Write, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    address = nowhere.removeprefix("http://").removesuffix("/v1")
    for given, told in (
        (address, rf"no Ray cluster answers at {address} .*ray start --head"),
        ("ray://127.0.0.1:1", "is not HOST:PORT"),
        ("head", "is not HOST:PORT"),
    ):
        with pytest.raises(AspectraError, match=told):
            elicit(write_reviews("a"), settings(nowhere), tmp_path / "out", ask=across(Cluster(given)))
        assert not (tmp_path / "out").exists()


def test_without_ray(write_reviews: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        UserError, match=r"--engine ray needs the extra 'ray': pip install -c constraints.txt 'PATH\[ray\]'"
    ):
        elicit(write_reviews("a"), settings("http://127.0.0.1:1/v1"), tmp_path / "out", ask=across(Cluster()))
