"""The benchmark's JSON: reads sentences with their opinions, repairs wrong offsets, and writes them.

Called by `aspectra.data` and by the corpus step (silver labels). Others read a set's sentences with `data.datasets`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.files import write_json
from aspectra.rows import text_file
from aspectra.schema import POLARITIES, Example, Opinion, Span
from aspectra.tasks.anchor import cuts_word, occurrences


@dataclass(frozen=True, slots=True)
class Stats:
    """Repairs made while reading.

    `mended`: targets with wrong or missing offsets that were found by search. `unplaced`: targets that are not in their
    sentence, or fewer times than annotated.
    """

    mended: int = 0
    unplaced: int = 0

    def __add__(self, other: Stats) -> Stats:
        return Stats(self.mended + other.mended, self.unplaced + other.unplaced)


def load(path: Path | str) -> list[Example]:
    """The sentences of a benchmark JSON file; see `read`."""
    return read(path)[0]


def read(path: Path | str) -> tuple[list[Example], Stats]:
    """The sentences of a benchmark JSON file, and the repairs.

    A target is stripped (one of laptop14's ends in a no-break space). If its offsets do not match it, they are replaced
    by the nearest occurrence that no other annotation has. Different annotated places stay different: a target without
    a free occurrence gets no offsets, and keeps the annotated ones as `annotated`. Any non-empty `opinion_words` makes
    an opinion explicit.

    Raises UserError for a file that is missing, not UTF-8, or not a list of sentences with aspects.
    """
    path = Path(path)
    value = _json(path)
    if not isinstance(value, list) or not value:
        what = "is empty" if value == [] else f"holds {_kind(value)}"
        raise UserError(f"{path} {what}; a benchmark file is a list of sentences with 'sentence' and 'aspects'")
    examples: list[Example] = []
    stats = Stats()
    for number, entry in enumerate(value, 1):
        try:
            example, mending = _example(entry, number)
        except _SentenceError as error:
            raise UserError(f"{path}, sentence {number}: {error}") from None
        examples.append(example)
        stats += mending
    return examples, stats


def save(path: Path, examples: Iterable[Example]) -> None:
    """Write sentences as a benchmark JSON file. The offsets of opinion words are not kept."""
    rows = [
        {
            "ID": example.id,
            "sentence": example.text,
            "aspects": [
                {
                    "from": (place := o.annotated or (o.start, o.end))[0],
                    "to": place[1],
                    "target": o.target,
                    "category": o.category,
                    "polarity": o.polarity,
                    "opinion_words": [{"opinion": word} for word in o.words],
                }
                for o in example.opinions
            ],
        }
        for example in examples
    ]
    write_json(path, rows)


class _SentenceError(Exception):
    """What is wrong with one sentence."""


def _json(path: Path) -> Any:
    with text_file(path, fixed=True) as stream:
        text = stream.read()
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if text.startswith("{") and "Extra data" in str(error):
            raise UserError(f"{path} is JSONL; a file of sentences is one JSON list, as in docs/data.md") from None
        raise UserError(f"{path} is not JSON ({error})" if text.strip() else f"{path} is empty") from None


def _example(entry: Any, number: int) -> tuple[Example, Stats]:
    if not isinstance(entry, dict) or not isinstance(entry.get("sentence"), str):
        raise _SentenceError(
            "it is not an object with a 'sentence'" + ("" if isinstance(entry, dict) else f" but {_kind(entry)}")
        )
    if "aspects" not in entry:
        raise _SentenceError("it has no 'aspects' (write an empty list if there are none)")
    aspects = [] if entry["aspects"] is None else entry["aspects"]
    if not isinstance(aspects, list) or not all(isinstance(aspect, dict) for aspect in aspects):
        raise _SentenceError("its 'aspects' are not a list of objects")
    text = entry["sentence"]
    annotated = [_opinion(aspect) for aspect in aspects]
    marks = [(o.target, _offset(a.get("from")), _offset(a.get("to"))) for o, a in zip(annotated, aspects, strict=True)]
    places = _places([mark for mark in marks if mark[0] is not None], text)
    opinions = []
    mended = unplaced = 0
    for opinion, mark in zip(annotated, marks, strict=True):
        if mark[0] is not None:
            place, right = places[mark]
            mended += place is not None and not right
            unplaced += place is None
            begin, end = place or (None, None)
            there = mark[1:] if place is None and mark[1] is not None else None
            opinion = replace(opinion, start=begin, end=end, annotated=there)
        opinions.append(opinion)
    name = entry.get("ID")
    example = Example(str(number if name is None else name), text, tuple(opinions))
    try:
        "".join(
            (example.id, text, *(w for o in opinions for w in (o.target or "", o.category or "", *o.words)))
        ).encode()
    except UnicodeEncodeError:
        raise _SentenceError("it has half a character (a lone surrogate)") from None
    return example, Stats(mended, unplaced)


def _opinion(aspect: dict[str, Any]) -> Opinion:
    target, category, polarity = aspect.get("target"), aspect.get("category"), aspect.get("polarity")
    if polarity not in POLARITIES:
        raise _SentenceError(f"polarity {polarity!r} is not one of {', '.join(POLARITIES)}")
    if not isinstance(target, str | None) or not isinstance(category, str | None):
        raise _SentenceError(f"'target' and 'category' must be text or null, not {target!r}, {category!r}")
    term = None if target is None or target == "NULL" else target.strip() or None
    return Opinion(term, (category or "").strip() or None, polarity, words=_words(aspect.get("opinion_words")))


def _words(value: Any) -> tuple[str, ...]:
    """Opinion words as text. Only a missing or empty value means implicit, as in the authors' scorer."""
    if not value:
        return ()
    items = value if isinstance(value, list) else [value]
    return tuple(str(item.get("opinion", "")) if isinstance(item, dict) else str(item) for item in items)


def _offset(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


Mark = tuple[str | None, int | None, int | None]


def _places(marks: list[Mark], text: str) -> dict[Mark, tuple[Span | None, bool]]:
    """The span of each annotated (term, from, to), and whether its own offsets were right."""
    places: dict[Mark, tuple[Span | None, bool]] = {}
    claimed: set[Span] = set()
    wrong: list[Mark] = []
    for mark in dict.fromkeys(marks):
        term, start, end = mark
        said = text[start:end] if start is not None and end is not None and 0 <= start < end else ""
        if start is not None and said.strip() == term:
            begin = start + len(said) - len(said.lstrip())
            places[mark] = (begin, begin + len(said.strip())), True
            claimed.add((begin, begin + len(said.strip())))
        else:
            wrong.append(mark)
    for mark in wrong:
        term, start, _ = mark
        free = [span for span in occurrences(term or "", text) if span not in claimed]
        near = min(free, key=lambda span: (abs(span[0] - (start or 0)), cuts_word(span, text)), default=None)
        if start is not None:
            # Programs that count UTF-16 units count an emoji as two.
            near = next((span for span in free if len(text[: span[0]].encode("utf-16-le")) == 2 * start), near)
        if start is None:
            near = min(free, key=lambda span: (cuts_word(span, text), span), default=None)
        places[mark] = near, False
        if near is not None:
            claimed.add(near)
    return places


def _kind(value: Any) -> str:
    kinds = {dict: "an object", str: "a text", list: "a list", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
