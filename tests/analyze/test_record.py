"""What counts as done: by which topics the figures are, too."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import invented, put, source
from tests.meaning.words import write_words

from aspectra.analyze.analysis import analyze
from aspectra.analyze.source import Source


def job(folder: Path, reader: Source | None = None) -> dict[str, Any]:
    """What `analyze` is called with; a reader that `dies_after=0` fails once it is asked."""
    table = folder / "reviews.csv"
    if not table.exists():
        put(table, invented(60))
    return {"reviews": table, "source": reader or source(), "out": folder / "out.parquet"}


def test_an_output_from_before_there_were_topics_is_counted_anew_without_the_model(tmp_path: Path) -> None:
    manifest = analyze(**job(tmp_path))
    beside = tmp_path / "out.parquet.manifest.json"
    old = json.loads(beside.read_text())
    for name in ("topics", "under", "quality"):
        del old["figures"][name]
    for name in ("meanings", "topics", "stars"):
        del old["config"][name]
    beside.write_text(json.dumps(old))
    again = analyze(**job(tmp_path, source(dies_after=0)))
    assert again["figures"] == manifest["figures"] | {"under": None}, "nobody counted then what was left out"


def test_another_table_of_meanings_counts_anew_without_the_model(tmp_path: Path) -> None:
    first = analyze(**job(tmp_path))
    assert first["figures"]["topics"]["by"] == "words" and first["config"]["meanings"] is None
    knowing = replace(source(dies_after=0), meanings=write_words(tmp_path))
    again = analyze(**job(tmp_path, knowing))
    assert again["figures"]["topics"]["by"] == "meaning" and again["config"]["meanings"]


@pytest.mark.parametrize("append", [False, True])
def test_a_page_that_does_not_show_the_new_figures_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], append: bool
) -> None:
    page = tmp_path / "r.html"
    one = job(tmp_path) | {"append": append}
    told = f"{page} does not show these figures, but those of the run before; make it anew with --report {page}\n"
    analyze(**one, report=page)
    analyze(**one)
    assert "does not show" not in capsys.readouterr().err, "the figures are the same"
    analyze(**one, by=("store",))
    assert capsys.readouterr().err.endswith(told) and "By store" not in page.read_text()
    analyze(**one, by=("store",), report=page)
    assert "does not show" not in capsys.readouterr().err and "By store" in page.read_text()
    page.write_text("mine")
    analyze(**one)
    assert "does not show" not in capsys.readouterr().err, "it is no page of a run any more"
