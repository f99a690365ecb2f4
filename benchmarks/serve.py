"""Speed of the service over loopback: latency and throughput, the gain from batching, memory.

    python benchmarks/serve.py                          a stub model of fixed cost; memory over 50,000 requests
    python benchmarks/serve.py --model runs/exported    a real student, and batching against one at a time

The service and the clients are separate processes. Exits 1 if a limit is missed: an answer 5xx, memory that grows by
more than 5 % (stub), batching with 200 clients less than 3 times as fast as one at a time (a writer), fewer than 300
texts per second with 16 clients or a p99 of 250 ms there (a tagger). A client that gets 429 waits as long as the answer
says; times are those of answers with status 200.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.serve.stand_in import Service, service, started  # noqa: E402

from aspectra.info import read_info  # noqa: E402
from aspectra.places import DEMO  # noqa: E402

CLIENTS = (1, 16, 200)
BATCH, EACH = 0.010, 0.001  # seconds of the stub: per batch, and per text in it
RATIO, GROWTH = 3.0, 0.05
PER_SECOND, P99 = 300.0, 250.0  # with 16 clients, for a tagger
TIMEOUT = 300.0
HEAD = b"POST /v1/extract HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
SHARES = {"p50": 0.50, "p99": 0.99}


def sentences() -> list[str]:
    """The texts to send: the demo's test sentences."""
    gold = json.loads((DEMO / "atsa/hotels/test.json").read_text(encoding="utf-8-sig"))
    return [row["sentence"] for row in gold]


async def client(port: int, texts: list[str], first: int, until: float, most: int, note: Any) -> None:
    """One client: one connection, one request after another."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = first
    while time.perf_counter() < until and note.left(most):
        body = json.dumps({"text": texts[number % len(texts)]}).encode()
        number += 1
        asked = time.perf_counter()
        writer.write(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        await reader.readexactly(int(lengths[0].split(b":")[1]))
        note.add(answer[9:12].decode(), time.perf_counter() - asked)
        if later := re.search(rb"(?i)\r\nretry-after: (\d+)", answer):
            await asyncio.sleep(min(int(later[1]), until - time.perf_counter()))
    writer.close()


class Notes:
    """The clients' measurements."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.begun = 0

    def left(self, most: int) -> bool:
        self.begun += 1
        return self.begun <= most

    def add(self, status: str, seconds: float) -> None:
        self.statuses[status] += 1
        if status == "200":
            self.seconds.append(seconds)


async def load(port: int, clients: int, seconds: float, most: int) -> dict[str, Any]:
    """Run `clients` clients for `seconds`, or for `most` requests."""
    texts, notes = sentences(), Notes()
    began = time.perf_counter()
    await asyncio.gather(*(client(port, texts, 37 * n, began + seconds, most, notes) for n in range(clients)))
    spent = time.perf_counter() - began
    ordered = sorted(notes.seconds)
    at = {name: 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in SHARES.items()}
    return {"statuses": dict(notes.statuses), "per_second": len(ordered) / spent, **at}


def measured(running: Service, clients: int, seconds: float, most: int = sys.maxsize) -> dict[str, Any]:
    """The same in a separate process."""
    command = [sys.executable, __file__, "--load", str(running.port), str(clients), str(seconds), str(most)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + TIMEOUT)
    return dict(json.loads(done.stdout))


def resident(running: Service) -> float:
    """Memory of the service in MB."""
    status = Path(f"/proc/{running.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def table(running: Service, label: str, seconds: float, missed: list[str]) -> dict[int, dict[str, Any]]:
    """Print a line for each number of clients."""
    rows = {}
    for clients in CLIENTS:
        row = rows[clients] = measured(running, clients, seconds)
        others = {status: count for status, count in row["statuses"].items() if status != "200"}
        failed = sum(count for status, count in others.items() if status.startswith("5"))
        missed += [f"{label}, {clients} clients: {failed} answers 5xx"] if failed else []
        times = f"{row['per_second']:.1f} | {row['p50']:.1f} | {row['p99']:.1f}"
        print(f"| {label} | {clients} | {times} | {others or 'none'} |", flush=True)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="an exported student, in place of the stand-in")
    parser.add_argument("--compute", help="compute type of the export")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of the model")
    parser.add_argument("--seconds", type=float, default=30, help="for each number of clients")
    parser.add_argument("--requests", type=int, default=50_000, help="while memory is looked at (stand-in)")
    parser.add_argument("--load", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load:
        port, clients, seconds, most = given.load
        print(json.dumps(asyncio.run(load(int(port), int(clients), float(seconds), int(most)))))
        return 0
    missed: list[str] = []
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| model | clients | requests/s | p50 ms | p99 ms | not 200 |\n| --- | ---: | ---: | ---: | ---: | --- |")
    if given.model is None:
        with service(batch=BATCH, each=EACH) as running:
            table(running, f"stand-in, {1000 * BATCH:g} ms + {1000 * EACH:g} ms a text", given.seconds, missed)
        with service() as running:
            memory(running, given.requests, missed)
    else:
        student(given, missed)
    print(f"load average after: {os.getloadavg()[0]:.1f}")
    for line in missed:
        print(f"MISSED: {line}")
    return 1 if missed else 0


def memory(running: Service, requests: int, missed: list[str]) -> None:
    """Resident memory after a tenth of the requests, and after all."""
    measured(running, 16, TIMEOUT, requests // 10)
    before = resident(running)
    measured(running, 16, 10 * TIMEOUT, requests - requests // 10)
    after = resident(running)
    print(f"\nmemory: {before:.1f} MB after {requests // 10:,} requests, {after:.1f} MB after {requests:,}")
    if after > (1 + GROWTH) * before:
        missed.append(f"memory grows by {after - before:.1f} MB")


def student(given: argparse.Namespace, missed: list[str]) -> None:
    """A real model: in batches, and one at a time (`--batch-size 1`), each with the same clients."""
    base = ["aspectra", "serve", "--model", str(given.model), "--port", "0", "--json", "--threads", str(given.threads)]
    base += ["--timeout", str(TIMEOUT)]  # 200 clients may wait long for a model on two cores
    base += ["--compute", given.compute] if given.compute else []
    found = {}
    for label, more in (("in batches", []), ("one by one", ["--batch-size", "1"])):
        with started([*base, *more]) as running:
            measured(running, 16, 3)
            found[label] = table(running, label, given.seconds, missed)
            print(f"{label}: resident {resident(running):.0f} MB", file=sys.stderr)
    batched, alone = found["in batches"], found["one by one"]
    ratios = {clients: batched[clients]["per_second"] / alone[clients]["per_second"] for clients in CLIENTS}
    told = ", ".join(f"{ratio:.2f} with {clients} clients" for clients, ratio in ratios.items())
    print(f"\nbatching against one by one: {told}")
    if read_info(given.model).get("family") == "tagger":
        at = batched[16]
        if at["per_second"] < PER_SECOND or at["p99"] > P99:
            missed.append(f"{at['per_second']:.0f} texts a second with 16 clients, p99 {at['p99']:.0f} ms")
    elif ratios[CLIENTS[-1]] < RATIO:
        missed.append(
            f"batching is {ratios[CLIENTS[-1]]:.2f} times one by one with {CLIENTS[-1]} clients, not {RATIO:g}"
        )


if __name__ == "__main__":
    sys.exit(main())
