"""Lines of Generative-ABSA: every kind of tuple, and what is wrong with which line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.data.examples import load
from aspectra.data.imports.build import build, guess
from aspectra.data.imports.generative import read
from aspectra.data.imports.labels import BadRowsError
from aspectra.schema import Opinion


def put(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def only(path: Path) -> tuple[Opinion, ...]:
    (found,) = read(path)
    return found.example.opinions


def test_a_set_is_made_of_lines_with_and_without_opinions(tmp_path: Path) -> None:
    lines = ("The soup was cold .####[('soup', 'food quality', 'negative')]", "", "To go .####[]")
    path = put(tmp_path / "a.txt", *lines)
    assert guess(path) == "generative"
    build([path], "tasd", tmp_path / "set", split="train")
    one, other = load(tmp_path / "set" / "train.json")
    assert one.text == "The soup was cold ." and not other.opinions
    assert one.opinions == (Opinion("soup", "food quality", "negative", 4, 8),)


@pytest.mark.parametrize(
    ("label", "opinion"),
    [
        ("('Soup', 'positive')", Opinion("soup", None, "positive", 4, 8)),
        ("('NULL', 'food quality', 'positive')", Opinion(None, "food quality", "positive")),
        ("['soup', 'food quality', 'negative', 'cold']", Opinion("soup", "food quality", "negative", 4, 8, ("cold",))),
        ("['soup', 'food quality', 'negative', 'NULL']", Opinion("soup", "food quality", "negative", 4, 8)),
        ("('soup', 'cold', 'NEG')", Opinion("soup", None, "negative", 4, 8, ("cold",))),
        ("([1], [3], 'NEG')", Opinion("soup", None, "negative", 4, 8, ("cold",))),
        ("([0, 1], 'NEU')", Opinion("The soup", None, "neutral", 0, 8)),
    ],
)
def test_tuples(tmp_path: Path, label: str, opinion: Opinion) -> None:
    assert only(put(tmp_path / "a.txt", f"The soup was cold .####[{label}]")) == (opinion,)


def test_every_bad_line_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    bad = ["x####[('stew', 'negative')]", "x####[(1, 2)]", "x####['soup']", "x####[(", "no mark", "x####[([9], 'POS')]"]
    with pytest.raises(BadRowsError) as caught:
        read(put(tmp_path / "a.txt", "Good soup####[('soup', 'positive')]", *bad, "####[]"))
    assert "a.txt: 7 bad rows: line 2: the target 'stew' is not in the sentence; line 3: (1, 2) is" in str(caught.value)
    assert all(f"line {number}: " in str(caught.value) for number in range(2, 9))
    assert [found.example.text for found in caught.value.found] == ["Good soup"]
