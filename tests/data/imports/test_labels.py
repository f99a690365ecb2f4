"""What a file calls its polarities becomes the four, or every strange label is listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aspectra.data.imports.labels import Found, Source, parse_map, settle
from aspectra.data.imports.table import read
from aspectra.errors import UserError
from aspectra.schema import Example, Opinion


def source(*labels: str, numbers: bool = False, name: str = "a.seg") -> Source:
    found = [
        Found(Example(label, "text", (Opinion("text", None, label),)), (line,)) for line, label in enumerate(labels, 1)
    ]
    return Source(Path(name), found, numbers)


def polarities(groups: list[list[Example]]) -> list[str]:
    return [opinion.polarity for examples in groups for example in examples for opinion in example.opinions]


def test_case_does_not_matter_and_a_map_goes_before() -> None:
    mapping = parse_map(["Good=positive,meh=neutral", "Neutral=conflict"])
    settled = settle([source("Positive", "GOOD", "meh ", "neutral", "negative")], mapping)
    assert polarities(settled) == ["positive", "positive", "neutral", "conflict", "negative"]


def test_strange_labels_are_listed_with_their_counts_and_where_they_stand_first() -> None:
    with pytest.raises(UserError) as caught:
        settle([source("bad", "positive", "good", "bad"), source("good", "bad", name="b.csv")], {})
    said = str(caught.value)
    assert "labels that are not positive, negative, neutral, conflict: " in said
    assert "'bad' 3 times, first in a.seg, line 1; 'good' 2 times, first in a.seg, line 3." in said
    assert "--polarity-map bad=positive" in said


def test_of_thousands_of_labels_the_most_frequent_are_listed() -> None:
    with pytest.raises(UserError, match=r"'17' 2 times.*; and 10 more") as caught:
        settle([source(*map(str, range(30)), "17")], {})
    assert len(str(caught.value)) < 1500


def test_numbers_are_polarities_where_the_format_has_them() -> None:
    assert polarities(settle([source("1", "0", "-1", numbers=True)], {})) == ["positive", "neutral", "negative"]
    with pytest.raises(UserError, match="'1' 1 time"):
        settle([source("1", "0", "-1")], {})


def test_numbers_of_another_scale_must_all_be_mapped() -> None:
    """0, 1, 2 is a scale of its own: what 0 and 1 mean elsewhere says nothing."""
    labels = source("0", "1", "2", numbers=True)
    with pytest.raises(UserError) as caught:
        settle([labels], parse_map(["2=positive"]))
    assert "'0' 1 time" in str(caught.value) and "'1' 1 time" in str(caught.value)
    settled = settle([labels], parse_map(["0=negative,1=neutral,2=positive"]))
    assert polarities(settled) == ["negative", "neutral", "positive"]


def test_a_zero_without_a_minus_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    settle([source("1", "0", numbers=True)], {})
    assert "0 is read as neutral" in capsys.readouterr().err
    assert polarities(settle([source("1", "0", numbers=True)], parse_map(["0=negative"]))) == ["positive", "negative"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        ("good", "LABEL=POLARITY"),
        ("=positive", "LABEL=POLARITY"),
        ("good=positiv", "unknown polarity 'positiv'; did you mean 'positive'"),
    ],
)
def test_a_map_that_is_none(pair: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        parse_map([pair])


def test_a_label_is_found_by_what_its_file_counts(tmp_path: Path) -> None:
    rows = [{"text": "Soft bed.", "target": "bed", "polarity": polarity} for polarity in ("positive", "grand")]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(UserError, match=r"'grand' 1 time, first in .*a\.json, item 2\."):
        settle([Source(path, read(path))], {})
