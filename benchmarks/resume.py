"""Time and memory to resume a store of a million responses, and the speed of its export to Parquet.

`python benchmarks/resume.py` builds such a store (all reviews except the last hundred have answers) and resumes it in a
separate process against a loopback server that answers at once. It measures the time from the end of the input check
(the hash of the reviews file and its settings match the last run) to the first request, and the peak of memory until
the export is written. Then it measures the export alone, five times, and takes the median: on a shared machine the same
export took from 1.3 to 2.5 s within a minute. With `--read-again` a second resume finds one more line in the file, so
every review is read again and every id checked; only its memory has a limit. Exits 1 if a limit is missed: 5 seconds,
500 MB, 200,000 rows per second of wall-clock time.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECONDS, MEGABYTES, ROWS = 5.0, 500.0, 200_000
OPEN = 100
EXPORTS = 5
TEXT = "On day {} the pool was lovely and the staff helpful, yet the breakfast cost more than it was worth."
ANSWER = (
    "'Opinion Target 1: \"pool\"' || char(10) || 'Aspect: Facilities' || char(10) || 'Sentiment: Positive' || char(10) "
    "|| 'Reasoning: On that day the author found it lovely and says so outright.' || char(10) || char(10) || "
    "'Opinion Target 2: \"breakfast\"' || char(10) || 'Aspect: Price' || char(10) || 'Sentiment: Negative' || char(10) "
    "|| 'Reasoning: It cost more than it was worth to the author, request ' || q.id || '.'"
)
# Peak memory of a process. getrusage only as a fallback: on Linux it starts with the parent's.
PEAK = """
def peak():
    import re, resource, sys
    from pathlib import Path
    if (status := Path("/proc/self/status")).exists():
        return int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
"""
# Runs the unmodified command, and prints the times of the first request and of the end of the input check.
RESUME = """
import sys, time, json
from pathlib import Path
from aspectra.config import ElicitConfig
from aspectra.elicit import engine
from aspectra.teachers.openai import OpenAITeacher
from aspectra.elicit.store import Store
marks = {}
def timed(cls, name, mark):
    inner = getattr(cls, name)
    def call(self, *a, **k):
        marks.setdefault(mark, time.perf_counter())
        return inner(self, *a, **k)
    setattr(cls, name, call)
timed(Store, "__enter__", "checked")
timed(OpenAITeacher, "_post", "asked")
began = time.perf_counter()
config = ElicitConfig(model="m", base_url=sys.argv[2], kinds=("analysis",))
counts = engine.elicit(Path(sys.argv[1]), config, Path(sys.argv[3]))
print(json.dumps({
    "check": marks["checked"] - began, "first_request": marks["asked"] - marks["checked"],
    "whole": time.perf_counter() - began, "done": counts["done"],
    "megabytes": peak(),
}))
"""
EXPORT = """
import sys, time, json
from pathlib import Path
from aspectra.elicit import handoff
import pyarrow.parquet
began = time.perf_counter()
rows = handoff.export(Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps({
    "rows": rows, "seconds": time.perf_counter() - began,
    "megabytes": peak(),
}))
"""


def build(folder: Path, url: str, number: int) -> Path:
    """A store of `number` answered reviews and a hundred more; returns the reviews file."""
    from aspectra.config import ElicitConfig
    from aspectra.elicit.call import prepare, registered
    from aspectra.elicit.store import Ask, Store, request_key
    from aspectra.schema import Review

    reviews = folder / "reviews.jsonl"
    with reviews.open("w", encoding="utf-8") as stream:
        for row in range(number + OPEN):
            stream.write(json.dumps({"id": f"review-{row}", "text": TEXT.format(row), "rating": row % 5 + 1}) + "\n")

    def insert(self: Store, reviews: Iterable[Review], asks: list[Ask], run: int) -> int:
        """Write what the registration writes, without checking for existing rows: there are none.

        Requests are marked as done at once; the trigger that would do so for each is restored at the end.
        """
        (ask,), rows, count = asks, iter(reviews), 0
        self.connection.execute("PRAGMA cache_size = -400000")
        trigger = self.connection.execute("SELECT sql FROM sqlite_master WHERE name = 'answered'").fetchone()[0]
        self.connection.execute("DROP TRIGGER answered")
        while part := list(enumerate(itertools.islice(rows, 50_000), count + 1)):
            digests = [(n, hashlib.sha256(review.text.encode()).digest(), review.text) for n, review in part]
            self.connection.executemany("INSERT INTO texts VALUES (?, ?, ?)", digests)
            values = [(n, review.id, n, review.rating, run, n - 1) for n, review in part]
            self.connection.executemany("INSERT INTO reviews VALUES (?, ?, ?, NULL, ?, ?, ?)", values)
            keys = [
                (n, n, ask.id, request_key(review.text, ask), "done" if n <= number else None) for n, review in part
            ]
            self.connection.executemany("INSERT INTO requests VALUES (?, ?, ?, ?, ?)", keys)
            count += len(part)
        self.connection.execute(
            f"INSERT INTO responses SELECT q.id, 'done', {ANSWER}, NULL, NULL, 'stop', 100, 60, 0, 1, 100, 60, "
            "NULL, NULL, NULL, '2026-01-01T00:00:00+00:00' FROM requests q WHERE q.id <= ? ORDER BY q.id",
            (number,),
        )
        self.connection.execute(trigger)
        return count

    began, slow = time.perf_counter(), Store._insert
    Store._insert = insert  # type: ignore[method-assign]
    call = prepare(reviews, ElicitConfig(model="m", base_url=url, kinds=("analysis",)), folder / "out")
    with registered(call) as (store, _, _):
        stored = store.connection.execute("SELECT count(*) FROM responses").fetchone()[0]
    Store._insert = slow  # type: ignore[method-assign]
    size = (folder / "out" / "responses.sqlite").stat().st_size / 1e9
    print(f"built in {time.perf_counter() - began:.0f} s: {stored:,} responses, {size:.2f} GB", file=sys.stderr)
    return reviews


def apart(code: str, *arguments: str) -> dict[str, float]:
    """The output of a separate process."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    done = subprocess.run(
        [sys.executable, "-c", PEAK + code, *arguments], stdout=subprocess.PIPE, text=True, env=environment, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    sys.path.insert(0, str(ROOT))
    from tests.faults import serving

    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--responses", type=int, default=1_000_000, help="in the store [%(default)s]")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()), help="on whose disk the store is built"
    )
    parser.add_argument("--read-again", action="store_true", help="the second resume too, which takes minutes")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    asked = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    missed = []
    with tempfile.TemporaryDirectory(dir=asked.folder, prefix="resume-") as name, serving() as endpoint:
        folder = Path(name)
        reviews = build(folder, endpoint.url, asked.responses)
        out = str(folder / "out")

        def resume(told: str) -> None:
            it = found[told] = apart(RESUME, str(reviews), endpoint.url, out)
            print(
                "{told}: input check {check:.2f} s, then {first_request:.2f} s to the first request, {whole:.1f} s in "
                "all, hand-off included; peak {megabytes:.0f} MB".format(told=told, **it),
                file=sys.stderr,
            )

        resume("resumed")
        exports = [apart(EXPORT, out, str(folder / "again.parquet")) for _ in range(EXPORTS)]
        rates = [it["rows"] / it["seconds"] for it in exports]
        found |= {f"export {number}": it for number, it in enumerate(exports, 1)}
        rate = statistics.median(rates)
        print(
            f"exported: {rate:,.0f} rows a second, the median of {', '.join(f'{each:,.0f}' for each in rates)}; "
            f"peak {max(it['megabytes'] for it in exports):.0f} MB",
            file=sys.stderr,
        )
        if asked.read_again:
            with reviews.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({"id": "one more", "text": "One more."}) + "\n")
            resume("resumed with a review more")
        requests, wanted = endpoint.requests(), OPEN + asked.read_again
    if found["resumed"]["first_request"] >= SECONDS:
        missed.append(f"the first request took more than {SECONDS:g} s")
    if max(each["megabytes"] for each in found.values()) >= MEGABYTES:
        missed.append(f"more than {MEGABYTES:g} MB were held")
    if rate < ROWS:
        missed.append(f"fewer than {ROWS:,} rows a second were exported")
    if requests != wanted:
        missed.append(f"{requests} requests were made for {wanted} rows")
    if asked.json:
        print(json.dumps({**found, "requests": requests}, indent=2))
    for line in missed:
        print(line, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
