"""A quote too many costs one row and is told of; a text of many lines stays a text."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from aspectra.rows import read_rows
from aspectra.rows.records import Records

SAID = ("The waiter was rude.", "Nice soup, good bread.", "Bed", "We came late; they smiled.")


def cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text


def table(count: int, seed: int = 1) -> list[str]:
    draw = random.Random(seed)
    rows = [f"{number},{cell(draw.choice(SAID))},{draw.randint(1, 5)}\n" for number in range(1, count + 1)]
    return ["id,text,stars\n", *rows]


def read(lines: Iterable[str]) -> tuple[list[str], list[tuple[int, str]]]:
    """The ids of the rows, and (line, fault) of what is none."""
    records = list(Records(lines, ","))[1:]
    return [r.cells[0] for r in records if not r.fault], [(r.line, r.fault) for r in records if r.fault]


@pytest.mark.parametrize("at", [1, 2, 50, 99, 100])
@pytest.mark.parametrize("second", [None, 1, 2, 30])
def test_a_stray_quote_costs_its_own_row_alone(at: int, second: int | None) -> None:
    lines = table(100)
    lines[at] = f'{at},"Best soup ever,5\n'
    if second is not None and at + second < len(lines):
        lines[at + second] = f'{at + second},Worst" soup ever,1\n'
    ids, faults = read(lines)
    assert faults == [(at + 1, "torn row")]
    assert ids == [str(n) for n in range(1, 101) if n != at]


def test_a_quote_that_another_stray_quote_closes_is_told_of(tmp_path: Path) -> None:
    lines = table(100)
    lines[20], lines[60] = '20,"Best soup ever,5\n', '60,Worst soup ever",1\n'
    path = tmp_path / "a.csv"
    path.write_text("".join(lines))
    faults = [row for row in read_rows(path, list) if row.fault]
    assert [(row.place, row.fault) for row in faults] == [("line 21", "torn row")]
    assert "does not close in the next" in faults[0].detail and "look like rows" in faults[0].detail


def test_many_stray_quotes_do_not_read_the_file_anew_for_each() -> None:
    lines = table(4000)
    for at in range(1, 4000, 2):
        lines[at] = f'{at},"Best soup ever,5\n'
    ids, faults = read(lines)
    assert len(ids) == 2000 and len(faults) == 2000


@pytest.mark.parametrize(
    "text",
    [
        "Good soup.\nGood bread, too.\nNever, ever, again.\n",
        "Pros:\n1, the soup\n2, the bread\n3, the wine\n4, the view",
        'He said "no, never",\nthen "yes, maybe",\nthen left.',
        "\n\n\n",
        "one\ntwo\nthree\n" * 40,
        "a, b, c\n" * 60,
    ],
)
@pytest.mark.parametrize("header", ["id,text\n", "id,text,stars\n", "title,text\n"])
def test_a_text_of_many_lines_stays_a_text(text: str, header: str) -> None:
    first = "Lovely" if header.startswith("title") else "7"
    end = ",5\n" if "stars" in header else "\n"
    plain = [f"{first},The waiter was rude{end}"] * 3
    lines = [header, *plain, *f"{first},{cell(text)}{end}".splitlines(keepends=True), *plain]
    records = list(Records(lines, ","))
    assert [r.fault for r in records] == [""] * 8
    assert records[4].cells[1] == text


def test_a_torn_text_is_counted_by_its_lines_and_reading_goes_on_at_the_next_row() -> None:
    torn = '4,"They said "wow" and\nthat was, all in all,\nall there was to it",5\n'.splitlines(keepends=True)
    ids, faults = read([*table(3), *torn, '5,"Good\n', 'soup",3\n', "6,Bad soup,1\n"])
    assert ids == ["1", "2", "3", "5", "6"]
    assert faults == [(5, "torn row"), (6, "line of a torn row"), (7, "line of a torn row")]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        (r'1,"She said \"wow\", and left.",5', ["1", 'She said "wow", and left.', "5"]),
        (r'1,"\"Wow\" she said",5', ["1", '"Wow" she said', "5"]),
        (r'1,"a 5\" disc, a 6\" disc",5', ["1", 'a 5" disc, a 6" disc', "5"]),
        (r'1,"size 5\", nice",5', ["1", 'size 5", nice', "5"]),
        (r'1,"C:\",5', ["1", "C:\\", "5"]),
        (r'1,"C:\temp ""x""",5', ["1", r'C:\temp "x"', "5"]),
        (r'1,"\"",5', ["1", '"', "5"]),
    ],
)
def test_quotes_are_written_twice_or_with_a_backslash(line: str, cells: list[str]) -> None:
    records = list(Records(["id,text,stars\n", f"{line}\n", "2,Fine,1\n"], ","))
    assert [r.cells for r in records[1:]] == [cells, ["2", "Fine", "1"]]
