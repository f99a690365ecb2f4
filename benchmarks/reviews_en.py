"""Makes a set from Aspectra's own reviews: from the marked texts to `train.json`, `dev.json`, `test.json` and the card.

    python -m benchmarks.reviews_en              # after a change in data/reviews-en/texts
    python -m benchmarks.reviews_en --overlap    # also updates the list of overlaps with the paper's four sets

The second needs these sets (`aspectra data fetch`). The files have one sentence per line, in the benchmark's JSON with
additional fields for the origin of a sentence.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks import reviews_en_card
from benchmarks.marked import reviews, sentences, settled

from aspectra.corpus.decontaminate import Evaluation, files
from aspectra.data.examples import load
from aspectra.data.left_out import LEFT_OUT, fingerprint, left_out
from aspectra.files import write_text
from aspectra.pipeline.unlabeled import reviews as reviews_of
from aspectra.schema import Example
from aspectra.sentences import spans

HERE = Path(__file__).resolve().parents[1] / "data" / "reviews-en"
HELD_OUT = 20  # every such line of a file
SETS = ("rest14", "laptop14", "rest16", "laptop16")
NGRAM = 8  # words, as in `aspectra corpus`


def labeled(folder: Path) -> Iterator[tuple[bool, Example]]:
    """(whether it is held out, sentence) of each single sentence; every twentieth line of a file is held out."""
    for path in sorted((folder / "texts" / "train").glob("*.txt")):
        for line, example in sentences(path):
            yield line % HELD_OUT == 0, example


def unlabeled(folder: Path) -> Iterator[str]:
    """The sentences of the unlabeled texts."""
    for path in sorted((folder / "texts" / "unlabeled").glob("*.txt")):
        for row in reviews_of(path):
            yield from (row["text"][start:end] for start, end in spans(row["text"]))


def overlap(texts: Iterable[str]) -> list[str]:
    """The fingerprints of the texts that overlap with a dev or test sentence of the four sets, sorted."""
    evaluation = Evaluation(NGRAM)
    for path in files(SETS):
        evaluation.add(example.text for example in load(path))
    return sorted({fingerprint(text) for text in texts if evaluation.leaks(text)})


def rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each file of the set."""
    skipped = left_out(folder)
    made: dict[str, list[dict[str, Any]]] = {"train": [], "dev": [], "test": []}
    for held_out, example in labeled(folder):
        if held_out or fingerprint(example.text) not in skipped:
            manner, domain = example.id.rsplit("-", 1)[0].split("-", 1)
            made["dev" if held_out else "train"].append(row(example, domain, manner))
    test = folder / "texts" / "test"
    for name in ("a.txt", "b.txt"):
        for review in reviews(test / name, settled(test)):
            about = {"review": review.id, "stars": review.stars, "date": review.date}
            made["test"] += [row(example, review.domain, "review") | about for example in review.sentences]
    return made


def row(example: Example, domain: str, manner: str) -> dict[str, Any]:
    """A sentence as a line of the file."""
    aspects = [{"from": o.start, "to": o.end, "target": o.target, "polarity": o.polarity} for o in example.opinions]
    return {"ID": example.id, "sentence": example.text, "domain": domain, "manner": manner, "aspects": aspects}


def write(folder: Path, out: Path) -> None:
    """Make the set's files in `out` from the texts in `folder`."""
    made = rows(folder)
    for name, part in made.items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in part)
        write_text(out / f"{name}.json", f"[\n{lines}\n]\n")
    card = (folder / "README.md").read_text(encoding="utf-8")
    write_text(out / "README.md", reviews_en_card.fill(card, folder, made))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--overlap", action="store_true", help=f"write {LEFT_OUT} anew, from the four sets")
    if parser.parse_args().overlap:
        listed = overlap(chain((example.text for _, example in labeled(HERE)), unlabeled(HERE)))
        write_text(HERE / LEFT_OUT, "".join(f"{line}\n" for line in listed))
    write(HERE, HERE)


if __name__ == "__main__":
    main()
