"""The markup of Aspectra's own reviews: a line to a sentence with its opinions, a file to reviews."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.marked import parse, reviews

from aspectra.schema import Opinion


def test_a_mark_becomes_an_opinion_at_its_place() -> None:
    text, opinions = parse("[[Staff|p]] were kind, the [[left hinge|n]] broke, and [[staff|c]].")
    assert text == "Staff were kind, the left hinge broke, and staff."
    assert opinions == (
        Opinion("Staff", None, "positive", 0, 5),
        Opinion("left hinge", None, "negative", 21, 31),
        Opinion("staff", None, "conflict", 43, 48),
    )
    assert [text[o.start : o.end] for o in opinions] == ["Staff", "left hinge", "staff"]
    assert parse("Nothing here.") == ("Nothing here.", ())


@pytest.mark.parametrize(
    "line", ["The [[staff|x]] left.", "The [[staff|p] left.", "The staff|p]] left.", "Good | bad."]
)
def test_a_broken_mark_is_told_with_its_line(line: str) -> None:
    with pytest.raises(ValueError, match="a mark is") as caught:
        parse(line)
    assert line in str(caught.value)


def test_a_file_of_reviews_names_sentences_by_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.second.txt"
    file.write_text(
        "# cafes | 4 | 2025-04-12\nOne.\n[[Cake|p]]!\n\n# hotels | 1 | 2024-07-22\nTwo.\n", encoding="utf-8"
    )
    cafe, hotel = reviews(file)
    assert (cafe.id, cafe.domain, cafe.stars, cafe.date) == ("a1", "cafes", 4, "2025-04-12")
    assert [(e.id, e.text) for review in (cafe, hotel) for e in review.sentences] == [
        ("a-2", "One."),
        ("a-3", "Cake!"),
        ("a-6", "Two."),
    ]
    again, _ = reviews(file, {"a-3": "[[Cake|n]]!"})
    assert again.sentences[1].opinions[0].polarity == "negative", "a settled line stands in its place"
