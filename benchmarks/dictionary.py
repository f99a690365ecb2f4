"""Simple baselines as a file of predictions: repeat the labels of the training sentences.

ATSA: each training term that occurs in the sentence as a whole word (the longest of overlapping ones), with its most
frequent training polarity. ACSA: the opinions of the most similar training sentence (cosine of TF-IDF, as for
demonstrations).

    python benchmarks/dictionary.py --task atsa --data rest14 --out runs/dictionary/atsa-rest14.jsonl
    python benchmarks/dictionary.py --task acsa --data rest16 --cap 25 --hash --out acsa-rest16.jsonl

`--hash` writes the sentences' sha256 instead of their texts, for sets whose texts must not be published.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections import Counter, defaultdict
from pathlib import Path

from aspectra import tasks
from aspectra.data import datasets
from aspectra.elicit.nearest import Nearest
from aspectra.elicit.prompt import Demonstration
from aspectra.schema import Example, Opinion
from aspectra.tables import write_jsonl

WORD = re.compile(r"\w+")


def terms(train: list[Example]) -> dict[str, str]:
    """Training terms, lowercase, with the most frequent polarity of each."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for example in train:
        for opinion in example.opinions:
            if opinion.target:
                votes[opinion.target.lower()][opinion.polarity] += 1
    return {term: count.most_common(1)[0][0] for term, count in votes.items()}


def find_terms(known: dict[str, str], text: str) -> list[Opinion]:
    """Known terms of a sentence; of overlapping ones the longest."""
    if not known:
        return []
    longest = sorted(known, key=lambda term: (-len(term), term))
    pattern = re.compile(r"(?<!\w)(" + "|".join(map(re.escape, longest)) + r")(?!\w)", re.IGNORECASE)
    return [
        Opinion(found[0], None, known[found[0].lower()], found.start(), found.end())
        for found in pattern.finditer(text)
        if found[0].lower() in known
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=("atsa", "acsa"), required=True)
    parser.add_argument("--data", required=True, help="a set, or its folder")
    parser.add_argument("--cap", type=int, help="test sentences drawn by seed 42, as `test_cap` does")
    parser.add_argument("--hash", action="store_true", help="sha256 in place of texts")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    folder = datasets.find(given.task, given.data)
    train = datasets.split(folder, "train")
    test = datasets.draw(datasets.split(folder, "test"), given.cap)
    rules = tasks.get(given.task)
    known = terms(train)
    alike = Nearest([Demonstration("extraction", e.text, rules.encode(e.opinions)) for e in train], 1)

    def row(example: Example) -> dict[str, object]:
        raw = rules.encode(find_terms(known, example.text))
        if given.task == "acsa":
            raw = alike.pick(example.text)[0].answer
        digest = hashlib.sha256(example.text.encode()).hexdigest()
        said = {"text_sha256": digest} if given.hash else {"text": example.text}
        return {"id": example.id, **said, "raw": raw}

    write_jsonl(given.out, map(row, test))


if __name__ == "__main__":
    main()
