"""Tables of labels, in any format of `aspectra.rows`: one opinion in each row. Called by `imports.build`.

Columns: text and polarity, target or category or both, and optionally id, from, to and opinion words. They are found by
the names in `NAMES`, ignoring case, or by given names. Other columns are ignored.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aspectra.data.imports.labels import BadRowsError, Found
from aspectra.data.imports.terms import placed, standing
from aspectra.errors import UserError, no_column
from aspectra.files import replacing
from aspectra.reviews import TEXT, column_of, find
from aspectra.rows import FOUND, Form, Row, read_rows
from aspectra.schema import Example, Opinion
from aspectra.tables import write_jsonl

COLUMNS = ("id", "text", "target", "category", "polarity", "from", "to", "opinion_words")
NAMES = {
    "id": ("id",),
    "text": TEXT,
    "target": ("target", "aspect_term", "term", "aspect"),
    "category": ("category", "aspect_category"),
    "polarity": ("polarity", "sentiment", "label"),
    "from": ("from", "start"),
    "to": ("to", "end"),
    "opinion_words": ("opinion_words",),
}


@dataclass(slots=True)
class _Sentence:
    place: str
    text: str
    opinions: list[Opinion] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def read(path: Path, given: Mapping[str, str] | None = None, form: Form = FOUND) -> list[Found]:
    """The sentences of a table, in the order of their first rows. `given` names columns, by the keys of `NAMES`.

    Rows with the same id, or without ids with the same text, are one sentence. A row without target, category and
    polarity marks a sentence without opinions; a line of JSON may lack these columns. A target that differs from the
    text in case, spaces or characters that look alike is taken from the text (`terms.placed`). `opinion_words` is a
    text, or a list of texts (JSON in CSV). Blank cells and the target "NULL" mean none. A sentence without id gets its
    number as id.

    Raises UserError: no such file or columns, no rows; BadRowsError that names the rows: broken row, no text, no
    polarity, a target that is not in the text, an offset that is not a number, an id with two texts.
    """
    given = given or {}
    sentences: dict[tuple[str, str], _Sentence] = {}
    bad: list[tuple[str, str]] = []
    had: set[str] = set()  # of the columns, by our names
    first: Row | None = None

    def keep(names: Sequence[str]) -> list[str]:
        for ours, name in given.items():
            column_of(path, names, option(ours), name)
        return [name for name in _columns(names, given).values() if name]

    for row in read_rows(path, keep, form):
        columns = _columns(list(row.values), given)
        try:
            if row.fault:
                raise _RowError(row.detail)
            first = first or row
            has = {ours for ours, name in columns.items() if name}
            had |= has
            if "text" not in has:
                raise _lacking(path, row, _lost(has), given)
            values = {name: row.values[column] for name, column in columns.items() if column}
            text, name = _text(values), _cell(values, "id")
            key = ("text", text) if name is None else ("id", name)
            sentence = sentences.setdefault(key, _Sentence(row.place, text))
            if sentence.text != text:
                raise _RowError(f"the id '{name}' has another text in {sentence.place}")
            if (opinion := _opinion(values, text)) is not None:
                sentence.opinions.append(opinion)
                sentence.lines.append(int(row.place.split()[1]))
        except _RowError as error:
            bad.append((row.place, str(error)))
            if error.polarity is not None:
                sentence.opinions.append(Opinion(None, None, error.polarity))
                sentence.lines.append(int(row.place.split()[1]))
    found = [
        Found(
            Example(key if kind == "id" else str(number), s.text, placed(s.opinions, s.text)),
            tuple(s.lines),
            s.place.split()[0],
        )
        for number, ((kind, key), s) in enumerate(sentences.items(), 1)
    ]
    # A line of JSON may lack what others have. What all of them lack has another name.
    if first is not None and (lost := _lost(had) or [ours for ours in given if ours not in had]):
        raise _lacking(path, first, lost, given)
    if bad:
        raise BadRowsError(path, bad, found)
    if not sentences:
        raise UserError(f"{path} has no rows")
    return found


class _RowError(Exception):
    """What is wrong with a row, and its polarity if it could be read, so that unknown labels are reported too."""

    def __init__(self, why: str, polarity: str | None = None) -> None:
        super().__init__(why)
        self.polarity = polarity


def _columns(names: Sequence[str], given: Mapping[str, str]) -> dict[str, str | None]:
    """The column for each of our names, None if there is none."""
    return {ours: find(names, (given[ours],) if ours in given else usual) for ours, usual in NAMES.items()}


def option(ours: str) -> str:
    """The option that names a column."""
    return f"--{ours.replace('_', '-')}-column"


def _lost(had: Collection[str]) -> list[str]:
    """The required columns that are missing, by our names."""
    lost = [name for name in ("text", "polarity") if name not in had]
    return lost or ([] if "target" in had or "category" in had else ["target or category"])


def _lacking(path: Path, row: Row, lost: Sequence[str], given: Mapping[str, str]) -> UserError:
    """The error for a row without columns."""
    first = lost[0].split()[0]
    what = None if first in given else " and no ".join(lost)
    return no_column(f"{path}, {row.place}", row.values, option(first), given.get(first), what)


def _text(values: dict[str, Any]) -> str:
    text = values["text"]
    if not isinstance(text, str) or not text.strip():
        raise _RowError("no text")
    return _whole(text)


def _whole(text: str) -> str:
    """The text itself. JSON can contain a lone surrogate, which no file can store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _RowError(f"there is half a character (a lone surrogate) in {text!a}") from None
    return text


def _cell(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    return None if value is None else _whole(str(value)).strip() or None


def _opinion(values: dict[str, Any], text: str) -> Opinion | None:
    target, category, polarity = (_cell(values, name) for name in ("target", "category", "polarity"))
    target = None if target == "NULL" else target
    if polarity is None:
        if target or category:
            raise _RowError("no polarity")
        return None
    words = _words(values.get("opinion_words"))
    if target is None:
        return Opinion(None, category, polarity, words=words)
    if standing(target, text) is None:
        raise _RowError(f"the target '{target}' is not in the text", polarity)
    return Opinion(target, category, polarity, _offset(values, "from"), _offset(values, "to"), words)


def _offset(values: dict[str, Any], name: str) -> int | None:
    value = _cell(values, name)
    try:
        # Many programs write integer columns with gaps as floats.
        return None if value is None else int(value.removesuffix(".0"))
    except ValueError:
        raise _RowError(f"the offset {name} is '{value}', which is not a number") from None


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = _listed(value) or value
    items = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(item, str) for item in items):
        raise _RowError("opinion_words must be a text or a list of texts")
    return tuple(_whole(item) for item in items if item.strip())


def _listed(text: str) -> list[Any] | None:
    """The list in a JSON text; None for any other text, since opinion words may begin with a bracket."""
    try:
        value = json.loads(text) if text.lstrip().startswith("[") else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


def write(path: Path, examples: Iterable[Example]) -> None:
    """Write a .csv or .jsonl file, by the suffix: a row for each opinion, and one with blanks for a sentence without
    any.

    The format has no blank text, target, category, id or opinion word, no surrounding space except in text and opinion
    words, no target that is missing in its text or "NULL", and no two sentences with the same id.
    """
    if path.suffix == ".jsonl":
        write_jsonl(path, _rows(examples))
        return
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        # Everything is quoted: for some readers, a lone carriage return in an unquoted field ends the row.
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in _rows(examples):
            words: Sequence[str] = row["opinion_words"] or ()
            plain = len(words) == 1 and not words[0].lstrip().startswith("[")
            row["opinion_words"] = words[0] if plain else json.dumps(words, ensure_ascii=False) if words else None
            writer.writerow(["" if row[name] is None else row[name] for name in COLUMNS])


def _rows(examples: Iterable[Example]) -> Iterator[dict[str, Any]]:
    for example in examples:
        for o in example.opinions or (None,):
            values: Sequence[Any] = (None,) * 6
            if o is not None:
                values = (o.target, o.category, o.polarity, o.start, o.end, list(o.words) or None)
            yield dict(zip(COLUMNS, (example.id, example.text, *values), strict=True))
