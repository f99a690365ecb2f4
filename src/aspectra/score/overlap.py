"""How much of an error is a matter of where a term begins and ends: F1 where overlapping terms count as found.

A predicted pair is right where the gold has one of the same polarity (and category, where the task has them) whose
term shares a character with its own; a gold pair is found likewise. As in strict scoring, pairs are sets within a
sentence, and what says nothing valid is one wrong prediction. Two labelers that agree on what is judged, and not on
whether "the" or "battery" belongs to "life", differ in exact F1 and agree here ("partial" matching of SemEval-2013
task 9). Called by `aspectra.benchmark.cells`.
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

Place = tuple[str, Span | None]  # what has to be alike (polarity, category), and where the term stands


def overlapping(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> Overlap | None:
    """Micro precision, recall and F1 over all sentences; None for a task that names no target.

    Raises UserError where the two sides are not the same sentences.
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
    """Where each pair stands, by the opinions that say it; wherever its term does where they give no place.

    The pair itself is among them, without a place: the same pair is found, be it placed otherwise.
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
    """Whether a pair is among others, or shares a character with one that says the same."""
    return any(alike(*a, *b) for other in others for a in one for b in other)


def alike(like: str, span: Span | None, other_like: str, other: Span | None) -> bool:
    """Whether two places say the same of overlapping terms."""
    if span is None or other is None:
        return like == other_like and span is other
    return like == other_like and span[0] < other[1] and other[0] < span[1]
