"""F1 in which overlapping terms count as found: shows how much of the error is due to term boundaries.

A predicted pair is right if the gold has a pair with the same polarity (and category, if the task has them) whose term
shares a character with it; gold pairs are found in the same way. As in strict scoring, pairs are sets within a
sentence, and an invalid piece is one wrong prediction. Labelers who agree on what is judged, but not on whether "the"
or "battery" belongs to "life", differ in exact F1 and agree here ("partial" matching of SemEval-2013 task 9). Called by
`aspectra.benchmark.cells`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from aspectra import tasks
from aspectra.schema import Example, Opinion, Prediction, Span
from aspectra.score.metrics import lines
from aspectra.score.results import Overlap
from aspectra.score.scoring import fractions
from aspectra.tasks import Pair, Task
from aspectra.tasks.anchor import occurrences

Place = tuple[str, Span | None]  # what must be equal (polarity, category), and the term's span


def overlapping(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> Overlap | None:
    """Micro precision, recall and F1 over all sentences; None for a task without targets.

    Raises UserError if the sentences differ.
    """
    rules = tasks.get(task)
    if "target" not in rules.by:
        return None
    correct = said = found = wanted = 0
    for example, prediction, line in zip(gold, predictions, lines(gold, predictions, task), strict=True):
        text = example.text
        spoken = prediction.opinions if prediction.raw is None else rules.decode(prediction.raw, text)
        true = places(rules, line.wanted, example.opinions, text)
        claimed = places(rules, line.pieces, spoken, text)
        correct += sum(meets(each, true) for each in claimed)
        found += sum(meets(each, claimed) for each in true)
        said += len(claimed) + len(line.misfits) + line.unread
        wanted += len(true)
    it = fractions((correct, said, found, wanted), "strict", 0)
    return Overlap(
        precision=it.precision, recall=it.recall, f1=it.f1, gold=wanted, predicted=said, correct=correct, found=found
    )


def places(task: Task, pairs: Iterable[Pair], opinions: Iterable[Opinion], text: str) -> list[set[Place]]:
    """The spans of each pair, from the opinions that state it; if these have none, all occurrences of its term.

    Each pair also contains itself without a span, so an identical pair matches even at another place.
    """
    known: defaultdict[Pair, set[Span]] = defaultdict(set)
    for opinion in opinions:
        if (subject := task.subject(opinion)) and opinion.start is not None and opinion.end is not None:
            known[subject, opinion.polarity].add((opinion.start, opinion.end))
    at = task.by.index("target")
    found = []
    for subject, polarity in pairs:
        fields = task.fields(subject)
        like = " | ".join((polarity, *fields[:at], *fields[at + 1 :]))
        spans = known.get((subject, polarity)) or occurrences(fields[at], text)
        found.append({(f"{polarity} | {subject}", None), *((like, span) for span in spans)})
    return found


def meets(one: set[Place], others: Iterable[set[Place]]) -> bool:
    """Whether a pair is among others, or overlaps one with the same polarity and category."""
    return any(alike(*a, *b) for other in others for a in one for b in other)


def alike(like: str, span: Span | None, other_like: str, other: Span | None) -> bool:
    """Whether two places overlap and have the same polarity and category."""
    if span is None or other is None:
        return like == other_like and span is other
    return like == other_like and span[0] < other[1] and other[0] < span[1]
