"""What a person's judgments of a teacher come to: precision, and a share for each question, with intervals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aspectra.elicit import verdicts
from aspectra.errors import UserError
from aspectra.score.saved import read
from aspectra.score.shares import wilson


def test_the_interval_is_wilsons() -> None:
    # Newcombe 1998, table I: Wilson without continuity correction.
    for right, judged, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
                                     (1, 29, 0.0061, 0.1718)):  # fmt: skip
        assert wilson(right, judged) == pytest.approx((low, high), abs=5e-5)
    assert wilson(29, 29)[1] == 1.0


Save = Callable[..., Path]


def scored(path: Path) -> dict[str, Any]:
    return verdicts.score(read(path), str(path))


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(*opinions: dict[str, Any], **changes: Any) -> Path:
        path = tmp_path / "audit.json"
        form = 2 if opinions and "answers" in opinions[0] else 1
        whole = {
            "audit": form,
            "responses": {"drawn": 9, "done": 8, "rejected": 1},
            "opinions": list(opinions),
            **changes,
        }
        path.write_text(json.dumps(whole))
        return path

    return write


def one(
    mark: str | None, kind: str = "analysis", polarity: str | None = "positive", explicit: bool | None = True
) -> Any:
    """An entry as an earlier version saved it."""
    return {"kind": kind, "polarity": polarity, "explicit": explicit, "mark": mark}


def asked(
    answers: dict[str, str | None], kind: str = "analysis", model: str = "m", polarity: str | None = "positive"
) -> Any:
    """An entry with an answer to each question."""
    return {"kind": kind, "model": model, "polarity": polarity, "explicit": True, "answers": answers}


def test_precision_of_all_and_of_each_group(save: Save) -> None:
    found = scored(
        save(
            one("right"),
            one("right", explicit=False),
            one("wrong", polarity="negative", explicit=False),
            one(None, polarity="negative"),
            one("right", "rewriting", None, None),
            one("wrong", polarity=None),
        )
    )
    assert (found["right"], found["judged"], found["unanswered"], found["precision"]) == (3, 5, 1, 0.6)
    assert found["low"] < 0.6 < found["high"]
    by = {
        group: {name: (part["right"], part["judged"], part["unanswered"]) for name, part in values.items()}
        for group, values in found["by"].items()
    }
    assert by == {
        "kind": {"analysis": (2, 4, 1), "rewriting": (1, 1, 0)},
        "model": {},
        "polarity": {"negative": (0, 1, 1), "positive": (2, 2, 0)},
        "target": {"explicit": (1, 2, 1), "implicit": (1, 2, 0)},
    }
    assert found["responses"] == {"drawn": 9, "done": 8, "rejected": 1}
    assert found["questions"] == {}


def test_each_question_has_its_share_by_kind_and_by_model(save: Save) -> None:
    good: dict[str, str | None] = dict.fromkeys(("target", "sentiment", "reasoning", "invented"), "right")
    found = scored(
        save(
            asked(good),
            asked(good | {"reasoning": "wrong", "invented": None}),
            asked(good | {"sentiment": "wrong"}, model="n"),
            asked({"sentiment": "right", "invented": "wrong"}, "rewriting", "n", None),
        )
    )
    shares = {name: (part["right"], part["judged"], part["unanswered"]) for name, part in found["questions"].items()}
    assert shares == {"target": (3, 3, 0), "sentiment": (3, 4, 0), "reasoning": (2, 3, 0), "invented": (2, 3, 1)}
    assert found["questions"]["target"]["share"] == 1.0 and found["questions"]["target"]["low"] == wilson(3, 3)[0]
    assert {name: part["questions"]["invented"]["share"] for name, part in found["by"]["model"].items()} == {
        "m": 1.0,
        "n": 0.5,
    }
    assert "target" not in found["by"]["kind"]["rewriting"]["questions"]


@pytest.mark.parametrize(
    ("answers", "right", "judged"),
    [
        ({"target": "right", "sentiment": "right", "reasoning": "wrong", "invented": "wrong"}, 1, 1),
        ({"target": "right", "sentiment": None, "reasoning": "right", "invented": "right"}, 0, 0),
        ({"target": None, "sentiment": "wrong", "reasoning": None, "invented": None}, 0, 1),
    ],
)
def test_a_statement_is_right_by_its_target_and_its_sentiment(
    save: Save, answers: dict[str, str | None], right: int, judged: int
) -> None:
    found = scored(save(asked(answers)))
    assert (found["right"], found["judged"]) == (right, judged)


def test_a_rewriting_with_something_invented_is_wrong(save: Save) -> None:
    found = scored(save(asked({"sentiment": "right", "invented": "wrong"}, "rewriting", polarity=None)))
    assert (found["right"], found["judged"]) == (0, 1)


def test_a_group_that_nobody_judged_has_no_precision(save: Save) -> None:
    found = scored(save(one("right"), one(None, polarity="conflict")))
    part = found["by"]["polarity"]["conflict"]
    assert (part["precision"], part["low"], part["unanswered"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not a saved audit"),
        ("[]", "is not a saved audit"),
        ("[" * 100_000, "is not a saved audit"),
        ('{"opinions": []}', "has another format"),
        ('{"audit": 3, "opinions": []}', "another format (3)"),
        ('{"audit": 1, "opinions": []}', "is not a saved audit"),
        ('{"audit": 1, "responses": {"drawn": 1, "done": "x", "rejected": 0}, "opinions": []}', "is not a saved audit"),
        ('{"audit": 1, "responses": {"drawn": 1, "done": 1, "rejected": 0}, "opinions": []}', "none of the 0 opinions"),
        *(
            (
                '{"audit": 2, "responses": {"drawn": 1, "done": 1, "rejected": 0}, "opinions": [' + bad + "]}",
                "is not a saved audit",
            )
            for bad in (
                '{"kind": "analysis", "polarity": null, "explicit": null, "mark": "right"}',
                '{"kind": "analysis", "model": "m", "polarity": null, "explicit": null, "answers": {"taste": "right"}}',
                '{"kind": "analysis", "model": "m", "polarity": null, "explicit": null, "answers": {"target": "yes"}}',
                '{"kind": "analysis", "polarity": null, "explicit": null, "answers": {"target": "right"}}',
            )
        ),
        *(
            (
                '{"audit": 1, "responses": {"drawn": 1, "done": 1, "rejected": 0}, "opinions": [' + bad + "]}",
                "is not a saved audit",
            )
            for bad in (
                "1",
                '{"kind": "analysis", "polarity": null, "explicit": null}',
                '{"kind": "analysis", "polarity": null, "explicit": null, "mark": "maybe"}',
                '{"kind": [], "polarity": null, "explicit": null, "mark": "right"}',
                '{"kind": "analysis", "polarity": [], "explicit": null, "mark": "right"}',
                '{"kind": "analysis", "polarity": null, "explicit": 1, "mark": "right"}',
                '{"kind": "analysis", "polarity": null, "explicit": null, "mark": []}',
            )
        ),
    ],
)
def test_what_is_no_saved_audit_is_one_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "audit.json"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        scored(path)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        scored(tmp_path / "gone.json")
    with pytest.raises(UserError, match="cannot read"):
        scored(tmp_path)
    (tmp_path / "page.html").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is not a saved audit"):
        scored(tmp_path / "page.html")
