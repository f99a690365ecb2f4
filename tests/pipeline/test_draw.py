"""Which reviews are drawn: at random, where a student is unsure, and which of them are kept away."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

import pytest
from tests.pipeline.conftest import review
from tests.students.taggers.labels import taught

from aspectra.errors import UserError
from aspectra.pipeline.draw import REVIEWS, Lot, draw, spread
from aspectra.readers.doubt import doubt
from aspectra.readers.predictor import load
from aspectra.recipes import DistilConfig
from aspectra.schema import Review
from aspectra.tables import write_jsonl

TOTAL = 400


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Reviews in the words of which the tagger was taught, every fourth in words that it never saw."""
    path = tmp_path / "many.jsonl"
    strange = "quite a fuss over soup-ish warm beds, lift cold?"
    write_jsonl(path, ({"id": f"r{n}", "text": review(n) if n % 4 else f"{n}: {strange}"} for n in range(TOTAL)))
    return path


@pytest.fixture(scope="module")
def knows(encoder_of: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return taught(encoder_of("bert"), tmp_path_factory.mktemp("doubting") / "tagger")


def drawn(
    many: Path, out: Path, count: int, student: Path | None = None, seed: int = 42, sentences: bool = False
) -> list[dict[str, Any]]:
    config = DistilConfig(reviews=str(many), draw=count, seed=seed, sentences=sentences, pretrain={"threads": 1})
    draw(config, student, out)
    return [json.loads(line) for line in (out / REVIEWS).read_text(encoding="utf-8").splitlines()]


def ids(rows: list[dict[str, Any]], **wanted: Any) -> list[str]:
    return [row["id"] for row in rows if all(row[name] == value for name, value in wanted.items())]


def test_without_a_student_that_doubts_all_is_drawn_by_seed(many: Path, tmp_path: Path) -> None:
    rows = drawn(many, tmp_path / "one", 100)
    assert {row["why"] for row in rows} == {"random"}
    assert len(ids(rows)) == 100 and len(ids(rows, held=True)) == 10
    assert rows == drawn(many, tmp_path / "again", 100)
    assert set(ids(rows)) != set(ids(drawn(many, tmp_path / "other", 100, seed=1)))
    assert set(ids(rows)) < set(ids(drawn(many, tmp_path / "more", 150))), "a larger draw has the smaller one in it"


def test_half_is_drawn_where_the_student_is_unsure_and_the_other_half_is_as_it_would_have_been(
    many: Path, tmp_path: Path, knows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, plain = drawn(many, tmp_path / "doubt", 60, knows), drawn(many, tmp_path / "plain", 60)
    random, unsure = ids(rows, why="random"), ids(rows, why="unsure")
    assert (len(random), len(unsure)) == (30, 30)
    assert random == ids(plain)[:30]
    assert "where the student is least sure, of 150 that it read" in capsys.readouterr().err
    # Measured here again: what a small student doubts differs between processors, that the doubtful are taken does not.
    texts = [json.loads(line)["text"] for line in many.read_text(encoding="utf-8").splitlines()]
    of_file = {f"r{n}": doubt(found) for n, found in enumerate(load(knows, threads=1).extract_iter(texts))}
    noted = {row["id"]: row["doubt"] for row in rows if row["why"] == "unsure"}
    assert noted == pytest.approx({name: of_file[name] for name in unsure}, abs=1e-3)
    assert fmean(noted.values()) > fmean(of_file.values()) + pstdev(of_file.values()) / 2


def test_a_sentence_stands_for_its_review_and_the_same_reviews_are_drawn(tmp_path: Path) -> None:
    path, lines = tmp_path / "long.jsonl", ["The soup was cold.", "The waiter was kind.", "Never again!"]
    texts = (" ".join(lines) if n else "Never!" for n in range(200))
    write_jsonl(path, ({"id": f"r{n}", "text": text, "rating": 4} for n, text in enumerate(texts)))
    rows = drawn(path, tmp_path / "out", 200, sentences=True)
    assert ids(rows) == ids(drawn(path, tmp_path / "whole", 200))
    said = Counter(row["text"] for row in rows)
    assert said.pop("Never!") == 1, "a review without a long sentence keeps what it has"
    assert set(said) == set(lines[:2]) and min(said.values()) > 60, "sentences of four words or more, by chance"
    assert {row["id"] for row in rows if row["rating"] is not None} == {"r0"}, "stars are of the whole review"


def test_what_is_kept_away_is_a_tenth_and_of_the_random_half_alone(many: Path, tmp_path: Path, knows: Path) -> None:
    rows = drawn(many, tmp_path / "out", 60, knows)
    assert len(ids(rows, held=True)) == 6
    assert not ids(rows, held=True, why="unsure")
    # The first part of the file, as it is answered where money ends, is the same mixture.
    first = Counter((row["why"], row["held"]) for row in rows[:30])
    assert first["random", True] == 3 and first["unsure", False] == 15


def test_a_file_with_fewer_reviews_is_taken_whole(
    many: Path, tmp_path: Path, knows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = drawn(many, tmp_path / "out", 1000, knows)
    assert len(rows) == TOTAL and len(ids(rows, held=True)) == TOTAL // 10
    assert {row["why"] for row in rows} == {"random"}, "there is nothing to choose"
    assert "all 400 reviews of the file" in capsys.readouterr().err


def test_too_few_reviews_are_refused_before_anything_is_asked(many: Path, tmp_path: Path, knows: Path) -> None:
    with pytest.raises(UserError, match=r"at least 20 reviews.* has 400, and --reviews takes 19"):
        drawn(many, tmp_path / "out", 19, knows)


def test_each_stretch_of_the_file_has_its_share_of_the_doubtful() -> None:
    pool = [Lot(n, n, Review(f"r{n}", "text"), 9.0 if n < 100 else n / 1000) for n in range(1000)]
    places = [each.place for each in spread(pool, 50)]
    assert len(places) == len(set(places)) == 50
    assert sum(place < 100 for place in places) == 5, "what is strange in one place does not fill the draw"
    assert all(999 - n in places for n in range(2)), "within a stretch the most doubtful"


def test_another_student_learns_from_the_same_draw(many: Path, tmp_path: Path, knows: Path) -> None:
    assert drawn(many, tmp_path / "out", 60, knows) == drawn(many, tmp_path / "out", 60)
