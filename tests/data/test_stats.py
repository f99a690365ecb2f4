"""Counts of a set, and the test sentences that sets share."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.data.examples import save
from aspectra.data.stats import describe, overlaps
from aspectra.errors import UserError
from aspectra.files import sha256
from aspectra.schema import Example, Opinion


def make(folder: Path, **files: list[str]) -> Path:
    for name, texts in files.items():
        save(folder / f"{name}.json", [Example(str(i), text) for i, text in enumerate(texts)])
    return folder


def test_what_two_sets_share(tmp_path: Path) -> None:
    folders = {
        "one": make(tmp_path / "one", train=["x"], test=["a", "b"], hard_test=["h", "h", "i"]),
        "two": make(tmp_path / "two", train=["x"], test=["b", "c", "h", "d"]),
        "three": make(tmp_path / "three", hard_test=["h", "i", "i", "j"]),
        "four": make(tmp_path / "four", train=["a", "b", "h"], dev=["i"]),
        "five": make(tmp_path / "five", test=["B", "c "]),
    }
    assert overlaps(folders) == [
        {"one": "one", "other": "two", "split": "test", "shared": 2, "of": 4},
        {"one": "one", "other": "three", "split": "test", "shared": 2, "of": 4},
        {"one": "one", "other": "three", "split": "hard_test", "shared": 2, "of": 3},
        {"one": "two", "other": "three", "split": "test", "shared": 1, "of": 4},
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = make(tmp_path / "one", test=["a"])
    (folder / "hard_test.json").write_text("[")
    with pytest.raises(UserError, match=r"hard_test\.json is not JSON"):
        overlaps({"one": folder})


def test_the_published_hard_sets_are_the_same_sentences(shared: Path) -> None:
    home = shared / "data" / "benchmark"
    names = ("atsa/rest14", "atsa/laptop14", "acsa/rest16", "acsa/laptop16")
    found = {
        (row["one"], row["other"], row["split"]): (row["shared"], row["of"])
        for row in overlaps({n: home / n for n in names})
    }
    assert found["atsa/laptop14", "acsa/laptop16", "hard_test"] == (237, 237)
    # Of the 340 one stands twice, in both files: 339 different sentences, and all of them are shared.
    assert found["atsa/rest14", "acsa/rest16", "hard_test"] == (339, 340)
    assert found["atsa/laptop14", "acsa/laptop16", "test"] == (262, 1037)
    assert found["atsa/rest14", "acsa/rest16", "test"] == (339, 1016)
    assert max(shared for pair, (shared, _) in found.items() if pair[:2] not in {names[::2], names[1::2]}) == 1
    laptops = {sha256(home / name / "hard_test.json") for name in names[1::2]}
    assert len(laptops) == 1


def test_counts_of_a_split_are_those_of_its_files_together(tmp_path: Path) -> None:
    first = Example("1", "soup and soup", (Opinion("soup", "FOOD", "positive", 0, 4, ("good",)),))
    second = Example(
        "2",
        "soup",
        (Opinion("soup", None, "negative", 3, 7), Opinion(None, "FOOD", "neutral"), Opinion("x", None, "neutral")),
    )
    save(tmp_path / "test.json", [first])
    save(tmp_path / "hard_test.json", [second])
    (counts,) = describe(tmp_path, "atsa").values()
    assert counts["sentences"] == 2
    assert (counts["targets"], counts["distinct_targets"]) == (3, 2)
    assert (counts["categories"], counts["distinct_categories"]) == (2, 1)
    assert counts["polarities"] == {"positive": 1, "negative": 1, "neutral": 2, "conflict": 0}
    assert counts["implicit"] == {"strict": 1, "paper": 1}
    assert (counts["mended"], counts["unplaced"]) == (1, 1)
