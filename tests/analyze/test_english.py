"""Reviews that a reader of English would misread are counted, and told of where they are many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import invented, put, source

from aspectra.analyze.analysis import analyze
from aspectra.analyze.english import strange

OTHERS = {
    "German": [
        "Wir haben drei Nächte in diesem Hotel verbracht und waren sehr zufrieden.",
        "Der Akku hält nicht lange.",
        "Tolle Lage, freundliches Personal!",
        "Leider zu teuer.",
    ],
    "Spanish": ["La habitación estaba sucia y a nadie le importó.", "Muy bueno", "No lo recomiendo para nada."],
    "French": ["La chambre était sale et le personnel désagréable.", "Très bon hôtel", "Je ne recommande pas."],
    "Italian": ["La camera era sporca e nessuno se ne è curato."],
    "Polish": ["Pokój był brudny i nikogo to nie obchodziło."],
    "Hungarian": ["A szoba koszos volt és senkit sem érdekelt."],
    "Japanese": ["部屋が汚くて、誰も気にしていなかった。", "WiFiは速いです。"],
    "Russian": ["Номер был грязный, персонал грубый."],
    "Arabic": ["الغرفة نظيفة والخدمة ممتازة"],
}
ENGLISH = [
    "Great location, friendly staff!",
    "Excellent",
    "ok",
    "A+ seller thx",
    "Room was dirty and nobody cared. I will not come back.",
    "Would definitly recomend",
    "The Schnitzel at Hofbräuhaus was superb",
    "No smiles, no warm welcomes",
    "5 stars 👍👍",
    "",
]


@pytest.mark.parametrize("language", OTHERS)
def test_another_language_looks_like_none_that_is_english(language: str) -> None:
    assert [text for text in OTHERS[language] if not strange(text)] == []


def test_english_does_whether_short_misspelled_or_about_foreign_food() -> None:
    assert [text for text in ENGLISH if strange(text)] == []


def reviews(folder: Path, foreign: int) -> dict[str, Any]:
    """A table of a hundred, so many of them in other languages, read by a reader that says it is made for English."""
    rows = invented(100)
    texts = [text for some in OTHERS.values() for text in some]
    for number, row in enumerate(rows[:foreign]):
        row["review"] = texts[number % len(texts)]
    rows = [row | {"store": ""} for row in rows]
    reader = replace(source(), language="en")
    table = put(folder / "r.csv", rows)
    return {"reviews": table, "source": reader, "out": folder / "o.csv", "report": folder / "o.html"}


def test_many_are_told_of_at_the_end_in_the_figures_and_on_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = analyze(**reviews(tmp_path, 40))["figures"]
    assert figures["foreign"] == {"language": "en", "reviews": 40}
    told = "bout 40 % of the reviews do not look English; the model is made for English, and misreads other languages"
    assert f"a{told}\n" in capsys.readouterr().err.replace("\u00a0", " ")
    page = (tmp_path / "o.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    assert f"<li>A{told}.</li>" in page


def test_few_are_counted_and_no_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert analyze(**reviews(tmp_path, 5))["figures"]["foreign"]["reviews"] == 5
    assert "English" not in capsys.readouterr().err
    page = (tmp_path / "o.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    assert "do not look English" not in page and "<dt>not English</dt><dd><b>5 %</b>" in page


@pytest.mark.parametrize("language", [None, "de"])
def test_of_a_reader_of_another_language_or_of_none_that_it_names_nothing_is_said(
    language: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = reviews(tmp_path, 40)
    given["source"] = replace(given["source"], language=language)
    assert analyze(**given)["figures"]["foreign"] is None
    assert "English" not in capsys.readouterr().err
