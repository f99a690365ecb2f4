"""Tables on stdout: no word is broken, whatever the width of the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.cli import output

COLUMNS = ("system", "set", "shots", "seeds", "F1", "sd", "95 % interval", "s / 1000")
ROWS = [
    ["dictionary", "atsa/laptop14", 16, 2, 50.55, None, "32.5 to 68.8", "1234.5"],
    ["tiny", "acsa/rest16", 0, None, 0.0, 0.5, "0.0 to 0.0", None],
]


def printed(width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, title: str = "") -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    output.table(COLUMNS, ROWS, title or None)
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [200, 80, 70, 60, 40, 20])
def test_no_word_is_broken(width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = printed(width, capsys, monkeypatch, "strict F1")
    assert "strict F1" in out
    words = [word for row in [COLUMNS, *ROWS] for value in row for word in output.cell(value).split()]
    assert set(words) <= set(out.split())
    if width >= 60:
        assert max(map(len, out.splitlines())) <= width


def test_at_80_columns_each_row_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = printed(80, capsys, monkeypatch).splitlines()
    assert [line.split() for line in lines if "atsa" in line] == [
        ["dictionary", "atsa/laptop14", "16", "2", "50.5500", "-", "32.5", "to", "68.8", "1234.5"]
    ]
    assert lines[-1] == "", "what follows stands apart"


def test_numbers_stand_to_the_right(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    output.table(("what", "count"), [["a", 5], ["b", 12345]])
    _, _, one, other, _ = capsys.readouterr().out.splitlines()
    assert one.index("5") == other.index("5")


def test_where_even_the_words_have_no_room_rows_stand_one_below_the_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "/a/path/of/more/than/thirty/letters"
    monkeypatch.setenv("COLUMNS", "30")
    output.table(("task", "folder"), [["atsa", path], ["acsa", path]], "sets")
    out = capsys.readouterr().out
    assert out == f"sets\ntask    atsa\nfolder  {path}\n\ntask    acsa\nfolder  {path}\n\n"


def test_a_long_text_folds_under_its_column_and_a_long_title_not_at_all(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    output.table(("name", "folder", "about"), [["a-name-of-its-own", "a-folder-of-its-own", "what is said of it"]])
    assert capsys.readouterr().out == (
        "name    a-name-of-its-own\nfolder  a-folder-of-its-own\nabout   what is said of\n        it\n\n"
    )
    output.table(("a", "b"), [["c", "d"]], "/a/path/that/is/longer/than/24")
    assert capsys.readouterr().out.splitlines()[0] == "/a/path/that/is/longer/than/24"


def test_a_table_without_rows_and_one_with_markup_in_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    output.table(("[a]", "b"), [["[red]x", "y"]])
    assert "[red]x" in capsys.readouterr().out
    output.table(("a", "b"), [])
    assert "a" in capsys.readouterr().out


@given(
    st.lists(st.lists(st.text("ab 界", max_size=9), min_size=3, max_size=3), min_size=1, max_size=4),
    st.integers(5, 60),
)
def test_widths_fit_and_hold_the_longest_word(texts: list[list[str]], room: int) -> None:
    heads = ("one", "a b c", "three of them")
    found = output.widths(heads, texts, room)
    longest = [
        max(sum(2 if c == "界" else 1 for c in word) for line in (heads, *texts) for word in [*line[i].split(), ""])
        for i in range(3)
    ]
    assert (found is None) == (sum(longest) + 4 > room)
    if found is not None:
        assert sum(found) + 4 <= room
        assert all(width >= least for width, least in zip(found, longest, strict=True))
