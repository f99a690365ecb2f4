"""Memory and time of `aspectra analyze` besides the model.

`python benchmarks/analyze.py` analyzes generated reviews with a stub in place of the model, each time in a new process:
10,000 and 1,000,000 reviews at no cost, for the peak of resident memory; and 10,000 at 2 ms a sentence, a fiftieth of
what a 135 M student takes here, for the share of the time outside the stub. The stub sleeps, so that share is in CPU
seconds, which equal wall-clock seconds on an idle machine (except for waiting on the disk). Exits 1 if a limit is
exceeded: 100 MB more for the million, 10 % of the time.

With `--append`, instead: time and memory of a second `analyze --append`, with a hundred more reviews than in the first.
It may take 100 MB more on the large table than on a table of 10,000.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from aspectra.readers.extraction import Extraction, Extractor, Found

MEGABYTES, SHARE = 100, 0.10
NEW = 100  # new reviews on the second day
PER_SENTENCE = 0.002
WORDS = tuple(f"{a} {b}".strip() for a in ("", "hotel", "pool", "corner", "front", "breakfast") for b in (
    "room", "rooms", "bed", "beds", "staff", "bar", "lobby", "desk", "view", "shower", "towels", "price", "buffet"
))  # fmt: skip
POLARITIES = ("positive", "negative", "neutral")


class StandIn(Extractor):
    """Finds an opinion about the last words of every other sentence, at a fixed cost per sentence."""

    def __init__(self, seconds: float, spent: Path) -> None:
        self.seconds, self.spent, self.total = seconds, spent, 0.0

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        started = time.perf_counter()
        found = []
        for text in texts:
            words = text[4:].partition(" was")[0]
            polarity = POLARITIES[len(text) % 3]
            opinions = (Found(words, None, polarity, 4, 4 + len(words), 0.9),) if text[0] == "T" else ()
            found.append(Extraction(text, opinions, (), False))
        left = self.seconds * len(texts) - (time.perf_counter() - started)
        if left > 0:
            time.sleep(left)
        self.total += time.perf_counter() - started
        self.spent.write_text(repr(self.total))
        return found


def table(path: Path, count: int, reviews: int) -> None:
    """Reviews of two sentences with a date, a store and stars; every tenth target is rare, one of many by `count`."""
    draw = random.Random(7)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("id,date,store,stars,text\n")
        for n in range(reviews):
            word = draw.choice(WORDS) if n % 10 else f"thing {draw.randrange(10 * count)}"
            text = (
                f"The {word} was {'good enough' if n % 3 else 'not what we had hoped for'}. We stayed {n % 9} nights."
            )
            stream.write(f"{n},20{20 + n % 6}-{1 + n % 12:02d}-{1 + n % 28:02d},store {n % 40},{1 + n % 5},{text}\n")


def one(seconds: float, folder: Path, model: Path | None, append: bool) -> dict[str, float]:
    """Analyze in this process and return the measurements."""
    from aspectra.analyze.analysis import analyze
    from aspectra.analyze.source import Source

    started = time.perf_counter()
    spent = folder / "spent"
    source = Source("stand-in", partial(StandIn, seconds, spent), "stand-in", meanings=model)
    table, out, report = (folder / name for name in ("reviews.csv", "out.parquet", "report.html"))
    figures = analyze(table, source, out, report=report, by=("store",), append=append)["figures"]
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "reviews": figures["reviews"],
        "opinions": figures["opinions"],
        "seconds": time.perf_counter() - started,
        "processor": usage.ru_utime + usage.ru_stime,
        "model": float(spent.read_text()),
        "megabytes": peak(),
        "report_megabytes": (folder / "report.html").stat().st_size / 1e6,
    }


def peak() -> float:
    """This process's own peak in megabytes; on Linux, `ru_maxrss` starts with the parent's."""
    if (status := Path("/proc/self/status")).exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def measure(count: int, seconds: float, model: Path | None, append: bool = False) -> dict[str, float]:
    """The same in a new process, including imports; with `append` that of the second day, after a first one."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--one", "--seconds", str(seconds), "--folder", folder]
        command += ["--model", str(model)] if model else []
        command += ["--append"] if append else []
        found: dict[str, float] = {}
        for reviews in (count, count + NEW) if append else (count,):
            table(Path(folder) / "reviews.csv", count, reviews)
            started = time.perf_counter()
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(done.stdout) | {"seconds": time.perf_counter() - started}
        return found


def days(few: int, many: int, model: Path | None, as_json: bool) -> int:
    """The second day of a small and of a large table; returns the exit code."""
    found = [measure(count, 0.0, model, append=True) for count in (few, many)]
    more = found[1]["megabytes"] - found[0]["megabytes"]
    if as_json:
        print(json.dumps({"few": found[0], "many": found[1], "more": more}, indent=2))
    else:
        for it in found:
            print(
                f"{NEW} reviews more, {it['reviews']:,.0f} in all: {it['seconds']:.1f} s by the clock, "
                f"{it['processor']:.1f} s of the processor, peak {it['megabytes']:.0f} MB"
            )
        print(f"the large table takes {more:.0f} MB more (at most {MEGABYTES})")
    return int(more > MEGABYTES)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=1_000_000, help="reviews of the large table [%(default)s]")
    parser.add_argument("--model", type=Path, help="export by whose table of meanings topics are found [none: words]")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--append", action="store_true", help=f"a day with {NEW} reviews more, by analyze --append")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.seconds, asked.folder, asked.model, asked.append)))
        return 0
    if asked.append:
        return days(10_000, asked.many, asked.model, asked.json)
    few, many = measure(10_000, 0.0, asked.model), measure(asked.many, 0.0, asked.model)
    timed = measure(10_000, PER_SENTENCE, asked.model)
    more = many["megabytes"] - few["megabytes"]
    share = timed["processor"] / (timed["processor"] + timed["model"])
    if asked.json:
        print(json.dumps({"few": few, "many": many, "timed": timed, "more": more, "share": share}, indent=2))
    else:
        for it in (few, many):
            print(
                f"{it['reviews']:,.0f} reviews, {it['opinions']:,.0f} opinions: peak {it['megabytes']:.0f} MB, "
                f"{it['processor']:.1f} s of the processor, report {it['report_megabytes']:.2f} MB"
            )
        print(f"the large table takes {more:.0f} MB more (at most {MEGABYTES})")
        print(
            f"{timed['reviews']:,.0f} reviews at {1000 * PER_SENTENCE:g} ms a sentence: {timed['model']:.1f} s model, "
            f"{timed['processor']:.1f} s of the processor: {100 * share:.1f} % of both (at most {100 * SHARE:.0f} %); "
            f"{timed['seconds']:.1f} s by the clock"
        )
    if more > MEGABYTES or share > SHARE:
        print("a limit is missed", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
