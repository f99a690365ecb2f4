"""Compares labeled sets: how a synthetic set differs from what people wrote.

    python -m benchmarks.slants                                  # reviews-en and the paper's four sets
    python -m benchmarks.slants --set atsa/reviews-en:lively     # the sentences whose ID begins with this

Prints a Markdown table, over all files of a set. "A judgment without a word of rest14" is an opinion that is not
neutral, in a sentence with none of the single words that annotators marked as opinion words in that set's test sides.
The share of implied judgments shows when one set is compared by another set's words: ignore a set's row for its own
words, and compare reviews-en with the other of the two. Spellings are pairs such as color and colour.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Sequence
from itertools import islice
from statistics import median

from aspectra.corpus.words import words
from aspectra.data.datasets import FILES, find, split
from aspectra.data.examples import load
from aspectra.schema import POLARITIES, Example

SETS = ("atsa/reviews-en", "atsa/rest14", "atsa/laptop14", "acsa/rest16", "acsa/laptop16")
MARKED = ("rest14", "laptop14")
SEED = 42
RUNNING = 10_000  # tokens in which distinct words are counted
CONTRAST = {"but", "although", "though", "however", "while", "except", "yet"}
WRITER = {"i", "i'm", "i've", "i'd", "i'll", "my", "me", "we", "we're", "we've", "our", "us"}
AMERICAN = re.compile(r"(?i)\b(colors?|flavors?|favorites?|centers?|gray|neighbors?|apologized?|organized?)\b")
BRITISH = re.compile(r"(?i)\b(colours?|flavours?|favourites?|centres?|grey|neighbours?|apologised?|organised?)\b")


def lexicon(name: str) -> frozenset[str]:
    """The single words that are marked as opinion words in the test sides of a set, lowercase."""
    marked = (words(phrase) for e in split(find("atsa", name), "test") for o in e.opinions for phrase in o.words)
    return frozenset(phrase[0] for phrase in marked if len(phrase) == 1)


def described(examples: Sequence[Example], judging: dict[str, frozenset[str]]) -> dict[str, str]:
    """The rows of a set's column."""
    opinions = [opinion for example in examples for opinion in example.opinions]
    said = [words(example.text) for example in examples]
    drawn = random.Random(SEED).sample(said, len(said))  # files are sorted by domain
    running = list(islice((word for sentence in drawn for word in sentence), RUNNING))
    near = [{*w} for e, w in zip(examples, said, strict=True) for o in e.opinions if o.polarity != "neutral"]

    def sentences(holds: Callable[[Example, tuple[str, ...]], bool]) -> str:
        return percent(sum(holds(e, w) for e, w in zip(examples, said, strict=True)), len(examples))

    texts = "\n".join(example.text for example in examples)
    return {
        "sentences": f"{len(examples):,}",
        "words of a sentence, median": f"{median(map(len, said)):g}",
        "opinions": f"{len(opinions):,}",
        **{name: percent(sum(o.polarity == name for o in opinions), len(opinions)) for name in POLARITIES},
        **{
            f"judgments without a word of {name}": percent(sum(not known & w for w in near), len(near))
            for name, known in judging.items()
        },
        "sentences without an opinion": sentences(lambda e, _: not e.opinions),
        "with several polarities": sentences(lambda e, _: len({o.polarity for o in e.opinions}) > 1),
        "with but, although ...": sentences(lambda _, w: bool(CONTRAST & {*w})),
        "with I, we, my ...": sentences(lambda _, w: bool(WRITER & {*w})),
        "with a digit": sentences(lambda e, _: bool(re.search(r"\d", e.text))),
        "with !": sentences(lambda e, _: "!" in e.text),
        "that begin in lower case": sentences(lambda e, _: e.text[:1].islower()),
        f"different words in {RUNNING:,}": f"{len({*running}):,}",
        "American, British spellings": f"{len(AMERICAN.findall(texts))}, {len(BRITISH.findall(texts))}",
    }


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", metavar="TASK/NAME[:ID]", help=f"may be repeated [{' '.join(SETS)}]")
    names = parser.parse_args().set or SETS
    judging = {name: lexicon(name) for name in MARKED}
    columns = []
    for name in names:
        place, _, begin = name.partition(":")
        folder = find(place.partition("/")[0], place)
        here = [path for file in FILES if (path := folder / f"{file}.json").is_file()]
        examples = [example for path in here for example in load(path) if example.id.startswith(begin)]
        columns.append(described(examples, judging))
    print("| | " + " | ".join(names) + " |")
    print("| --- | " + " | ".join("---:" for _ in names) + " |")
    for line in columns[0]:
        print(f"| {line} | " + " | ".join(column[line] for column in columns) + " |")


if __name__ == "__main__":
    main()
