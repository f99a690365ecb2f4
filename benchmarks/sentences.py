"""Short texts for a teacher: training sentences of sets, without their labels, and sentences of reviews.

`python benchmarks/sentences.py --out FILE --count 16000 --reviews yelp.jsonl --reviews amazon.jsonl --data rest14 ...`
writes rows `{"id", "text", "domain"}`. A sentence has 4 to 60 words and occurs once; sentences of a set's dev or test
part are excluded. Of a set, `--each` takes the sentences with the lowest digests. Sentences of reviews fill up to
`--count`, an equal share from each file. Rows are sorted by the texts' digests, so the file depends only on its
sources: two files are the same if their printed sha256 is the same. The first rows are not a fair sample: the sentences
of reviews with the lowest digests are taken, so they come before most of the training sentences.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from pathlib import Path

from aspectra.data import datasets
from aspectra.files import sha256
from aspectra.reviews import read_reviews
from aspectra.sentences import spans
from aspectra.tables import write_jsonl

LEAST, MOST = 4, 60  # words


def digest(text: str) -> str:
    """The sort key and name of a text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def fits(text: str) -> bool:
    """Whether a text has the length of a sentence."""
    return LEAST <= len(text.split()) <= MOST


def of_reviews(path: Path) -> list[str]:
    """The sentences of a file of reviews, sorted by digest."""
    found = {
        " ".join(review.text[start:end].split())
        for review in read_reviews(path, skip_bad_rows=True)
        for start, end in spans(review.text)
    }
    return sorted(filter(fits, found), key=digest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=16000, help="texts in all")
    parser.add_argument("--reviews", type=Path, action="append", default=[], help="file of reviews")
    parser.add_argument("--data", action="append", default=[], help="TASK/SET whose training sentences are taken")
    parser.add_argument("--each", type=int, help="at most so many sentences of each set [all]")
    options = parser.parse_args()
    chosen: dict[str, str] = {}
    closed: set[str] = set()
    for name in options.data:
        task, _, data = name.partition("/")
        folder = datasets.find(task, data)
        mine = sorted({e.text for e in datasets.split(folder, "train") if fits(e.text)}, key=digest)
        chosen |= dict.fromkeys(mine[: options.each], data)
        closed |= {e.text for side in ("dev", "test") for e in datasets.split(folder, side)}
    chosen = {text: source for text, source in chosen.items() if text not in closed}
    share = max(0, options.count - len(chosen)) // max(1, len(options.reviews))
    for path in options.reviews:
        fresh = [text for text in of_reviews(path) if text not in chosen and text not in closed]
        chosen |= dict.fromkeys(fresh[:share], path.stem)
    kept = sorted(chosen, key=digest)[: options.count]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write_jsonl(options.out, ({"id": digest(text)[:16], "text": text, "domain": chosen[text]} for text in kept))
    print(dict(Counter(chosen[text] for text in kept)))
    print(f"{len(kept)} texts in {options.out}, sha256 {sha256(options.out)}")


if __name__ == "__main__":
    main()
