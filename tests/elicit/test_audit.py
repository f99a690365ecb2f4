"""The draw of answers for a person to judge, and the precision that the judgments give."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from aspectra.config import ElicitConfig
from aspectra.elicit import audit
from aspectra.elicit.engine import elicit
from aspectra.errors import UserError
from aspectra.score.shares import wilson

BLOCK = 'Opinion Target {0}: "{1}"\nAspect: A\nSentiment: {2}\nReasoning: Said so.'
REVIEW = "The bar service was fine, the bar loud."


def answered(tmp_path: Path, answers: Sequence[tuple[str, str, str]], kinds: tuple[str, ...] = ("analysis",)) -> Path:
    """A folder in which a recorded teacher gave `answers`: (review, kind, text)."""
    reviews, said, out = tmp_path / "reviews.jsonl", tmp_path / "said.jsonl", tmp_path / "out"
    texts = list(dict.fromkeys(review for review, _, _ in answers))
    reviews.write_text("".join(json.dumps({"id": f"r{n}", "text": t}) + "\n" for n, t in enumerate(texts, 1)))
    rows = [{"review": review, "kind": kind, "text": text, "model": "m"} for review, kind, text in answers]
    said.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elicit(reviews, ElicitConfig(teacher="recorded", model=str(said), kinds=kinds), out)
    return out


def test_statements_have_their_place_in_the_review(tmp_path: Path) -> None:
    blocks = [("bar", "Negative"), ("bar service", "Quite Positive"), ("price", "Mild")]
    text = "\n\n".join(BLOCK.format(n, *block) for n, block in enumerate(blocks, 1))
    (drawn,), there = audit.draw(answered(tmp_path, [(REVIEW, "analysis", text)]), 50, 0)
    assert there == 1
    assert [(s.target, s.polarity, s.place) for s in drawn.statements] == [
        ("bar", "negative", (4, 7)),
        ("bar service", "positive", (4, 15)),
        ("price", None, None),
    ]
    assert drawn.statements[0].told == (("aspect", "A"), ("reasoning", "Said so."))
    assert drawn.statements[1].told == (("aspect", "A"), ("sentiment", "Quite Positive"), ("reasoning", "Said so."))
    assert [mark["explicit"] for mark in drawn.marks()] == [True, True, False]


def test_every_kind_has_something_to_judge_and_what_was_rejected_nothing(tmp_path: Path) -> None:
    opinions = '{"opinions": [{"target": "BAR", "polarity": "negative"}, {"target": "menu", "polarity": "odd"}]}'
    kinds = ("analysis", "rewriting", "extraction", "polarity")
    answers = [(REVIEW, "analysis", "No idea."), (REVIEW, "rewriting", "I like it."), (REVIEW, "extraction", opinions),
               (REVIEW, "polarity", "Positive")]  # fmt: skip
    drawn, _ = audit.draw(answered(tmp_path, answers, kinds), 50, 0)
    found = {each.response.kind: each for each in drawn}
    assert (found["analysis"].response.status, found["analysis"].response.reason) == ("rejected", "no opinion target")
    assert found["analysis"].statements == ()
    assert [(s.target, s.polarity, s.place) for s in found["extraction"].statements] == [
        ("bar", "negative", (4, 7)),
        ("menu", None, None),
    ]
    assert [(s.target, s.polarity, s.told) for s in found["rewriting"].statements] == [
        ("", None, (("rewriting", "I like it."),))
    ]
    assert [s.polarity for s in found["polarity"].statements] == ["positive"]
    assert {m["kind"]: m["explicit"] for each in drawn for m in each.marks()} == {
        "extraction": False, "rewriting": None, "polarity": None,
    }  # fmt: skip


def test_a_seed_draws_the_same_answers_and_a_smaller_draw_is_the_head_of_a_larger(tmp_path: Path) -> None:
    text = BLOCK.format(1, "bar", "Negative")
    out = answered(tmp_path, [(f"{REVIEW} {n}", "analysis", text) for n in range(40)])

    def ids(count: int, seed: int) -> list[str]:
        return [each.response.review_id for each in audit.draw(out, count, seed)[0]]

    assert ids(20, 7) == ids(20, 7)
    assert ids(20, 7)[:5] == ids(5, 7)
    assert ids(20, 7) != ids(20, 8)
    assert len(set(ids(50, 7))) == 40


def test_a_folder_without_answers_is_refused(tmp_path: Path) -> None:
    out = answered(tmp_path, [(REVIEW, "rewriting", "I like it.")], ("analysis",))
    with pytest.raises(UserError, match="holds no answers yet"):
        audit.draw(out, 50, 0)
    with pytest.raises(UserError, match=r"holds no responses\.sqlite"):
        audit.draw(tmp_path, 50, 0)


def test_the_interval_is_wilsons() -> None:
    # Newcombe 1998, table I: Wilson without continuity correction.
    for right, judged, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611),
                                     (1, 29, 0.0061, 0.1718)):  # fmt: skip
        assert wilson(right, judged) == pytest.approx((low, high), abs=5e-5)
    assert wilson(29, 29)[1] == 1.0


Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(*opinions: dict[str, Any], **changes: Any) -> Path:
        path = tmp_path / "audit.json"
        whole = {"audit": 1, "responses": {"drawn": 9, "done": 8, "rejected": 1}, "opinions": list(opinions), **changes}
        path.write_text(json.dumps(whole))
        return path

    return write


def one(
    mark: str | None, kind: str = "analysis", polarity: str | None = "positive", explicit: bool | None = True
) -> Any:
    return {"kind": kind, "polarity": polarity, "explicit": explicit, "mark": mark}


def test_precision_of_all_and_of_each_group(save: Save) -> None:
    found = audit.score(
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
        "polarity": {"negative": (0, 1, 1), "positive": (2, 2, 0)},
        "target": {"explicit": (1, 2, 1), "implicit": (1, 2, 0)},
    }
    assert found["responses"] == {"drawn": 9, "done": 8, "rejected": 1}


def test_a_group_that_nobody_judged_has_no_precision(save: Save) -> None:
    found = audit.score(save(one("right"), one(None, polarity="conflict")))
    part = found["by"]["polarity"]["conflict"]
    assert (part["precision"], part["low"], part["unanswered"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no saved audit"),
        ("[]", "is no saved audit"),
        ("[" * 100_000, "is no saved audit"),
        ('{"opinions": []}', "is an audit of another format"),
        ('{"audit": 2, "opinions": []}', "another format (2)"),
        ('{"audit": 1, "opinions": []}', "is no saved audit"),
        ('{"audit": 1, "responses": {"drawn": 1, "done": "x", "rejected": 0}, "opinions": []}', "is no saved audit"),
        ('{"audit": 1, "responses": {"drawn": 1, "done": 1, "rejected": 0}, "opinions": []}', "none of the 0 opinions"),
        *(
            (
                '{"audit": 1, "responses": {"drawn": 1, "done": 1, "rejected": 0}, "opinions": [' + bad + "]}",
                "is no saved audit",
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
        audit.score(path)
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        audit.score(tmp_path / "gone.json")
    with pytest.raises(UserError, match="cannot read"):
        audit.score(tmp_path)
    (tmp_path / "page.html").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is no saved audit"):
        audit.score(tmp_path / "page.html")
