"""Aspectra's own labeled reviews, as recorded answers of a teacher and as a set to judge on.

`python benchmarks/own_reviews.py ../shared/data/own --out runs/own` reads `train/*.txt` (one sentence a line, targets
marked `[[term|p]]` with p, n, u or c) and writes
- `reviews.jsonl` and `answers.jsonl`: nineteen of twenty sentences, and `extraction` answers with places about them,
- `sets/atsa/own/{train,dev,test}.json`: the same sentences as a set; every twentieth line of each file is its dev, and
  its test too, so that no other sentence stands for one.

Then a student learns from them:

    aspectra elicit runs/own/reviews.jsonl --teacher recorded --model runs/own/answers.jsonl --kinds extraction \
        --out runs/own/responses
    aspectra corpus runs/own/responses --set min_words=1 --dev-share 0.02 --evaluation rest14 --evaluation laptop14 \
        --evaluation rest16 --evaluation laptop16 --out runs/own/corpus
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

from aspectra.data.examples import save
from aspectra.files import write_text
from aspectra.schema import Example, Opinion

MARK = re.compile(r"\[\[(.+?)\|([pnuc])\]\]")
POLARITY = {"p": "positive", "n": "negative", "u": "neutral", "c": "conflict"}
HELD_OUT = 20  # every so many lines of a file


def marked(line: str) -> tuple[str, tuple[Opinion, ...]]:
    """The text of a line, and the opinions that are marked in it.

    >>> marked("Nice [[staff|p]].")[0]
    'Nice staff.'
    """
    text, opinions, last = "", [], 0
    for mark in MARK.finditer(line):
        text += line[last : mark.start()]
        opinions.append(Opinion(mark[1], None, POLARITY[mark[2]], len(text), len(text) + len(mark[1])))
        text += mark[1]
        last = mark.end()
    return text + line[last:], tuple(opinions)


def sentences(folder: Path) -> Iterator[tuple[bool, Example]]:
    """(whether it is held out, sentence) of each line of the files in a folder."""
    for path in sorted(folder.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                text, opinions = marked(line)
                yield number % HELD_OUT == 0, Example(f"{path.stem}-{number}", text, opinions)


def answer(example: Example) -> dict[str, str]:
    """A recorded `extraction` answer about a sentence."""
    opinions = [{"target": o.target, "polarity": o.polarity, "from": o.start, "to": o.end} for o in example.opinions]
    text = json.dumps({"opinions": opinions}, ensure_ascii=False)
    return {"review": example.text, "kind": "extraction", "text": text}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs/own"))
    given = parser.parse_args()
    sides: dict[bool, list[Example]] = {False: [], True: []}
    for held_out, example in sentences(given.folder / "train"):
        sides[held_out].append(example)
    lines = {
        "reviews.jsonl": [{"id": example.id, "text": example.text} for example in sides[False]],
        "answers.jsonl": [answer(example) for example in sides[False]],
    }
    for name, rows in lines.items():
        write_text(given.out / name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    place = given.out / "sets" / "atsa" / "own"
    for name, held_out in (("train", False), ("dev", True), ("test", True)):
        save(place / f"{name}.json", sides[held_out])
    print(f"{len(sides[False])} sentences to learn from, {len(sides[True])} held out, in {given.out}")


if __name__ == "__main__":
    main()
