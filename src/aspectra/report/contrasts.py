"""Sentences that one system gets right and another wrong, with the spans of gold and predictions.

Read from the cells' `predictions.jsonl`: for each system the cell with the most labels and the lowest seed. Called by
`aspectra.report.benchmark`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, zip_longest
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.report.boards import sets
from aspectra.report.systems import Row, labels
from aspectra.report.tables import SIGNS
from aspectra.schema import Opinion, Prediction
from aspectra.score import metrics
from aspectra.score.predictions import read_predictions
from aspectra.score.results import ITEMS, cell_name
from aspectra.tasks.anchor import anchor

# Lower limit of a card's bytes.
SHORTEST = 600
# Characters shown of an answer that could not be parsed; a truncated one may be very long.
ANSWER = 300
Values = dict[str, Any]


@dataclass(frozen=True)
class Disagreement:
    """A sentence of a set, and for each system (by index) its prediction and whether it is entirely right."""

    set: str
    task: str
    said: dict[int, Prediction]
    right: dict[int, bool]


def disagreements(results: Row, folder: Path, systems: Sequence[str]) -> list[Disagreement]:
    """Every sentence that some system gets entirely right (strict) and another wrong, in the order of the sets."""
    found = []
    for place, (task, data) in enumerate(sets(results)):
        shown: dict[int, list[Prediction]] = {}
        gold: str | None = None
        for number, system in enumerate(systems):
            cells = [c for c in results["cells"] if (c["task"], c["data"], c["system"]) == (task, data, system)]
            for cell in sorted(cells, key=lambda c: (-labels(c), c["seed"] or 0))[:1]:
                path = folder / "cells" / cell_name(system, task, data, cell["seed"], cell["shots"]) / ITEMS
                gold = gold or cell["gold_sha256"]
                if path.is_file() and cell["gold_sha256"] == gold:
                    shown[number] = read_predictions(path)
        for lines in zip(*shown.values(), strict=True):
            said = dict(zip(shown, lines, strict=True))
            right = {number: _right(prediction) for number, prediction in said.items()}
            if len(set(right.values())) == 2:
                found.append(Disagreement(f"s{place}", task, said, right))
    return found


def _right(prediction: Prediction) -> bool:
    """Whether a system found exactly the gold of a sentence."""
    correct, predicted, _, gold = prediction.extra["counts"]["strict"]
    return bool(correct == predicted == gold)


def counts(found: Sequence[Disagreement], systems: int) -> dict[str, list[list[int]]]:
    """For each set a table: the number of sentences that the row's system gets right and the column's wrong."""
    tables: dict[str, list[list[int]]] = {}
    for each in found:
        table = tables.setdefault(each.set, [[0] * systems for _ in range(systems)])
        for one, other in permutations(each.right, 2):
            table[one][other] += each.right[one] and not each.right[other]
    return tables


def balanced(found: Sequence[Disagreement]) -> Iterator[Disagreement]:
    """The sentences, alternating between sets, and within a set between pairs of systems."""
    queues = []
    for name in dict.fromkeys(each.set for each in found):
        mine = [each for each in found if each.set == name]
        systems = sorted({number for each in mine for number in each.right})
        pairs = [
            [n for n, each in enumerate(mine) if each.right.get(one) is True and each.right.get(other) is False]
            for one, other in permutations(systems, 2)
        ]
        turns = dict.fromkeys(n for round_ in zip_longest(*pairs) for n in round_ if n is not None)
        queues.append([mine[n] for n in turns])
    for round_ in zip_longest(*queues):
        yield from (each for each in round_ if each is not None)


def embedded(found: Sequence[Disagreement], render: Callable[[Values], str], room: int) -> list[str]:
    """As many rendered sentences as fit into `room` bytes; one that is too long is skipped."""
    cards = []
    for each in balanced(found):
        if room < SHORTEST:
            break
        text = render(card(each))
        if (size := len(text.encode())) <= room:
            room -= size
            cards.append(text)
    return cards


def card(each: Disagreement) -> Values:
    """A sentence with its gold, and for each system its opinions and how they compare with the gold."""
    task = tasks.get(each.task)
    first = next(iter(each.said.values()))
    gold = task.ordered(_opinion(item) for item in first.extra["gold"])
    wanted = {_key(task, opinion) for opinion in gold}
    said = []
    for number, prediction in each.said.items():
        raw, text = prediction.raw, prediction.text
        opinions = task.ordered(prediction.opinions if raw is None else task.decode(raw, text))
        opinions = [o for o in opinions if task.fits(task.subject(o) or "", text, "strict")]
        keys = {_key(task, opinion) for opinion in opinions}
        absent, unread = _amiss(prediction, task)
        said.append(
            {
                "system": number,
                "right": each.right[number],
                "text": segments(text, opinions, lambda o: "hit" if _key(task, o) in wanted else "miss"),
                "opinions": [
                    *(
                        _words(task, *_key(task, o)) | {"right": _key(task, o) in wanted, "absent": False}
                        for o in opinions
                    ),
                    *(_words(task, *pair) | {"right": False, "absent": True} for pair in absent),
                ],
                "missed": [_words(task, *_key(task, o)) for o in gold if _key(task, o) not in keys],
                "raw": raw if unread else None,
                "unread": unread,
                "answer": None if metrics.readable(prediction) else _beginning(prediction.extra.get("answer") or ""),
                "cut": metrics.cut(prediction),
                "answered": metrics.answered(prediction),
            }
        )
    return {
        "set": each.set,
        "task": each.task,
        "id": first.id,
        "text": segments(first.text, gold, lambda _: "gold"),
        "gold": [_words(task, *_key(task, opinion)) for opinion in gold],
        "said": said,
        "right": " ".join(str(n) for n, right in each.right.items() if right),
        "wrong": " ".join(str(n) for n, right in each.right.items() if not right),
    }


def segments(text: str, opinions: Sequence[Opinion], state: Callable[[Opinion], str]) -> list[Values]:
    """The text in pieces; those of an opinion have its polarity and state.

    Of two overlapping spans the first is marked, or the longer one if both begin at the same character.
    """
    places = []
    for opinion in opinions:
        span = (opinion.start, opinion.end)
        if opinion.target and text[slice(*span)] != opinion.target:
            span = anchor([opinion.target], text)[0] or (None, None)
        if opinion.target and span[0] is not None and span[1] is not None:
            places.append((span[0], span[1], opinion))
    pieces: list[Values] = []
    at = 0
    for start, end, opinion in sorted(places, key=lambda place: (place[0], -place[1])):
        if start < at:
            continue
        pieces.append({"text": text[at:start], "sign": None})
        pieces.append({"text": text[start:end], **_tone(opinion.polarity.strip()), "state": state(opinion)})
        at = end
    return [piece for piece in [*pieces, {"text": text[at:], "sign": None}] if piece["text"]]


def _beginning(answer: str) -> str:
    """The beginning of an answer, enough to show the fault."""
    return answer if len(answer) <= ANSWER else f"{answer[:ANSWER]}…"


def _amiss(prediction: Prediction, task: tasks.Task) -> tuple[list[tasks.Pair], int]:
    """Valid opinions on terms that are not in the sentence, and the number of pieces that cannot be parsed.

    A structured opinion with an invalid polarity does not count: it can be shown as it is.
    """
    claims = list(metrics.claims(prediction, task))
    misfits = [pair for pair in claims if pair is not None and not task.fits(pair[0], prediction.text, "strict")]
    absent = [pair for pair in misfits if all(task.fields(pair[0]))]
    strange = 0 if prediction.raw is None else claims.count(None)
    return absent, strange + len(misfits) - len(absent)


def _key(task: tasks.Task, opinion: Opinion) -> tasks.Pair:
    return task.subject(opinion) or "", opinion.polarity.strip()


def _words(task: tasks.Task, subject: str, polarity: str) -> Values:
    """An opinion in words: its subject, field by field, and its polarity."""
    return {"subject": " · ".join(task.fields(subject)), "polarity": polarity, **_tone(polarity)}


def _tone(polarity: str) -> Values:
    """The page's class and sign of a polarity, which may be an invalid one."""
    return {"tone": polarity if polarity in SIGNS else "unknown", "sign": SIGNS.get(polarity, "?")}


def _opinion(item: Values) -> Opinion:
    return Opinion(item.get("target"), item.get("category"), item["polarity"], item.get("from"), item.get("to"))
