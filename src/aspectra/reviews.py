"""Streams reviews from tables of any format: finds the columns and the bad rows.

Called by `aspectra.elicit.selection`. `aspectra.analyze` reads whole tables by the same rules for columns and rows.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from aspectra.errors import UserError, no_column
from aspectra.markup import told
from aspectra.progress import counted, say
from aspectra.rows import FOUND, Form, nothing
from aspectra.rows.formulas import review_rows
from aspectra.schema import Review

TEXT = ("text", "review", "sentence", "content", "body", "comment", "review_text", "review_body")
ID = ("id", "review_id")
DOMAIN = ("domain",)
RATING = ("rating", "stars", "overall", "score", "star_rating")

BETWEEN = re.compile(r"[\s_-]+")
SKIP = "correct it, or skip such rows with --skip-bad-rows"


@dataclass(frozen=True, slots=True)
class Layout:
    """What the user says of a file of reviews: the columns of texts and ids (None: found by name), and its format."""

    text_column: str | None = None
    id_column: str | None = None
    form: Form = FOUND


class Columns(NamedTuple):
    """The columns by meaning."""

    text: str
    id: str | None
    domain: str | None
    rating: str | None


Seen = Callable[[str, str], bool | None]
"""Whether a row of this id came earlier in the file: None if not, else whether its text was the same."""
NO_COLUMNS = Columns("text", None, None, None)


FOUND_LAYOUT = Layout()


def read_reviews(
    path: Path | str,
    layout: Layout = FOUND_LAYOUT,
    skip_bad_rows: bool = False,
    limit: int | None = None,
    seen: Seen | None = None,
    tell: bool = True,
) -> Iterator[Review]:
    """Stream the reviews of a table (`aspectra.rows`).

    The text column is that of the `layout` or the first of `TEXT` that exists, ignoring case, and with spaces for `_`;
    id, `domain` and `rating` are found in the same way. A row without an id gets `row-N`, N counting rows from 1. If an
    id had another text before, as with ids of products, `:row-N` is appended. HTML in a text is interpreted
    (`aspectra.markup`). The first review is read before this returns, so that an unreadable file is detected before
    anything is written.

    A row that repeats an earlier id and text is skipped and counted. A bad row (broken line, no text, more fields than
    columns) is an error that names its line. With `skip_bad_rows` it is skipped, and with `tell` the counts by reason
    are reported on stderr at the end. `seen` is called with every row's id and text; without it, hashes of all of them
    are kept in memory.

    Raises UserError: no such file, not in its encoding, no such column, no rows, a bad row.
    """
    reviews = _reviews(Path(path), layout, skip_bad_rows, limit, seen or _in_memory(), tell)
    first = next(reviews, None)
    return iter(()) if first is None else itertools.chain([first], reviews)


def _reviews(path: Path, layout: Layout, skip: bool, limit: int | None, seen: Seen, tell: bool) -> Iterator[Review]:
    bad: Counter[str] = Counter()
    layouts: dict[tuple[str, ...], Columns] = {}
    chosen: str | None = None
    good = number = 0
    strange, shared = First(), First()

    def keep(names: Sequence[str]) -> Iterator[str]:
        return (name for name in _columns(path, names, layout, which_text(path, names, layout.text_column)) if name)

    for row in review_rows(path, keep, layout.form):
        number += 1
        fault, detail = row.fault, row.detail
        names = tuple(row.values)
        if names and names not in layouts:
            chosen = chosen or which_text(path, names, layout.text_column)
            layouts[names] = _columns(path, names, layout, chosen)
        columns = layouts.get(names, NO_COLUMNS)
        if not fault:
            fault, detail = fault_of(row.values.get(columns.text), columns.text)
        if fault:
            if not skip:
                raise UserError(f"{path}, {row.place}: {detail}; {SKIP}")
            bad[fault] += 1
            continue
        name, text = name_of(row.values, columns.id, number), told(row.values[columns.text])
        if (before := seen(name, text)) is False:
            shared.add(name)
        while before is False:
            name += f":row-{number}"
            before = seen(name, text)
        if before:
            # The same review again, as in a file with one row for each question.
            bad["repeated row"] += 1
            continue
        good += 1
        rated = row.values.get(columns.rating) if columns.rating else None
        rating = _number(rated)
        if rating is None and _string(rated) is not None:
            strange.add(rated)
        yield Review(
            id=name,
            text=text,
            domain=_string(row.values.get(columns.domain)) if columns.domain else None,
            rating=rating,
        )
        if good == limit:
            break
    close_reading(path, good, bad, tell)
    if strange.count and tell:
        say(
            f"{path}: {counted(strange.count, 'rating')} left out because they are not numbers: first {strange.value!r}"
        )
    if shared.count and tell:
        say(
            f"{path}: {counted(shared.count, 'review')} with the id of another review, first '{shared.value}': "
            "':row-N' is added to their ids; if there is a better column, name it with --id-column"
        )


@dataclass(slots=True)
class First:
    """Counts values and keeps only the first: there may be a million."""

    count: int = 0
    value: Any = None

    def add(self, value: Any) -> None:
        self.value = self.value if self.count else value
        self.count += 1


def close_reading(path: Path, good: int, bad: Counter[str], tell: bool = True) -> None:
    """Report the skipped rows by reason after reading a file of reviews, if `tell`.

    Raises UserError if no review was left.
    """
    passed = ", ".join(f"{count} {reason}" for reason, count in bad.most_common())
    if not good:
        why = f"only bad rows: {passed}" if passed else nothing(path)
        raise UserError(f"{path} has no reviews ({why})")
    if passed and tell:
        say(f"{path}: {counted(bad.total(), 'row')} skipped: {passed}")


def _in_memory() -> Seen:
    marks: set[int] = set()

    def seen(name: str, text: str) -> bool | None:
        one, same = mark(name), mark(f"{name}\0{text}")
        before = None if one not in marks else same in marks
        marks.update((one, same))
        return before

    return seen


def mark(text: str) -> int:
    """Eight bytes of a hash: enough to tell a million texts apart."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def which_text(path: Path, names: Sequence[str], given: str | None) -> str:
    """The text column: the `given` one, else the first of `TEXT`. Raises UserError if there is none."""
    return column_of(path, names, "--text-column", given or None, TEXT)


def which_id(path: Path, names: Sequence[str], given: str | None) -> str | None:
    """The id column: the `given` one, else the first of `ID`, else None. Raises UserError if the given one is not
    there.
    """
    return column_of(path, names, "--id-column", given) if given else find(names, ID)


def column_of(
    where: Path | str, names: Sequence[str], option: str, given: str | None, usual: Sequence[str] = ()
) -> str:
    """The column that the `option` names, else the first of the `usual` ones, by the rules of `find`.

    Raises UserError if there is none.
    """
    found = find(names, usual if given is None else (given,))
    if found is None:
        raise no_column(where, names, option, given)
    return found


def _columns(path: Path, names: Sequence[str], layout: Layout, text: str) -> Columns:
    return Columns(text, which_id(path, names, layout.id_column), find(names, DOMAIN), find(names, RATING))


def find(names: Sequence[str], wanted: Iterable[str]) -> str | None:
    """The first wanted column that exists, also in other case, with surrounding space, or with spaces or nothing for
    `_`; None if there is none.
    """
    exact = set(names)
    folded = {_folded(name): name for name in reversed(names)}
    for want in wanted:
        if want in exact:
            return want
        if _folded(want) in folded:
            return folded[_folded(want)]
    return None


def _folded(name: str) -> str:
    return BETWEEN.sub("", name).casefold()


def fault_of(value: Any, column: str) -> tuple[str, str]:
    """What is wrong with a text, short and long; two empty strings if nothing is."""
    if value is None or (isinstance(value, str) and not told(value).strip()):
        return "empty text", f"no text in column '{column}'"
    if not isinstance(value, str):
        return "no text", f"column '{column}' has {type(value).__name__}, not text"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "broken text", f"the text in column '{column}' has half a character (a lone surrogate)"
    return "", ""


def name_of(values: dict[str, Any], column: str | None, number: int) -> str:
    """A row's id; `row-N` if it has none."""
    return (_string(values.get(column)) if column else None) or f"row-{number}"


def _string(value: Any) -> str | None:
    # Data frames write a missing value as NaN, and Python's JSON writers keep it.
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return None if missing else str(value).strip() or None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
