"""Detects that predictions are in a wrong format, rather than just inaccurate, and that a gold file is of another task.

Called by `aspectra score` and `aspectra.benchmark.cells`. Scoring accepts every file: invalid pieces count as wrong,
and opinions without a subject are ignored. If that is why a score is low, the system is not at fault and its owner
should know. A few such errors are normal for any system.
"""

from __future__ import annotations

from collections.abc import Sequence

from aspectra import tasks
from aspectra.schema import POLARITIES, Example, Prediction

SHARE = 0.05  # of the predictions; above this, it is reported


def doubts(predictions: Sequence[Prediction], task: str) -> list[str]:
    """A line for each problem that invalidates more than `SHARE` of the predictions; none for a good file.

    Raises UserError for an unknown task.
    """
    rules = tasks.get(task)
    given = [(number, o) for number, p in enumerate(predictions, 1) if p.raw is None for o in p.opinions]
    silent = [number for number, opinion in given if rules.subject(opinion) is None]
    strange = [(number, opinion.polarity) for number, opinion in given if opinion.polarity.strip() not in POLARITIES]
    pieces = unread = said = 0
    lost: list[tuple[int, str]] = []
    first: tuple[int, str] | None = None
    for number, prediction in enumerate(predictions, 1):
        raw = prediction.raw
        read = list(rules.said(prediction.opinions) if raw is None else rules.read(raw, escapes=True))
        subjects = [pair[0] for pair in read if pair is not None and prediction.text]
        said += len(subjects)
        lost += [(number, subject) for subject in subjects if not rules.fits(subject, prediction.text, "strict")]
        if raw is None or raw.strip() == tasks.NOTHING:
            continue
        pieces += len(read)
        unread += read.count(None)
        if first is None and None in read:
            first = number, raw
    found = []
    if given and len(silent) == len(given):
        lack = next(name for name in rules.by if rules.subject(given[0][1]) is None and not getattr(given[0][1], name))
        form = ", ".join(f'"{name}": ...' for name in (*rules.by, "polarity"))
        found.append(f'no opinion has a "{lack}", so none counts in {task}; write {{{form}}}')
    if len(strange) > SHARE * len(given):
        number, polarity = strange[0]
        found.append(
            f'{len(strange)} of {len(given)} opinions have no "polarity" of {", ".join(POLARITIES)}; '
            f"the first has {repr(polarity) if polarity else 'none'}, in prediction {number}"
        )
    if first is not None and unread > SHARE * pieces:
        form = " | ".join((*rules.by, "polarity"))
        found.append(
            f"{unread} of {pieces} pieces do not have the form `{form}` with a polarity of "
            f"{', '.join(POLARITIES)}; the first is in {first[1][:80]!r}, prediction {first[0]}"
        )
    if len(lost) > SHARE * said:
        found.append(
            f"{len(lost)} of {said} predictions name something that is not in their sentence; the first is "
            f"{lost[0][1][:80]!r} of prediction {lost[0][0]}"
        )
    return found


def unfit(gold: Sequence[Example], task: str) -> str | None:
    """A line if no opinion of the gold counts in the task, though it has some. Raises UserError for an unknown task."""
    rules = tasks.get(task)
    opinions = [opinion for example in gold for opinion in example.opinions]
    if not opinions or any(rules.subject(opinion) is not None for opinion in opinions):
        return None
    lack = next(name for name in rules.by if not any(getattr(opinion, name) for opinion in opinions))
    return f'no opinion of the gold has a "{lack}", so none counts in {task}; name another --task or --gold'
