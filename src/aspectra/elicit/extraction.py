"""Parse an `extraction` answer into opinions, from JSON as LLMs write it. Pure; never raises.

Called by `aspectra.elicit.validation` and `audit`, the corpus step (silver labels), and the scoring of LLMs.
"""

from __future__ import annotations

import re
from typing import Any

from aspectra.elicit.chatter import ANOTHER
from aspectra.elicit.documents import BrokenError, following
from aspectra.elicit.polarity import polarity_of
from aspectra.schema import Opinion, Span

LISTS = ("opinions", "aspects", "targets", "categories", "results", "sentiments")
TARGET = ("target", "term", "aspect", "aspect_term", "opinion_target", "entity")
CATEGORY = ("category", "aspect_category", "aspect")
ASKED = ("atsa", "acsa")  # tasks that have an `extraction` prompt
SUBJECT = (*TARGET, *CATEGORY)
POLARITY = ("polarity", "sentiment", "label")
ANSWER = r"(?:answer|version|json|list|output|result|response|opinions)"
# Words before JSON that take back the JSON before them: "Final answer:", "Wait, that is wrong."
CORRECTED = re.compile(
    rf"\b(?:final|correct(?:ed)?|revised|updated|fixed)(?: \w+)? {ANSWER}\b[^\n.!?]{{0,40}}\W*(?:json)?\W*\Z"
    r"|\b(?:final|corrected|correction|revised|updated)\W*(?:json)?\W*\Z"
    r"|\bthat(?:(?:'|’)s| is| was) (?:wrong|incorrect|not (?:right|correct)|a mistake)\b",
    re.IGNORECASE,
)
BEFORE = 300  # characters before JSON in which it is corrected
WORD = re.compile(r"\w")


def read_json(text: str, cut: bool = False) -> list[dict[str, Any]] | None:
    """The objects of the opinions, wherever they are in the text; None if they cannot be read to the last one.

    Accepts code fences, surrounding prose, a list in any field, a bare list, and single objects. Several documents
    count together. If the words before one correct what came before, only that one and later ones count. Documents
    about another review, which the LLM goes on with, do not count. `cut`: the answer reached the token limit, so that
    single objects may lack the last one.
    """
    found: list[dict[str, Any]] | None = None
    place = end = 0
    single = False
    try:
        while (document := following(text, place)) is not None:
            place = document.end
            if (items := _items(document.value)) is None:
                continue
            if found is None and (run_on := ANOTHER.search(text, place)) is not None:
                text, cut = text[: run_on.start()], False
            if found is None or CORRECTED.search(text[max(end, document.start - BEFORE) : document.start]):
                found = []
            found += items
            end, single = place, _is_opinion(document.value)
    except BrokenError:
        return None
    return None if cut and single and not WORD.search(text, end) else found


def _items(value: Any) -> list[dict[str, Any]] | None:
    """The opinions in a value; None if it is about something else. Raises BrokenError if only a part is opinions."""
    if isinstance(value, list):
        parts = [_items(item) for item in value]
        if value and all(part is None for part in parts):
            return None
        if any(part is None for part in parts):
            raise BrokenError
    elif isinstance(value, dict):
        listed = [_items(value[name]) for name in LISTS if name in value]
        if _is_opinion(value):
            parts = [_each(value), *listed]
        elif LISTS[0] in value:
            parts = listed[:1]  # the field that the prompt asks for
            if parts == [None]:
                raise BrokenError
        else:
            parts = next(([part] for part in listed if part), [_items(inner) for inner in value.values()])
            if all(part is None for part in parts):
                return None
    else:
        return None
    return [item for part in parts if part is not None for item in part]


def _is_opinion(value: Any) -> bool:
    return isinstance(value, dict) and not value.keys().isdisjoint(POLARITY) and not value.keys().isdisjoint(SUBJECT)


def _each(item: dict[str, Any]) -> list[dict[str, Any]]:
    """The opinions of an object: one for each target, if it lists several."""
    subjects = [item[name] for name in SUBJECT if item.get(name) is not None]
    lists = [value for value in [*subjects, *(item.get(name) for name in POLARITY)] if isinstance(value, list)]
    if any(isinstance(each, dict | list) for value in lists for each in value):
        raise BrokenError
    if not lists:
        if subjects and not any(isinstance(subject, str) for subject in subjects):
            raise BrokenError
        return [item]
    number = next((len(value) for value in lists if len(value) != 1), 1)
    if any(len(value) not in (1, number) for value in lists):
        raise BrokenError
    return [
        opinion
        for place in range(number)
        for opinion in _each({name: _at(value, place, number) for name, value in item.items()})
    ]


def _at(value: Any, place: int, number: int) -> Any:
    """A field's value for one of several opinions: its own if the field lists as many, else the common one."""
    if isinstance(value, list) and len(value) in (1, number):
        return value[place] if len(value) == number else value[0]
    return value


def extraction(text: str, review: str, task: str | None = None) -> list[Opinion]:
    """The distinct opinions of an answer, in its order; none if there is no JSON.

    An unknown polarity becomes the empty string. Without a `task`, an object with a target is read for ATSA, any other
    for ACSA. For ATSA, a target that occurs in the review takes the review's case and its span there. A target that
    does not occur is kept without a span. Objects without a target are dropped. An object may give the span itself
    (`from` and `to`, characters of the review, end exclusive): then a target judged at two places gives two opinions.
    """
    return list(pointed(text, review, task))


def pointed(text: str, review: str, task: str | None = None) -> dict[Opinion, bool | None]:
    """The same opinions, each with whether the answer's own span is right. True: right. False: wrong, replaced by the
    nearest place where the target occurs. None: not given.
    """
    found: dict[Opinion, bool | None] = {}
    for item in read_json(text) or ():
        polarity = polarity_of(_first(item, POLARITY)) or ""
        right: bool | None = None
        if task == "acsa" or (task is None and not _first(item, TARGET)):
            category = _first(item, CATEGORY)
            opinion = Opinion(None, category, polarity)
            if not category:
                continue
        else:
            target = _first(item, TARGET)
            span, right = _place(target, review, _offset(item.get("from")), _offset(item.get("to")))
            if not target or (span is None and target.lower() in ("null", "none", "n/a")):
                continue
            start, end = span or (None, None)
            opinion = Opinion(target if span is None else review[start:end], None, polarity, start, end)
        found[opinion] = found.get(opinion) or right
    return found


def _place(target: str, review: str, first: int | None, last: int | None) -> tuple[Span | None, bool | None]:
    """The span of a target, and whether it is where the offsets say. The words decide, not the offsets."""
    said = review[first:last] if first is not None and last is not None and first < last <= len(review) else ""
    if first is not None and _alike(said) == _alike(target):
        first += len(said) - len(said.lstrip())
        return (first, first + len(said.strip())), True
    start = find(target, review, first)
    return None if start is None else (start, start + len(target)), None if first is None else False


def _alike(text: str) -> str:
    """A text normalized for comparison: case-folded, white space collapsed."""
    return " ".join(text.split()).casefold()


def _offset(value: Any) -> int | None:
    # Python does not convert numbers of some thousand digits; no review is that long.
    if isinstance(value, str) and len(value) < 20 and value.strip().isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _first(item: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = item.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def find(target: str, review: str, near: int | None = None) -> int | None:
    """Offset of the target: as a whole word if possible, else anywhere; with its case, else without.

    Of several places the first. With `near`, the one nearest to that offset, ignoring case.
    """
    if not target:
        return None
    for flags in (0, re.IGNORECASE) if near is None else (re.IGNORECASE,):
        for pattern in (rf"(?<!\w){re.escape(target)}(?!\w)", re.escape(target)):
            places = (found for found in re.finditer(pattern, review, flags) if len(found[0]) == len(target))
            starts = (found.start() for found in places)
            start = next(starts, None) if near is None else min(starts, key=lambda at: abs(at - near), default=None)
            if start is not None:
                return start
    return None
