"""Bytes per response in the store, and the driver's speed in storing answers: the figures of docs/scale.md.

`python benchmarks/scale.py --responses FILE` stores answers with the lengths of those in a file of recorded responses
(the demo's, or the authors' Mixtral file) but with shuffled words, so that no two are the same: 2 x 10,000 by default.
One thread; nothing is asked.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from aspectra.elicit import handoff, shards
from aspectra.elicit.database import NAME
from aspectra.elicit.store import Ask, Outcome, Store, now, request_key
from aspectra.places import locate
from aspectra.schema import Review
from aspectra.teachers.recorded import _rows

SETTINGS = '{"max_tokens":512,"seed":0,"temperature":0.0}'
KINDS = ("analysis", "rewriting")


def lengths(file: Path) -> dict[str, list[tuple[str, str]]]:
    """(review, answer) by kind."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in _rows(file, "atsa"):
        if row["kind"] in KINDS and row["text"]:
            found[row["kind"]].append((row.get("review") or "", row["text"]))
    return found


def measure(file: Path, number: int, block: int, folder: Path) -> dict[str, Any]:
    known, draw = lengths(file), random.Random(1)
    words = [word for rows in known.values() for pair in rows for word in " ".join(pair).split()]

    def alike(text: str) -> str:
        """A text with as many words, but others."""
        return " ".join(draw.choice(words) for _ in text.split())

    found: dict[str, Any] = {
        kind: {
            "responses": len(rows),
            "characters of a review": round(sum(len(review) for review, _ in rows) / len(rows)),
            "characters of an answer": round(sum(len(answer) for _, answer in rows) / len(rows)),
        }
        for kind, rows in known.items()
    }
    sources = next(iter(known.values()))
    reviews = [Review(f"r{n}", f"{alike(sources[n % len(sources)][0])} {n}") for n in range(number)]
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        out = Path(temporary)
        with Store(out) as store:
            began = time.process_time()
            _, asks = store.register(reviews, [Ask(kind, "v1", "m", SETTINGS) for kind in known], "x", {}, False)
            found["reviews registered a CPU second"] = number / (time.process_time() - began)
            made = []
            for ask in asks:
                for start in range(0, number, block):
                    keys = [request_key(review.text, ask) for review in reviews[start : start + block]]
                    made.append((keys, [outcome(known[ask.kind], n, alike) for n in range(len(keys))]))
            began = time.process_time()
            for keys, outcomes in made:
                shards.write(out / shards.FOLDER, shards.name_of(keys), shards.table(keys, outcomes))
            found["shard rows written a CPU second"] = len(asks) * number / (time.process_time() - began)
            held = sum(path.stat().st_size for path in (out / shards.FOLDER).iterdir())
            found["bytes of a response in a shard"] = held / (len(asks) * number)
            began = time.process_time()
            count = sum(len(news) for news in shards.take(store, out / shards.FOLDER))
            found["responses taken in a CPU second"] = count / (time.process_time() - began)
            assert count == len(asks) * number
        # Includes its share of the review, the keys and the indexes.
        found["bytes of a response in the store"] = (out / NAME).stat().st_size / count
        began = time.process_time()
        handoff.export(out, out / "responses.parquet")
        found["rows exported a CPU second"] = count / (time.process_time() - began)
        found["bytes of a response in responses.parquet"] = (out / "responses.parquet").stat().st_size / count
    return found


def outcome(rows: list[tuple[str, str]], place: int, alike: Any) -> Outcome:
    text = alike(rows[place % len(rows)][1])
    return Outcome(
        place, "done", text, text, finish_reason="stop", tokens_in=400, tokens_out=160, attempts=1, spent_in=400,
        spent_out=160, cost=0.0001, created=now(),
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--responses", type=Path, default=locate("demo:responses.jsonl"), help="[the demo's]")
    parser.add_argument("--reviews", type=int, default=10_000, help="each with an answer of each kind [%(default)s]")
    parser.add_argument("--block", type=int, default=1024, help="answers in a shard [%(default)s]")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where it is stored")
    asked = parser.parse_args()
    print(json.dumps(measure(asked.responses, asked.reviews, asked.block, asked.folder), indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
