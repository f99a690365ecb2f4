"""How many stars lower reviews are: against least squares by hand, and where nothing can be told."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analyze.stand_in import put

from aspectra.analyze import stars
from aspectra.analyze.stars import Stars
from aspectra.analyze.table import read_table
from aspectra.errors import UserError

TOPICS = ("bed", "noise", "pool")


def reviews(count: int) -> list[tuple[float, set[str]]]:
    """Who complains of the bed, two stars less, often does of noise, half a star less; the pool costs nothing."""
    draw = random.Random(3)
    found = []
    for _ in range(count):
        bed = draw.random() < 0.3
        noise = draw.random() < (0.7 if bed else 0.1)
        said = {name for name, one in zip(TOPICS, (bed, noise, draw.random() < 0.2), strict=True) if one}
        found.append((4.2 - 2 * bed - 0.5 * noise + draw.choice((-0.5, 0, 0.5)), said))
    return found


def fitted(found: list[tuple[float, set[str]]], topics: tuple[str, ...] = TOPICS) -> Any:
    held = Stars("rating", topics)
    for value, said in found:
        held.add({"rating": f"{value}"}, said)
    return held.figures()


def test_topics_that_go_together_are_told_apart() -> None:
    found = reviews(600)
    effects = fitted(found)["effects"]
    assert effects["bed"]["low"] < -2 < effects["bed"]["high"] < -1.5
    assert effects["noise"]["low"] < -0.5 < effects["noise"]["high"] < 0, "though who complains of it has bad beds too"
    assert effects["pool"]["low"] < 0 < effects["pool"]["high"]
    assert effects["bed"]["reviews"] == sum("bed" in said for _, said in found)


def test_differences_and_intervals_are_those_of_hc3_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    found = reviews(90)
    monkeypatch.setattr(stars, "BLOCK", 16)  # nothing hangs on how the reviews are cut
    effects = fitted(found)["effects"]
    x = np.array([[1.0, *(name in said for name in TOPICS)] for _, said in found])
    y = np.array([value for value, _ in found])
    inverse = np.linalg.inv(x.T @ x)
    weights = inverse @ x.T @ y
    errors = (y - x @ weights) / (1 - np.diag(x @ inverse @ x.T))
    wide = 1.9879 * np.sqrt(np.diag(inverse @ x.T @ np.diag(errors**2) @ x @ inverse))  # Student's t, 86 degrees
    for n, name in enumerate(TOPICS, 1):
        assert effects[name]["difference"] == pytest.approx(weights[n], abs=1e-6)
        assert effects[name]["high"] - weights[n] == pytest.approx(wide[n], rel=1e-4)


def test_what_cannot_be_told_is_not_told() -> None:
    found = reviews(200)
    rare = [(value, said | {"spider"} if n < 9 else said) for n, (value, said) in enumerate(found)]
    assert "spider" not in fitted(rare, (*TOPICS, "spider"))["effects"], "too few complain of it"
    twins = [(value, said | {"bunk"} if "bed" in said else said) for value, said in found]
    effects = fitted(twins, (*TOPICS, "bunk"))["effects"]
    assert "bed" in effects and "bunk" not in effects, "nobody complains of one without the other"
    assert fitted([(4.0, said) for _, said in found]) is None
    assert fitted(found[:25]) is None


def test_beyond_a_million_so_many_are_drawn_by_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stars, "HELD", 500)
    one, again = fitted(reviews(3000)), fitted(reviews(3000))
    assert one == again and one["reviews"] == 3000
    assert one["effects"]["bed"]["reviews"] < 500 and one["effects"]["bed"]["difference"] == pytest.approx(-2, abs=0.3)


def test_more_topics_than_are_told_apart_leave_the_first_right(monkeypatch: pytest.MonkeyPatch) -> None:
    more = tuple(f"rare {n}" for n in range(80))
    found = [(value, said | {more[n % 80]}) for n, (value, said) in enumerate(reviews(900))]
    assert fitted(found, TOPICS + more)["effects"]["bed"]["difference"] == pytest.approx(-2, abs=0.2)


@pytest.mark.parametrize(
    ("row", "given", "column"),
    [
        ({"text": "Nice.", "Star Rating": "4"}, None, "Star Rating"),
        ({"text": "Nice.", "stars": "4,5"}, None, "stars"),
        ({"text": "Nice.", "stars": "5/5"}, None, "stars"),
        ({"text": "Nice.", "stars": "4.0 out of 5 stars"}, None, "stars"),
        ({"text": "Nice.", "stars": "★★★★☆"}, None, "stars"),
        ({"text": "Nice.", "year": "2024", "mark": "7.5"}, "mark", "mark"),
    ],
)
def test_the_column_is_found_by_its_name_and_what_it_holds(
    tmp_path: Path, row: dict[str, str], given: str | None, column: str | None
) -> None:
    assert read_table(put(tmp_path / "r.csv", [row]), stars_column=given).stars == column


def test_a_column_that_is_named_like_stars_and_holds_none_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = put(tmp_path / "r.csv", [{"text": "Nice.", "overall": "a good hotel"}])
    assert read_table(table).stars is None
    assert "column 'overall' has no stars ('a good hotel')" in capsys.readouterr().err


def test_a_column_that_the_user_names_may_have_more_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"text": "Nice.", "stars": each} for each in ("5", "4", "3", "bad")]
    table = put(tmp_path / "r.csv", rows)
    assert read_table(table).stars is None
    assert "column 'stars' has stars in only 3 of 4 cells ('bad')" in capsys.readouterr().err
    assert read_table(table, stars_column="stars").stars == "stars"
    assert "counted as missing: line 5 ('bad')" in capsys.readouterr().err
    worse = put(tmp_path / "w.csv", [*rows[:1], *rows[3:] * 2])
    with pytest.raises(UserError, match=r"column 'stars' has stars in only 1 of 3 cells \('bad'\)"):
        read_table(worse, stars_column="stars")


@pytest.mark.parametrize(
    ("given", "told"), [("year", r"has no stars \('2024'\)"), ("x", "no column 'x' for --stars. It has: ")]
)
def test_a_column_that_holds_none_is_told(tmp_path: Path, given: str, told: str) -> None:
    table = put(tmp_path / "r.csv", [{"text": "Nice.", "year": "2024"}])
    with pytest.raises(UserError, match=told):
        read_table(table, stars_column=given)
