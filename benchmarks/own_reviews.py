"""Aspectra's own labeled reviews, as a teacher's recorded answers and as a set for evaluation.

`python -m benchmarks.own_reviews --out runs/own` reads the single sentences of `data/reviews-en/texts` and writes
- `reviews.jsonl` and `answers.jsonl`: nineteen of twenty sentences, and `extraction` answers with offsets about them;
  those that overlap with the paper's four sets (`data/reviews-en/left-out.txt`) are excluded,
- `sets/atsa/own/{train,dev,test}.json`: all sentences as a set; every twentieth line of each file is in dev and also in
  test, so that no training sentence is in test.

Then a student is trained on them:

    aspectra elicit runs/own/reviews.jsonl --teacher recorded --model runs/own/answers.jsonl --kinds extraction \
        --out runs/own/responses
    aspectra corpus runs/own/responses --set min_words=1 --dev-share 0.02 --out runs/own/corpus
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.reviews_en import HERE, labeled

from aspectra.data.examples import save
from aspectra.data.left_out import fingerprint, left_out
from aspectra.pipeline.labeled import record
from aspectra.schema import Example


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/own"))
    out = parser.parse_args().out
    sides: dict[bool, list[Example]] = {False: [], True: []}
    for held_out, example in labeled(HERE):
        sides[held_out].append(example)
    skipped = left_out(HERE)
    taught = [example for example in sides[False] if fingerprint(example.text) not in skipped]
    record(taught, out)
    place = out / "sets" / "atsa" / "own"
    for name, held_out in (("train", False), ("dev", True), ("test", True)):
        save(place / f"{name}.json", sides[held_out])
    print(f"{len(taught)} sentences to learn from, {len(sides[True])} held out, in {out}")


if __name__ == "__main__":
    main()
