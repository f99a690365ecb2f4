"""A predictor that knows some words, and invented reviews that hold them: for tests, and for looking at the report.

`python -m tests.analyze.stand_in reviews.csv 3000 report.html` writes reviews, and a report of them.
"""

from __future__ import annotations

import csv
import os
import random
import re
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from aspectra.analyze.source import Source
from aspectra.errors import MissingExtraError
from aspectra.readers.extraction import Extraction, Extractor, Found

GOOD = ("lovely", "spotless", "quick", "excellent", "friendly", "superb", "comfortable", "great")
BAD = ("dirty", "slow", "rude", "noisy", "broken", "cold", "overpriced", "terrible")
PLAIN = ("as expected", "average", "okay")
WORDS = {
    **dict.fromkeys(GOOD, "positive"),
    **dict.fromkeys(BAD, "negative"),
    **dict.fromkeys(PLAIN, "neutral"),
    "good and bad": "conflict",
}
CATEGORIES = {"room": "rooms", "bed": "rooms", "shower": "rooms", "breakfast": "food", "coffee": "food"}
CLAIM = re.compile(rf"\b([Tt]he|[Oo]ur) ([\w<>/'\"()=\u2028 -]+?) (?:was|were) ({'|'.join(WORDS)})")


class Dictionary(Extractor):
    """Reads `The X was Y`; with a `log`, it writes there which process was asked about how many texts."""

    def __init__(self, log: Path | None = None, dies_after: int | None = None, exits: bool = False) -> None:
        self.log, self.dies_after, self.exits, self.asked = log, dies_after, exits, 0

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        self.asked += len(texts)
        if self.log is not None:
            with self.log.open("a") as stream:
                stream.write(f"{os.getpid()} {len(texts)}\n")
        if self.dies_after is not None and self.asked > self.dies_after:
            if self.exits:
                os._exit(9)
            raise RuntimeError("killed")
        return [Extraction(text, tuple(map(found, CLAIM.finditer(text))), (), "(cut)" in text) for text in texts]


def found(match: re.Match[str]) -> Found:
    confidence = 0.5 + (len(match.group()) * 37 % 50) / 100
    category = CATEGORIES.get(match[2].removesuffix("s"), "service")
    return Found(match[2], category, WORDS[match[3]], *match.span(2), confidence)


def source(log: Path | None = None, name: str = "dictionary", dies_after: int | None = None) -> Source:
    return Source(name, partial(Dictionary, log, dies_after), name)


def missing() -> Dictionary:
    raise MissingExtraError("deploy", "an export")


TARGETS = (
    "room", "rooms", "room", "breakfast", "staff", "staff", "bed", "beds", "location", "pool", "wifi", "Wifi",
    "front desk", "coffee", "shower", "parking", "gym", "view", "elevators", "elevator", "price", "breakfast buffet",
    "minibar", "towels", "lobby", "bar", "air conditioning", "TV", "TVs", "check-in", "balcony", "pillows",
)  # fmt: skip
LIKED = {"location": 0.9, "staff": 0.85, "view": 0.9, "wifi": 0.25, "Wifi": 0.25, "parking": 0.3, "price": 0.4}
STORES = ("Harbor", "Old Town", "Airport", "Lakeside", "Central Station")
MORE = ("", ", and we would come back for it", " on both nights", ", which we had not thought possible", " (again)")


def invented(count: int, seed: int = 1) -> list[dict[str, str]]:
    """Reviews of a chain of hotels: breakfast gets worse with time, the pool is talked about more, wifi mends."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        when = draw.random()
        store = draw.choices(STORES, (5, 4, 3, 2, 1))[0]
        sentences = []
        for _ in range(draw.choices((0, 1, 2, 3, 4), (1, 4, 5, 3, 2))[0]):
            weights = [3 if n < 12 else 1 for n in range(len(TARGETS))]
            target = "pool" if draw.random() < 0.12 * when else draw.choices(TARGETS, weights)[0]
            liked = LIKED.get(target, 0.65) - (0.25 if store == "Airport" else 0)
            liked += {"breakfast": -0.45, "wifi": 0.4}.get(target.lower(), 0) * when
            kind = draw.random()
            word = draw.choice(GOOD if kind < liked else PLAIN if kind < liked + 0.12 else BAD)
            word = "good and bad" if draw.random() < 0.01 else word
            who = draw.choice(("The", "Our"))
            sentences.append(f"{who} {target} {'were' if target.endswith('s') else 'was'} {word}{draw.choice(MORE)}.")
        text = " ".join(["We stayed for two nights.", *sentences])
        day = date(2024, 9, 1) + timedelta(days=int(when * 790))
        rows.append({"id": f"r{number}", "date": day.isoformat(), "store": store, "category": "hotel", "review": text})
    return rows


def put(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


if __name__ == "__main__":
    from aspectra.analyze.analysis import analyze

    table, report = Path(sys.argv[1]), Path(sys.argv[3])
    put(table, invented(int(sys.argv[2])))
    out, title = table.with_name("opinions.parquet"), "Guest reviews, all hotels"
    analyze(table, source(), out, report=report, title=title, by=("store",), replace=True)
