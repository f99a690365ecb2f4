"""What an export's confidences are worth, whether its answers are written or tagged."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from aspectra.files import write_json
from aspectra.readers.calibration import Calibration
from aspectra.readers.extraction import Found
from aspectra.readers.reader import Answer
from aspectra.readers.trust import calibrate, rows, settle
from aspectra.schema import Example, Opinion

TEXT = "The soup was cold."
GOLD = tuple(Example(str(n), TEXT, (Opinion("soup", None, "negative", 4, 8),)) for n in range(200))


def answers(count: int = 200, written: bool = False) -> list[Answer]:
    """Opinions of a confidence c that are right in c squared of the cases: the student is too sure."""
    draw = random.Random(4)
    found = []
    for _ in range(count):
        confidence = draw.uniform(0.3, 1)
        polarity = "negative" if draw.random() < confidence**2 else "positive"
        raw = f"soup | {polarity}" if written else None
        found.append(Answer(raw, (Found("soup", None, polarity, 4, 8, confidence),)))
    return found


@pytest.mark.parametrize("written", [True, False])
def test_a_student_that_is_too_sure_is_put_right(written: bool) -> None:
    made, figures = calibrate(GOLD, answers(written=written), "atsa", 1)
    assert made is not None and figures is not None
    assert made.opinions == figures["raw"]["opinions"] == figures["calibrated"]["opinions"] == 200
    assert made(0.7) == pytest.approx(0.49, abs=0.1)
    assert figures["calibrated"]["ece"] < figures["raw"]["ece"] / 2
    first, *more = figures["thresholds"]
    assert first["precision"] == first["recall"] == figures["raw"]["right"], "one opinion a sentence, and one is wanted"
    assert [row["recall"] for row in (first, *more)] == sorted((r["recall"] for r in (first, *more)), reverse=True)
    assert more[7]["precision"] > first["precision"]
    assert len(rows(figures)) == 2 + len(figures["thresholds"])


def test_with_few_opinions_nothing_is_fitted() -> None:
    assert calibrate(GOLD[:40], answers(40), "atsa", 1) == (None, None)


def test_the_folder_remembers(tmp_path: Path) -> None:
    write_json(tmp_path / "aspectra.json", {"task": "atsa", "export": {"compute": "int8"}})
    assert settle(tmp_path, GOLD[:9], answers(9), "atsa", 1) is None
    assert "calibration" not in (tmp_path / "aspectra.json").read_text(encoding="utf-8")
    settle(tmp_path, GOLD, answers(), "atsa", 1)
    info = json.loads((tmp_path / "aspectra.json").read_text(encoding="utf-8"))
    assert info["export"]["compute"] == "int8"
    assert Calibration.of(info) == calibrate(GOLD, answers(), "atsa", 1)[0]
