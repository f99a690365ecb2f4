"""Parts of the work: those that are there are not made again, and they are read in the order of the reviews."""

from __future__ import annotations

import json
from pathlib import Path

from tests.analyze.stand_in import source

from aspectra.analyze import parts
from aspectra.analyze.table import Reading

TEXTS = [f"The room {n} was lovely." for n in range(1, 3 * parts.SIZE)]


def reading(folder: Path) -> Reading:
    """A file of the reviews."""
    file = folder / "reviews.jsonl"
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    return Reading(file)


def test_only_what_is_missing_is_made(tmp_path: Path) -> None:
    folder, log = tmp_path / "parts", tmp_path / "log"
    folder.mkdir()
    reviews = reading(tmp_path)
    parts.work(reviews, len(TEXTS), folder, source(log), 1)
    whole = {path.name: path.read_bytes() for path in folder.glob("*.part")}
    assert len(whole) == 3
    (folder / "0000001.part").unlink()
    log.unlink()
    parts.work(reviews, len(TEXTS), folder, source(log), 1)
    assert [line.split()[1] for line in log.read_text().splitlines()] == [str(parts.SIZE)]
    assert {path.name: path.read_bytes() for path in folder.glob("*.part")} == whole
    log.unlink()
    parts.work(reviews, len(TEXTS), folder, source(log), 1)
    assert not log.exists(), "with nothing to do, no model is loaded"


def test_parts_are_read_in_the_order_of_the_reviews(tmp_path: Path) -> None:
    parts.work(reading(tmp_path), len(TEXTS), tmp_path, source(), 1)
    found = list(parts.read(tmp_path))
    assert [row for row, _ in found] == list(range(1, len(TEXTS) + 1))
    for (row, one), text in zip(found, TEXTS, strict=True):
        (opinion,) = one.opinions
        assert opinion.start is not None
        assert text[opinion.start : opinion.end] == opinion.target == f"room {row}"
