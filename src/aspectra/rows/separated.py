"""CSV and similar formats: separated fields under a header. Called by `aspectra.rows`."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from aspectra.errors import UserError
from aspectra.rows.lines import LIST
from aspectra.rows.records import Records
from aspectra.rows.row import FOUND, LONGEST_FIELD, Form, Keep, Row, aligned, check_names, named
from aspectra.rows.texts import text_file

SEPARATORS = ",;\t|"
NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
OBJECTS = re.compile(rf'{LIST.pattern}|\s*\{{\s*("[^"]*"\s*:|$)')
SPACED = re.compile(r'\s+"')
OTHER = re.compile(r"\s*(?P<mark>['‘’‚“”„«»`])")  # as word processors and programmers quote
TOLD = re.compile(r'"?sep=(?P<mark>[^\r\n]?)"?\s*', re.IGNORECASE)  # a line that Excel writes above a table


def csv_rows(path: Path, keep: Keep, form: Form = FOUND, tabs: bool = False) -> Iterator[Row]:
    """Rows under a header; fields may contain line breaks.

    Without a given delimiter, the header's most frequent one of comma, semicolon, tab and bar is used; with `tabs`, a
    tab. A column without a name gets one (`named`). Quotes in a text are doubled or escaped by a backslash. A broken
    row gives a fault for each of its lines.
    """
    csv.field_size_limit(LONGEST_FIELD)
    given = None if form.delimiter is None else separator(form.delimiter)
    with text_file(path, form.encoding) as stream:
        before = 0  # lines above the header
        told = None
        while head := stream.readline():
            if head.strip() and (told is not None or (told := TOLD.fullmatch(head)) is None):
                break
            before += 1
        if OBJECTS.match(head):
            suffix = ".json" if LIST.match(head) else ".jsonl"
            raise UserError(f"{path} has JSON, not separated fields; name it {suffix}")
        delimiter = given or (told and told["mark"]) or found(head, "\t" if tabs else ",")
        header: list[str] | None = None
        for line, cells, fault, detail in Records(itertools.chain([head], stream), delimiter, before):
            place = f"line {line}"
            if fault and header is None:
                why = f"the header is not CSV ({detail}); if '{delimiter}' does not separate columns, name --delimiter"
                yield Row(place, {}, fault, why)
            elif fault:
                yield Row(place, dict.fromkeys(header or ()), fault, detail)
            elif header is None:
                header = named(cells)
                check_names(path, header, keep(header))
            else:
                yield aligned(place, header, cells, partial(advice, cells, delimiter))


def advice(cells: Sequence[str], delimiter: str) -> str:
    """What to do about a row with too many fields."""
    if any(SPACED.match(cell) for cell in cells[1:]):
        return f"a quote after a space does not hold the text together: remove the space between '{delimiter}' and '\"'"
    if (other := next((found for cell in cells if (found := OTHER.match(cell))), None)) is not None:
        return f"put straight double quotes (\") around text with '{delimiter}'; {other['mark']} does not count as one"
    return f"put quotes around text with '{delimiter}'"


def separator(given: str) -> str:
    """A delimiter from the command line. Raises UserError for an invalid one."""
    mark = NAMED.get(given.lower(), given)
    if len(mark) != 1 or mark in '"\r\n':
        raise UserError(f"--delimiter '{given}': use one character, or one of {', '.join(NAMED)}")
    return mark


def found(head: str, usual: str) -> str:
    """The most frequent delimiter in a header, outside quotes. `usual` if there is none, or if it is an
    occurring tab.
    """
    bare = re.sub(r'"[^"]*"', "", head)
    if usual == "\t" and usual in bare:
        return usual
    best = max(SEPARATORS, key=bare.count)  # ties: the first
    return best if best in bare else usual
