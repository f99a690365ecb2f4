"""How many requests a second elicitation makes, each answer validated and durably stored.

`python benchmarks/elicit.py` asks loopback servers (`tests/faults.py`, processes of their own) that answer at once and
after 200 ms, at 64 and 256 requests in flight. Baseline: a bare asyncio loop over the `openai` client that sends the
same messages, ready made, and throws the answers away; the two take turns in one run, so that the ratio of their
best says the same on every machine. Exits 1 where a ratio is below 0.85.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aspectra.config import ElicitConfig
from aspectra.elicit import prompt
from aspectra.elicit.budget import Budget
from aspectra.elicit.openai_api import OpenAITeacher
from aspectra.elicit.store import Ask, Store
from aspectra.elicit.work import Work
from aspectra.files import canonical
from aspectra.schema import Review

ROOT = Path(__file__).resolve().parents[1]
LEAST = 0.85
TEXT = "On day {} the pool was lovely and the staff helpful, yet the breakfast cost more than it was worth."


@contextmanager
def server(latency: float) -> Iterator[str]:
    """The address of a server that answers after so many seconds."""
    command = [sys.executable, str(ROOT / "tests" / "faults.py"), "--latency", str(latency)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()


def bare(url: str, concurrency: int, reviews: list[Review]) -> float:
    """Requests a second of the loop that everyone writes first."""
    from openai import AsyncOpenAI

    ready = [prompt.render("analysis", review.text, "v1") for review in reviews]

    async def ask() -> float:
        client = AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
        left = iter(ready)

        async def worker() -> None:
            for messages in left:
                await client.chat.completions.create(
                    model="m",
                    messages=messages,  # type: ignore[arg-type]
                    temperature=0.0,
                    max_tokens=512,
                    seed=0,
                )

        began = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(concurrency)))
        seconds = time.perf_counter() - began
        await client.close()
        return seconds

    return len(reviews) / asyncio.run(ask())


def ours(url: str, concurrency: int, reviews: list[Review], folder: Path) -> float:
    """Requests a second of Aspectra, from the first request to the last answer on the disk."""
    config = ElicitConfig(model="m", base_url=url, kinds=("analysis",), concurrency=concurrency)
    teacher = OpenAITeacher(config)
    with tempfile.TemporaryDirectory(dir=folder) as out, Store(Path(out)) as store:
        asks = [Ask("analysis", "v1", "m", canonical(teacher.settings))]
        run, asks = store.register(reviews, asks, "benchmark", {}, free=False)
        work = Work(store, teacher, config, asks, run, (), Budget(config, 0.0))
        began = time.perf_counter()
        asyncio.run(work.all())
        seconds = time.perf_counter() - began
        if work.fatal is not None:
            raise work.fatal
        done = store.connection.execute("SELECT count(*) FROM responses WHERE status = 'done'").fetchone()[0]
        assert done == len(reviews), f"{done} of {len(reviews)} done"
    return len(reviews) / seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--requests", type=int, default=2500, help="of each measurement [%(default)s]")
    parser.add_argument("--runs", type=int, default=2, help="of each, the best counts [%(default)s]")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where answers are stored")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    asked = parser.parse_args()
    os.environ.pop("OPENAI_API_KEY", None)
    reviews = [Review(str(number), TEXT.format(number)) for number in range(asked.requests)]
    rows = []
    for latency in (0.0, 0.2):
        with server(latency) as url:
            for concurrency in (64, 256):
                found: dict[str, list[float]] = {"bare": [], "aspectra": []}
                for _ in range(asked.runs):
                    found["bare"].append(bare(url, concurrency, reviews))
                    found["aspectra"].append(ours(url, concurrency, reviews, asked.folder))
                best = {name: max(rates) for name, rates in found.items()}
                rows.append(
                    {"latency": latency, "concurrency": concurrency, **best, "ratio": best["aspectra"] / best["bare"]}
                )
                if not asked.json:
                    print(
                        "answers after {latency:g} s, {concurrency} in flight: openai client {bare:.0f} requests/s, "
                        "Aspectra {aspectra:.0f}, ratio {ratio:.2f}".format(**rows[-1]),
                        flush=True,
                    )
    if asked.json:
        print(json.dumps({"requests": asked.requests, "rows": rows}, indent=2))
    if any(row["ratio"] < LEAST for row in rows):
        print(f"below the ratio {LEAST}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
