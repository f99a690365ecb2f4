"""The words of the question: versioned, with what never changes first, and safe against what reviews contain."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit import prompt
from aspectra.elicit.prompt import Demonstration
from aspectra.errors import UserError
from aspectra.schema import KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_first_version_that_ends_with_the_review(kind: str) -> None:
    assert prompt.versions(kind)[0] == "v1"
    one, other = (prompt.render(kind, text, "v1") for text in ("Lovely pool.", "Cold soup."))
    assert [message["role"] for message in one] == ["user"]
    assert one[0]["content"].endswith("Lovely pool.")
    shared = one[0]["content"].removesuffix("Lovely pool.")
    assert other[0]["content"] == shared + "Cold soup.", "all before the review is the same, for a prefix cache"


@given(st.text(min_size=1).map(str.strip).filter(bool))
def test_a_review_is_never_read_as_a_template(text: str) -> None:
    for review in (text, "{{ 7 * 7 }} {% include 'x' %} {# gone? #} " + text):
        assert prompt.render("analysis", review, "v1")[0]["content"].endswith(review)


def test_demonstrations_of_the_kind_are_earlier_turns() -> None:
    shown = [Demonstration("rewriting", "Meh.", "I was bored."), Demonstration("analysis", "x", "y")]
    messages = prompt.render("rewriting", "Lovely pool.", "v1", demonstrations=shown)
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[0]["content"].endswith("Meh.")
    assert messages[1]["content"] == "I was bored."
    assert messages[2]["content"] == "Review: Lovely pool."


def test_extraction_names_the_categories_of_acsa_only() -> None:
    acsa = prompt.render("extraction", "x", "v1", "acsa", ["food quality", "service general"])[0]["content"]
    atsa = prompt.render("extraction", "x", "v1", "atsa")[0]["content"]
    assert "- food quality\n- service general\n" in acsa
    assert "target" in atsa
    assert "category" not in atsa


def test_an_unknown_version_or_kind_names_those_that_exist() -> None:
    with pytest.raises(UserError, match=r"unknown version of the analysis prompt 'v99'.*There are: v1"):
        prompt.choose("analysis", "v99")
    with pytest.raises(UserError, match="did you mean 'rewriting'"):
        prompt.choose("rewritng")


def test_demonstrations_are_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "shown.jsonl"
    path.write_text('{"kind": "extraction", "review": "a", "answer": {"opinions": []}}\n\n', encoding="utf-8")
    assert prompt.read_demonstrations(path) == (Demonstration("extraction", "a", '{"opinions": []}'),)
    assert prompt.read_demonstrations(None) == ()
    for text, told in (
        ('{"kind": "analysis"', r'line 1: not {"kind": \.\.\., "review": \.\.\., "answer": \.\.\.}'),
        ('{"kind": "x", "review": "", "answer": ""}', "unknown kind"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(UserError, match=told):
            prompt.read_demonstrations(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="is not UTF-8; convert it first"):
        prompt.read_demonstrations(path)
    with pytest.raises(UserError, match="no demonstrations file"):
        prompt.read_demonstrations(tmp_path / "gone.jsonl")
