"""Opinions are read in parts: those that are there are not made again, and they come in the order of the reviews."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.analyze.stand_in import source

from aspectra.analyze.reading import SIZE, read_opinions
from aspectra.analyze.table import Table, read_table
from aspectra.errors import UserError

TEXTS = [f"The room {n} was lovely." for n in range(1, 3 * SIZE)]


def table(folder: Path) -> Table:
    """A table of the reviews."""
    file = folder / "reviews.jsonl"
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    return read_table(file)


def test_only_what_is_missing_is_made(tmp_path: Path) -> None:
    folder, log = tmp_path / "parts", tmp_path / "log"
    reviews = table(tmp_path)
    read_opinions(reviews, source(log).load, folder)
    whole = {path.name: path.read_bytes() for path in folder.glob("*.part")}
    assert len(whole) == 3
    (folder / "0000001.part").unlink()
    log.unlink()
    read_opinions(reviews, source(log).load, folder)
    assert [line.split()[1] for line in log.read_text().splitlines()] == [str(SIZE)]
    assert {path.name: path.read_bytes() for path in folder.glob("*.part")} == whole
    log.unlink()
    read_opinions(reviews, source(log).load, folder)
    assert not log.exists(), "with nothing to do, no model is loaded"


def test_parts_are_read_in_the_order_of_the_reviews(tmp_path: Path) -> None:
    opinions = read_opinions(table(tmp_path), source().load, tmp_path)
    found = list(opinions)
    assert [row for row, _ in found] == list(range(1, len(TEXTS) + 1))
    for (row, one), text in zip(found, TEXTS, strict=True):
        (opinion,) = one.opinions
        assert opinion.start is not None
        assert text[opinion.start : opinion.end] == opinion.target == f"room {row}"
    assert list(opinions) == found, "as often as they are walked over"


def test_parts_of_another_table_are_not_taken_for_these(tmp_path: Path) -> None:
    read_opinions(table(tmp_path), source().load, tmp_path / "parts")
    other = tmp_path / "other.jsonl"
    other.write_text("".join(json.dumps({"text": text.upper()}) + "\n" for text in TEXTS))
    with pytest.raises(UserError, match="has opinions of another table"):
        read_opinions(read_table(other), source().load, tmp_path / "parts")
    with pytest.raises(UserError, match="workers: 0"):
        read_opinions(table(tmp_path), source().load, tmp_path / "parts", workers=0)
