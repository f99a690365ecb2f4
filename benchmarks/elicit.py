"""Requests per second of an elicitation, with every answer validated and durably stored.

`python benchmarks/elicit.py` asks loopback servers (`tests/faults.py`, separate processes) that answer at once and
after 200 ms, with 64 and 256 requests in flight. Baseline: a bare asyncio loop over the `openai` client that sends the
same prepared messages and discards the answers. All take turns in one run, so that the ratio of the best rates is the
same on every machine. Exits 1 if a ratio is below 0.85, or if another tool is faster than Aspectra.

With `--curator PYTHON` and `--annotator PYTHON` two other tools send the same messages, each from its own environment:

    python3.11 -m venv /tmp/venvs/curator && /tmp/venvs/curator/bin/pip install bespokelabs-curator
    python3.12 -m venv /tmp/venvs/annotator && /tmp/venvs/annotator/bin/pip install 'llm-annotator[openai]'
    python benchmarks/elicit.py --curator /tmp/venvs/curator/bin/python --annotator /tmp/venvs/annotator/bin/python

Their time is from the first to the last request that the server received, so it excludes imports and the final write.
No rate limits, an empty folder each time; llm-annotator gets all requests in one batch, because it waits for the
slowest of each.
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
from typing import Any

from aspectra.config import ElicitConfig
from aspectra.elicit import prompt
from aspectra.elicit.budget import Budget
from aspectra.elicit.store import Ask, Store
from aspectra.elicit.work import Work
from aspectra.files import canonical
from aspectra.schema import Review
from aspectra.teachers.openai import OpenAITeacher

ROOT = Path(__file__).resolve().parents[1]
LEAST = 0.85
# Each reads {"url", "concurrency", "messages"}, works in its current folder, and prints the number of answers.
CURATOR = """
import json, os, sys
from pathlib import Path
import litellm
# Its tokenizer's table would be fetched from the network; LiteLLM brings it along.
os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(litellm.__file__).parent / "litellm_core_utils" / "tokenizers")
from bespokelabs import curator
from datasets import Dataset

it = json.load(sys.stdin)

class Ask(curator.LLM):
    def prompt(self, row):
        return json.loads(row["messages"])

    def parse(self, row, response):
        return {"answer": response}

llm = Ask(
    model_name="m", backend="openai", generation_params={"temperature": 0.0, "max_tokens": 512, "seed": 0},
    backend_params={
        "base_url": it["url"], "api_key": "none", "max_requests_per_minute": 10**9, "max_tokens_per_minute": 10**12,
        "max_concurrent_requests": it["concurrency"],
    },
)
found = llm(Dataset.from_list([{"messages": json.dumps(m)} for m in it["messages"]]), working_dir="work")
print(sum(bool(row["answer"]) for row in found.dataset))
"""
ANNOTATOR = """
import json, sys
from datasets import Dataset
from llm_annotator import Annotator, OpenAIClient

it = json.load(sys.stdin)
prompts = [message["content"] for message, in it["messages"]]
client = OpenAIClient("m", max_workers=it["concurrency"], base_url=it["url"], api_key="none")
with Annotator(client=client, batch_size=len(prompts), num_proc=None) as annotator:
    found = annotator.annotate_dataset(
        "work", "{prompt}", dataset=Dataset.from_dict({"prompt": prompts}),
        gen_kwargs={"temperature": 0.0, "max_tokens": 512, "seed": 0},
    )
print(sum(bool(row["response"]) for row in found))
"""
TEXT = "On day {} the pool was lovely and the staff helpful, yet the breakfast cost more than it was worth."


@contextmanager
def server(latency: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """The address of a server that answers after `latency` seconds and, after it has ended, its statistics."""
    command = [sys.executable, "-m", "tests.faults", "--latency", str(latency)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    )
    assert process.stdout is not None and process.stdin is not None
    told: dict[str, Any] = {}
    try:
        yield process.stdout.readline().strip(), told
    finally:
        process.stdin.close()
        told.update(json.loads(process.stdout.read()))
        process.wait()


def bare(url: str, concurrency: int, reviews: list[Review]) -> float:
    """Requests per second of a simple loop."""
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
    """Requests per second of Aspectra, from the first request to the last answer on disk."""
    config = ElicitConfig(model="m", base_url=url, kinds=("analysis",), concurrency=concurrency)
    teacher = OpenAITeacher(config)
    with tempfile.TemporaryDirectory(dir=folder) as out, Store(Path(out)) as store:
        asks = [Ask("analysis", "v1", "m", canonical(teacher.settings))]
        run, asks = store.register(reviews, asks, "benchmark", {}, free=False)
        work = Work(store, teacher, config, asks, run, (), Budget(config, 0.0))

        async def asked() -> None:
            await work.all()
            await teacher.close()

        began = time.perf_counter()
        asyncio.run(asked())
        seconds = time.perf_counter() - began
        if work.fatal is not None:
            raise work.fatal
        done = store.connection.execute("SELECT count(*) FROM responses WHERE status = 'done'").fetchone()[0]
        assert done == len(reviews), f"{done} of {len(reviews)} done"
    return len(reviews) / seconds


def other(python: str, code: str, latency: float, concurrency: int, reviews: list[Review], folder: Path) -> float:
    """Requests per second of another tool, from the first to the last request that its server received."""
    messages = [prompt.render("analysis", review.text, "v1") for review in reviews]
    with tempfile.TemporaryDirectory(dir=folder) as work, server(latency) as (url, told):
        given = json.dumps({"url": url, "concurrency": concurrency, "messages": messages})
        # Empty caches, no telemetry, no Hub.
        own = {"HOME": work, "TELEMETRY_ENABLED": "false", "CURATOR_DISABLE_RICH_DISPLAY": "1", "HF_HUB_OFFLINE": "1"}
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | own
        done = subprocess.run(
            [python, "-c", code], input=given, capture_output=True, text=True, cwd=work, env=environment, check=False
        )
        if done.returncode or done.stdout.split()[-1:] != [str(len(reviews))]:
            raise RuntimeError(f"{python} did not answer all: {done.stdout[-500:]}{done.stderr[-2000:]}")
    assert told["requests"] == len(reviews), f"{told['requests']} requests were made"
    return float((len(reviews) - 1) / told["seconds"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--requests", type=int, default=1500, help="of each measurement [%(default)s]")
    parser.add_argument("--runs", type=int, default=2, help="of each, the best counts [%(default)s]")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where answers are stored")
    parser.add_argument("--curator", metavar="PYTHON", help="of an environment with bespokelabs-curator")
    parser.add_argument("--annotator", metavar="PYTHON", help="of an environment with llm-annotator")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    asked = parser.parse_args()
    os.environ.pop("OPENAI_API_KEY", None)
    reviews = [Review(str(number), TEXT.format(number)) for number in range(asked.requests)]
    others = {"curator": (asked.curator, CURATOR), "annotator": (asked.annotator, ANNOTATOR)}
    rows: list[dict[str, Any]] = []
    for latency in (0.0, 0.2):
        for concurrency in (64, 256):
            found: dict[str, list[float]] = {}
            for _ in range(asked.runs):
                with server(latency) as (url, _told):
                    found.setdefault("openai client", []).append(bare(url, concurrency, reviews))
                    found.setdefault("Aspectra", []).append(ours(url, concurrency, reviews, asked.folder))
                for name, (python, code) in others.items():
                    if python:
                        rate = other(python, code, latency, concurrency, reviews, asked.folder)
                        found.setdefault(name, []).append(rate)
            best = {name: max(rates) for name, rates in found.items()}
            ratios = {name: rate / best["openai client"] for name, rate in best.items()}
            rows.append({"latency": latency, "concurrency": concurrency, "a_second": best, "ratios": ratios})
            if not asked.json:
                told = ", ".join(f"{name} {rate:.0f}/s ({ratios[name]:.2f})" for name, rate in best.items())
                print(f"answers after {latency:g} s, {concurrency} in flight: {told}", flush=True)
    if asked.json:
        print(json.dumps({"requests": asked.requests, "rows": rows}, indent=2))
    behind = False
    for row in rows:
        if row["ratios"]["Aspectra"] < max(LEAST, *(row["ratios"].get(name, 0.0) for name in others)):
            behind = True
            print(f"behind at {row['latency']:g} s, {row['concurrency']} in flight: {row['ratios']}", file=sys.stderr)
    return behind


if __name__ == "__main__":
    raise SystemExit(main())
