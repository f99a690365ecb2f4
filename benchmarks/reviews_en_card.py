"""The tables in the card of Aspectra's own reviews: the content of the set, and the agreement of two labelings.

Called by `benchmarks.reviews_en`, which writes them into `data/reviews-en/README.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.marked import reviews, sentences, settled

from aspectra.corpus.words import length
from aspectra.schema import POLARITIES, Example, Prediction
from aspectra.score import metrics
from aspectra.score.overlap import overlapping
from aspectra.score.scoring import score
from aspectra.score.significance import f1_interval

TASK = "atsa"
Rows = Sequence[dict[str, Any]]
Group = tuple[list[Example], list[Prediction]]  # sentences that are resampled together, in two labelings


def fill(card: str, folder: Path, made: dict[str, list[dict[str, Any]]]) -> str:
    """The card with new tables, each between `<!-- NAME -->` and `<!-- NAME, end -->`.

    Raises ValueError if the card has no place for one.
    """
    parts = {
        "splits": splits(made),
        "manners": manners(made),
        "domains": domains(made),
        "agreement": agreement(folder),
    }
    for name, text in parts.items():
        before, begin, rest = card.partition(f"<!-- {name} -->")
        _, end, after = rest.partition(f"<!-- {name}, end -->")
        if not end:
            raise ValueError(f"the card has no <!-- {name} --> and <!-- {name}, end -->")
        card = f"{before}{begin}\n{text}\n{end}{after}"
    return card


def splits(made: dict[str, list[dict[str, Any]]]) -> str:
    """The content of each file."""
    columns = [counts(part) for part in made.values()]
    return table(("", *made), [[name, *(column[name] for column in columns)] for name in columns[0]])


def manners(made: dict[str, list[dict[str, Any]]]) -> str:
    """Polarities and lengths by manner of writing."""
    everything = [row for part in made.values() for row in part]
    found = []
    for manner in sorted({row["manner"] for row in everything}):
        part = [row for row in everything if row["manner"] == manner]
        words = [length(row["sentence"]) for row in part]
        found.append([manner, len(part), *polarities(part), percent(bare(part), len(part)), spread(words)])
    head = ("manner", "sentences", "targets", *POLARITIES, "without a target", "words: median, 90 %, most")
    return table(head, found)


def domains(made: dict[str, list[dict[str, Any]]]) -> str:
    """Sentences, targets and polarities of each domain."""
    found = []
    for names, part in (("train, dev", [*made["train"], *made["dev"]]), ("test", made["test"])):
        for domain in sorted({row["domain"] for row in part}):
            mine = [row for row in part if row["domain"] == domain]
            found.append([names, domain, len(mine), *polarities(mine)])
    return table(("file", "domain", "sentences", "targets", *POLARITIES), found)


def agreement(folder: Path) -> str:
    """The agreement of the labelings of the test reviews, and of those of 300 training sentences."""
    test, few = folder / "texts" / "test", folder / "texts" / "agreement"
    lines = settled(test)
    labelings = {
        "first": [r.sentences for name in "ab" for r in reviews(test / f"{name}.txt")],
        "second": [r.sentences for name in "ab" for r in reviews(test / f"{name}.second.txt")],
        "settled": [r.sentences for name in "ab" for r in reviews(test / f"{name}.txt", lines)],
    }
    found = [
        [f"200 test reviews: {said} against {gold}", *measured(grouped(labelings[gold], labelings[said]))]
        for gold, said in (("first", "second"), ("settled", "first"), ("settled", "second"))
    ]
    one, other = ([(example,) for _, example in sentences(few / f"{name}.txt")] for name in ("gold", "second"))
    found.append(["300 training sentences: second against first", *measured(grouped(one, other))])
    head = ("", "strict F1", "overlapping terms count", "terms alone", "polarity of shared terms")
    return table(head, found)


def grouped(gold: Iterable[Sequence[Example]], said: Iterable[Sequence[Example]]) -> list[Group]:
    """Two labelings of the same groups of sentences."""
    return [
        # The labelings name their files differently; the sentence is the same.
        (list(one), [Prediction(a.id, b.text, b.opinions) for a, b in zip(one, other, strict=True)])
        for one, other in zip(gold, said, strict=True)
    ]


def measured(groups: Sequence[Group]) -> list[str]:
    """In percent, with the 95 % interval over resampled groups: strict F1, the same if overlapping terms count, F1 of
    the terms alone, and the share of shared terms with the same polarity."""
    columns: list[list[tuple[int, int, int, int]]] = [[], [], [], []]
    for gold, said in groups:
        exact, loose = score(gold, said, TASK), overlapping(gold, said, TASK)
        alone, shared = metrics.subjects(gold, said, TASK), metrics.polarity(gold, said, TASK)
        assert loose is not None, "the task names targets"
        columns[0].append((exact.correct, exact.predicted, exact.found, exact.gold))
        columns[1].append((loose.correct, loose.predicted, loose.found, loose.gold))
        columns[2].append((alone.correct, alone.predicted, alone.correct, alone.gold))
        columns[3].append((shared.right, shared.subjects, shared.right, shared.subjects))
    intervals = [f1_interval([column]) for column in columns]
    return [f"{100 * it.value:.1f} ({100 * it.low:.1f} to {100 * it.high:.1f})" for it in intervals]


def counts(part: Rows) -> dict[str, str]:
    """The rows of a file's column."""
    judged = [{aspect["polarity"] for aspect in row["aspects"]} for row in part]
    twice = sum(len(row["aspects"]) > len({aspect["target"].lower() for aspect in row["aspects"]}) for row in part)
    terms = [aspect["target"].lower() for row in part for aspect in row["aspects"]]
    targets, *of_each = polarities(part)
    return {
        "sentences": f"{len(part):,}",
        "reviews": str(len({row["review"] for row in part if "review" in row}) or "-"),
        "targets": f"{targets:,}",
        "different targets, without case": f"{len(set(terms)):,}",
        **{name: percent(number, targets) for name, number in zip(POLARITIES, of_each, strict=True)},
        "sentences without a target": percent(bare(part), len(part)),
        "sentences with several targets": percent(sum(len(row["aspects"]) > 1 for row in part), len(part)),
        "sentences with several polarities": percent(sum(len(found) > 1 for found in judged), len(part)),
        "sentences that say a target twice": str(twice),
        "words: median, 90 %, most": spread([length(row["sentence"]) for row in part]),
    }


def polarities(part: Rows) -> list[int]:
    """The number of targets, and of each polarity."""
    found = Counter(aspect["polarity"] for row in part for aspect in row["aspects"])
    return [found.total(), *(found[polarity] for polarity in POLARITIES)]


def bare(part: Rows) -> int:
    """The number of sentences without a target."""
    return sum(not row["aspects"] for row in part)


def spread(numbers: Sequence[int]) -> str:
    return f"{median(numbers):g}, {quantiles(numbers, n=10)[-1]:g}, {max(numbers)}"


def percent(part: int, whole: int) -> str:
    return f"{part:,} ({100 * part / whole:.1f} %)"


def table(head: Sequence[str], found: Iterable[Sequence[object]]) -> str:
    """A Markdown table; the first column is a name, the others numbers."""
    lines = [" | ".join(head), " | ".join(["---", *["---:"] * (len(head) - 1)])]
    return "\n".join(f"| {line} |" for line in (*lines, *(" | ".join(map(str, row)) for row in found)))
