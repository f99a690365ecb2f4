"""A chat completion as servers write it down, read as a reply."""

from __future__ import annotations

import pytest
from tests.vendors import TORN, said

from aspectra.teachers.completion import completion
from aspectra.teachers.teacher import TryError


@pytest.mark.parametrize("name", [name for name in TORN if TORN[name].get("choices")])
def test_an_answer_that_broke_off_is_a_fault_that_may_pass(name: str) -> None:
    with pytest.raises(TryError, match=r"^the answer broke off \(") as error:
        completion(TORN[name])
    taken = error.value.spent
    assert (taken and (taken.tokens_in, taken.tokens_out)) == (None if name == "torn-abort" else (100, 20))


@pytest.mark.parametrize(
    ("told", "meant"), [("max_tokens", "length"), ("SAFETY", "content_filter"), ("stop", "stop"), (None, None)]
)
def test_why_an_answer_ended_is_told_in_one_set_of_words(told: str | None, meant: str | None) -> None:
    assert completion(said({"content": "Yes."}, told)).finish_reason == meant
