"""Detailed metrics: by polarity, by category, by subject alone, and faults of the outputs.

Called by `aspectra.benchmark.cells` for a record and for the lines of its `predictions.jsonl`, and by `report`. Each
function reads every sentence once. All but `scores` and `items` use strict scoring. A wrong piece is assigned as far as
it can be parsed:

- A piece with a polarity (and a category, if the task has them) is a prediction of that polarity and category, so
  invented terms reduce precision there too. A piece that does not parse counts only in the overall sums.
- For `subjects` it is one wrong subject, as it is one wrong pair.
- For `faults` it is `not_in_sentence` if its only fault is a term that is not in the sentence, else `unparsed`. An
  LLM's answer that cannot be parsed is `unparsed` too; it has no pieces.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from aspectra import tasks
from aspectra.schema import POLARITIES, Example, Prediction
from aspectra.score.results import Faults, Part, Polarity, Scores
from aspectra.score.scoring import Counts, align, count, fractions, predicted
from aspectra.score.subsets import SUBSETS, select
from aspectra.tasks import NOTHING, SCORINGS, Pair, Scoring, Task

PARSED = "parsed"  # in a prediction's `extra`: false if the answer cannot be parsed


class Line(NamedTuple):
    """A sentence in strict scoring: the gold pairs, the valid predicted pairs, and the wrong pieces.

    `misfits` have a polarity but an invalid subject for the sentence; `unread` is the number that do not parse.
    """

    wanted: set[Pair]
    pieces: set[Pair]
    misfits: list[Pair]
    unread: int


def scores(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> list[Scores]:
    """Both scorings on all three subsets, as in `scoring.score`."""
    sums = {(way, subset): (0, 0, 0, 0, 0) for way in SCORINGS for subset in SUBSETS}
    for counts, member in judged(gold, predictions, task):
        for way, subset in sums:
            if subset == "all" or member[way][subset]:
                a, b, c, d, sentences = sums[way, subset]
                right, said, found, wanted = counts[way]
                sums[way, subset] = a + right, b + said, c + found, d + wanted, sentences + 1
    return [
        Scores(scoring=way, subset=subset, **asdict(fractions((a, b, c, d), way, sentences)))
        for (way, subset), (a, b, c, d, sentences) in sums.items()
    ]


def items(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> Iterator[dict[str, Any]]:
    """For each sentence, the fields of its line in `predictions.jsonl` besides the prediction.

    `gold`: every annotated opinion, also those outside the task (paper subsets use them). `counts`: for each scoring
    [correct, predicted, found, gold]. `subsets`: for each scoring whether it is in them. `cut`: the answer reached the
    length limit. `answered`: false if there was no answer.
    """
    for example, prediction, (counts, subsets) in zip(gold, predictions, judged(gold, predictions, task), strict=True):
        opinions = [
            {
                "target": o.target,
                "category": o.category,
                "polarity": o.polarity,
                "from": o.start,
                "to": o.end,
                "implicit": not o.words,
            }
            for o in example.opinions
        ]
        yield {
            "gold": opinions,
            "counts": counts,
            "subsets": subsets,
            "cut": cut(prediction),
            "answered": answered(prediction),
        }


def polarities(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> dict[str, Part]:
    """Scores for each of the four polarities."""
    return parts(lines(gold, predictions, task), lambda pair: pair[1], POLARITIES)


def categories(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> dict[str, Part]:
    """Scores for each category of the gold, by name; empty for a task without categories.

    Empty for ATSA even if the file has categories: its predictions have none, so precision is undefined, and recall
    alone in a record of three fields would be mistaken for a score.
    """
    rules = tasks.get(task)
    if "category" not in rules.by:
        return {}
    place = rules.by.index("category")
    found = list(lines(gold, predictions, task))
    names = sorted({rules.fields(subject)[place] for line in found for subject, _ in line.wanted})
    return parts(found, lambda pair: rules.fields(pair[0])[place], names)


def subjects(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> Part:
    """Scores of the subjects alone: sets within a sentence, ignoring polarity."""
    wanted = said = right = 0
    for line in lines(gold, predictions, task):
        true, claimed = {subject for subject, _ in line.wanted}, {subject for subject, _ in line.pieces}
        wanted += len(true)
        said += len(claimed) + len(line.misfits) + line.unread
        right += len(true & claimed)
    return part(right, said, wanted)


def polarity(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> Polarity:
    """Polarity accuracy on the gold subjects that were found; the confusion matrix has all four polarities."""
    found = right = 0
    confusion = {str(each): dict.fromkeys(map(str, POLARITIES), 0) for each in POLARITIES}
    for line in lines(gold, predictions, task):
        true, claimed = by_subject(line.wanted), by_subject(line.pieces)
        for subject in true.keys() & claimed.keys():
            found += 1
            right += true[subject] == claimed[subject]
            if len(true[subject]) == len(claimed[subject]) == 1:
                confusion[next(iter(true[subject]))][next(iter(claimed[subject]))] += 1
    return Polarity(accuracy=right / found if found else 0.0, subjects=found, right=right, confusion=confusion)


def faults(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> Faults:
    """The share of outputs with each fault; an output can have several."""
    rules = tasks.get(task)
    counts = Counter[str]()
    for line, prediction in zip(lines(gold, predictions, task), predictions, strict=True):
        absent = [all(rules.fields(subject)) for subject, _ in line.misfits]
        counts["not_in_sentence"] += any(absent)
        counts["unparsed"] += line.unread > 0 or not all(absent) or not readable(prediction)
        counts["cut"] += cut(prediction)
        counts["unanswered"] += not answered(prediction)
    outputs = len(predictions)
    shares = {name: counts[name] / outputs if outputs else 0.0 for name in Faults.model_fields if name != "outputs"}
    return Faults(outputs=outputs, **shares)


def cut(prediction: Prediction) -> bool:
    """Whether the answer reached the length limit."""
    return bool(prediction.extra.get("cut"))


def answered(prediction: Prediction) -> bool:
    """Whether there was an answer, valid or not."""
    return prediction.extra.get("answered") is not False


def readable(prediction: Prediction) -> bool:
    """Whether an LLM's answer could be parsed. A student's output is parsed piece by piece."""
    return prediction.extra.get(PARSED) is not False


def judged(
    gold: Sequence[Example], predictions: Sequence[Prediction], task: str
) -> Iterator[tuple[dict[Scoring, Counts], dict[Scoring, dict[str, bool]]]]:
    """The counts and the subsets of each sentence, by scoring."""
    rules = tasks.get(task)
    predictions = align(gold, predictions)
    member = {
        way: {subset: select(gold, task, subset, way) for subset in SUBSETS if subset != "all"} for way in SCORINGS
    }
    for i, (example, prediction) in enumerate(zip(gold, predictions, strict=True)):
        counts = {way: count(example, predicted(prediction, rules, way), rules, way) for way in SCORINGS}
        yield counts, {way: {subset: chosen[i] for subset, chosen in member[way].items()} for way in SCORINGS}


def lines(gold: Sequence[Example], predictions: Sequence[Prediction], task: str) -> Iterator[Line]:
    """The sentences in strict scoring."""
    rules = tasks.get(task)
    for example, prediction in zip(gold, align(gold, predictions), strict=True):
        pieces: set[Pair] = set()
        misfits: list[Pair] = []
        unread = 0
        for pair in claims(prediction, rules):
            if pair is None:
                unread += 1
            elif rules.fits(pair[0], example.text, "strict"):
                pieces.add(pair)
            else:
                misfits.append(pair)
        yield Line(rules.wanted(example), pieces, misfits, unread)


def claims(prediction: Prediction, task: Task) -> Iterable[Pair | None]:
    """Each piece of a prediction, or each opinion if there is no raw form; None for a piece that does not parse."""
    if prediction.raw is None:
        return task.said(prediction.opinions)
    return () if prediction.raw.strip() == NOTHING else task.read(prediction.raw, escapes=True)


def parts(found: Iterable[Line], kind: Callable[[Pair], str], names: Sequence[str]) -> dict[str, Part]:
    """Scores of the pairs by name; `kind` maps a pair to a name. Pairs with other names are ignored."""
    sums = {name: [0, 0, 0] for name in names}
    aside = [0, 0, 0]
    for line in found:
        for pair in line.wanted:
            sums.get(kind(pair), aside)[2] += 1
        for pair in (*line.pieces, *line.misfits):
            sums.get(kind(pair), aside)[1] += 1
        for pair in line.wanted & line.pieces:
            sums.get(kind(pair), aside)[0] += 1
    return {name: part(*counts) for name, counts in sums.items()}


def part(correct: int, said: int, wanted: int) -> Part:
    """Micro scores from counts, by the strict convention."""
    it = fractions((correct, said, correct, wanted), "strict", 0)
    return Part(precision=it.precision, recall=it.recall, f1=it.f1, gold=wanted, predicted=said, correct=correct)


def by_subject(pairs: Iterable[Pair]) -> dict[str, set[str]]:
    """The polarities of each subject."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for subject, said in pairs:
        found[subject].add(said)
    return found
