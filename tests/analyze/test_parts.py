"""Parts of the work: those that are there are not made again, and they are read in the order of the reviews."""

from __future__ import annotations

from pathlib import Path

from tests.analyze.stand_in import source

from aspectra.analyze import parts
from aspectra.analyze.table import Entry

REVIEWS = [Entry(n, str(n), f"The room {n} was lovely.", {}) for n in range(1, 3 * parts.SIZE)]


def test_only_what_is_missing_is_made(tmp_path: Path) -> None:
    folder, log = tmp_path / "parts", tmp_path / "log"
    folder.mkdir()
    parts.work(REVIEWS, len(REVIEWS), folder, source(log), 1)
    whole = {path.name: path.read_bytes() for path in folder.glob("*.part")}
    assert len(whole) == 3
    (folder / "0000001.part").unlink()
    log.unlink()
    parts.work(REVIEWS, len(REVIEWS), folder, source(log), 1)
    assert [line.split()[1] for line in log.read_text().splitlines()] == [str(parts.SIZE)]
    assert {path.name: path.read_bytes() for path in folder.glob("*.part")} == whole
    log.unlink()
    parts.work(REVIEWS, len(REVIEWS), folder, source(log), 1)
    assert not log.exists(), "with nothing to do, no model is loaded"


def test_parts_are_read_in_the_order_of_the_reviews(tmp_path: Path) -> None:
    parts.work(REVIEWS, len(REVIEWS), tmp_path, source(), 1)
    found = list(parts.read(tmp_path))
    assert [row for row, _ in found] == [entry.row for entry in REVIEWS]
    for (_, one), entry in zip(found, REVIEWS, strict=True):
        (opinion,) = one.opinions
        assert opinion.start is not None
        assert entry.text[opinion.start : opinion.end] == opinion.target == f"room {entry.row}"
