"""Lines in an open quote: a text of several lines stays a text, and rows that a stray quote swallows come out again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aspectra.errors import UserError
from aspectra.reviews import read_reviews
from aspectra.rows.records import Records

LISTED = "Nice:\nsoup, bread\nwine, beer\nfish, chips"
TIGHT = LISTED.replace(", ", ",")


def read(content: str, delimiter: str = ",") -> tuple[list[list[str]], list[int]]:
    """The fields of the good rows, and the lines of the others."""
    records = list(Records(content.splitlines(keepends=True), delimiter))[1:]
    return [r.cells for r in records if not r.fault], [r.line for r in records if r.fault]


@pytest.mark.parametrize(
    "text", [LISTED, TIGHT, LISTED + "\nsoup, bread" * 40, TIGHT + "\nsoup,bread" * 400, "1, 2\n3, 4"]
)
@pytest.mark.parametrize(
    ("header", "row", "following"),
    [
        ("id,text", '1,"{}"', "2,Bad service"),
        ('"id","text"', '"1","{}"', '"2","Bad service"'),
        ("id,text", 'r1,"{}"', "r2,Bad service"),
        ("text,stars", '"{}",4', "Bad service,4"),
        ("date,text", '2025-01-02,"{}"', "2025-01-03,Bad service"),
        ("id,text", '1,"{}"', ""),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_first_text_of_many_lines_is_a_text(header: str, row: str, following: str, text: str, end: str) -> None:
    content = "".join(f"{line}\n" for line in (header, row.format(text), following) if line)
    good, faults = read(content.replace("\n", end))
    assert not faults and len(good) == 1 + bool(following)
    assert text.replace("\n", end) in good[0]


def test_a_first_text_with_spaces_after_its_commas_needs_no_numbers_around_it() -> None:
    for rows in (f'Lovely,"{LISTED}"\nAwful,Bad service\n', f'"{LISTED}",Lovely\nBad service,Awful\n'):
        good, faults = read(f"title,text\n{rows}")
        assert not faults and LISTED in good[0]


def test_numbered_lines_are_no_rows_where_the_numbers_of_rows_rise() -> None:
    content = 'id,text\n1,"Top:\n1,soup\n2,bread\n3,wine"\n2,Bad service\n3,Fine\n4,Good\n'
    assert [cells[0] for cells in read(content)[0]] == ["1", "2", "3", "4"]
    content = content.replace("\n2,Bad", "\n12,Bad").replace("\n3,Fine", "\n13,Fine").replace("\n4,G", "\n14,G")
    content = content.replace("1,soup", "5,soup").replace("2,bread", "6,bread").replace("3,wine", "7,wine")
    assert read(content)[1] == [2], "between their neighbors they are rows"


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("id,text,stars", ['1,"The pizza was great,5', "2,Bad service,1", '4,Nice room",2', "5,Bad wifi,2"]),
        ("id,text,stars", ['1,"The pizza was great,5', '2,Bad service",1', "3,Fine,2"]),
        ("id,text,stars", ['1,"The pizza was great,5', '2,Bad service,1"', "3,Fine,2"]),
        ("id,text,stars", ['1,"The pizza, hot, was great,5', '2,Bad service",1', "3,Fine,2"]),
        ("id,text", ['1,"The pizza was great', '2,Bad service"', "3,Fine"]),
        ("id,text", ['1,"The pizza was great', '2,Bad service"']),
        ("id,text", ["1,Fine", '2,"The pizza was great', '3,Bad service"', "4,Fine"]),
        ("text,stars", ['"The pizza was great,5', 'Bad service",1', "Fine,2"]),
        ("text,stars", ['"The pizza was great,5', "Bad service,1", "Bad,2", 'Nice room",2', "Fine,2"]),
        ("date,text", ['2025-01-02,"The pizza was great', '2025-01-04,Bad service"', "2025-01-05,Fine"]),
        ("hotel,text,stars", ['Ritz,"The pizza was great,5', 'Grand Hotel,Bad service",1', "Ritz,Fine,2"]),
    ],
)
@pytest.mark.parametrize(("delimiter", "end"), [(",", "\n"), (",", "\r\n"), ("\t", "\n")])
def test_a_stray_quote_at_the_top_swallows_no_row(header: str, rows: list[str], delimiter: str, end: str) -> None:
    if delimiter != "," and any(", " in row for row in rows):
        pytest.skip("the text has commas")
    content = "".join(f"{line}{end}" for line in (header, *rows)).replace(",", delimiter)
    stray = next(n for n, row in enumerate(rows) if '"' in row)
    good, faults = read(content, delimiter)
    assert faults == [stray + 2]
    assert [cells[0] for cells in good] == [row.split(",")[0] for row in rows[:stray] + rows[stray + 1 :]]


def test_a_row_with_swallowed_ones_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,text,stars\n1,"The pizza was great,5\n2,Bad service,1\n4,Nice room",2\n5,Bad wifi,2\n')
    with pytest.raises(UserError, match="line 2: a quote opens here and does not close in the next 2 lines"):
        list(read_reviews(path))
    assert [review.id for review in read_reviews(path, skip_bad_rows=True)] == ["2", "4", "5"]


def test_few_lines_are_read_ahead() -> None:
    def lines() -> Iterator[str]:
        yield from ("id,text\n", '0,"Nice:\n', '1,soup"\n')
        for number in range(1, 10_000):
            taken.append(number)
            yield f"{number},Fine\n"

    taken: list[int] = []
    records = iter(Records(lines(), ","))
    next(records), next(records)
    assert len(taken) < 300
