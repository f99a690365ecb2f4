"""The draw of answers for a person to judge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from aspectra.config import ElicitConfig
from aspectra.elicit import audit
from aspectra.elicit.engine import elicit
from aspectra.errors import UserError

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
    marks = {m["kind"]: m for each in drawn for m in each.marks()}
    assert {kind: m["explicit"] for kind, m in marks.items()} == {
        "extraction": False, "rewriting": None, "polarity": None,
    }  # fmt: skip
    assert {kind: list(m["answers"]) for kind, m in marks.items()} == {
        "extraction": ["target", "sentiment"], "rewriting": ["sentiment", "invented"], "polarity": ["sentiment"],
    }  # fmt: skip
    assert {m["model"] for m in marks.values()} == {"m"}


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
    with pytest.raises(UserError, match="has no answers yet"):
        audit.draw(out, 50, 0)
    with pytest.raises(UserError, match=r"has no responses\.sqlite"):
        audit.draw(tmp_path, 50, 0)
