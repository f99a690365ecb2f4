"""Many continuations in one forward pass are as likely as each of them alone, without padding."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tiny import REVIEWS

from aspectra.errors import UserError
from aspectra.students.writers.likelihood import log_likelihoods
from aspectra.students.writers.stems import Stem
from aspectra.students.writers.writer import Writer

WAYS = (" Positive\n", " Very Positive\n", " Neutral\n", " x")


@pytest.fixture(scope="module", params=["causal", "seq2seq"])
def student(request: pytest.FixtureRequest) -> Writer:
    return Writer.load(request.getfixturevalue(request.param))


def plain(student: Writer, stem: Stem) -> list[float]:
    """Each way by itself, token by token in rows of one: what the batched pass must agree with."""
    import torch

    found = []
    for way in stem.ways:
        total = 0.0
        for i, token in enumerate(way):
            written = [*stem.begun, *way[:i]]
            inputs: dict[str, Any] = {"input_ids": torch.tensor([stem.prompt])}
            if student.family == "causal":
                inputs = {"input_ids": torch.tensor([[*stem.prompt, *written]])}
            else:
                start = student.model.config.decoder_start_token_id
                inputs["decoder_input_ids"] = torch.tensor([[start, *written]])
            with torch.inference_mode():
                total += float(student.model(**inputs).logits[0, -1].log_softmax(-1)[token])
        found.append(total)
    return found


def stems(student: Writer) -> list[Stem]:
    """Inputs and begun answers of many lengths, one with fewer ways than the others."""
    encoder = student.encoder(64, 1, True)
    made = []
    for i, review in enumerate(REVIEWS[:5]):
        begun = f'Opinion Target 1: "{review.split()[1]}"\n' + "Aspect: food\n" * (i % 3) + "Sentiment:"
        ids, ways = encoder.endings(begun, WAYS[: 2 if i == 3 else None])
        made.append(Stem(encoder.prompt("analysis", review), ids, ways))
    return made


@pytest.mark.parametrize("batch_size", [1, 3, 5])
def test_a_batch_agrees_with_a_plain_loop_without_padding(student: Writer, batch_size: int) -> None:
    made = stems(student)
    done: list[int] = []
    found = log_likelihoods(student, made, batch_size, done.append)
    assert len(found[3]) == 2
    assert sum(done) == len(made)
    for scores, stem in zip(found, made, strict=True):
        assert scores == pytest.approx(plain(student, stem), abs=2e-5)


def test_all_ways_of_a_batch_go_through_the_model_once(student: Writer) -> None:
    calls: list[int] = []
    hook = student.model.register_forward_hook(lambda *_: calls.append(1))
    log_likelihoods(student, stems(student), batch_size=5)
    hook.remove()
    assert len(calls) == 1


def test_the_ways_of_one_token_more_share_out_the_probability(causal: Path) -> None:
    """Over the whole vocabulary the next token's probabilities add up to one."""
    student = Writer.load(causal)
    encoder = student.encoder(64, 1, True)
    prompt = encoder.prompt("analysis", REVIEWS[0])
    every = Stem(prompt, encoder.ids(" Sentiment:"), [[token] for token in range(len(student.tokenizer))])
    (logs,) = log_likelihoods(student, [every])
    assert sum(map(math.exp, logs)) == pytest.approx(1.0, abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_any_ways_agree_with_the_plain_loop(student: Writer, data: st.DataObject) -> None:
    tokens = st.integers(1, len(student.tokenizer) - 1)
    some = st.lists(tokens, min_size=1, max_size=4)
    made = data.draw(
        st.lists(st.builds(Stem, some, some, st.lists(some, min_size=1, max_size=4)), min_size=1, max_size=4)
    )
    for scores, stem in zip(log_likelihoods(student, made), made, strict=True):
        assert scores == pytest.approx(plain(student, stem), abs=2e-5)


@pytest.mark.parametrize("ways", [WAYS, (" Positive\n",), ("ive\n", "e\n")])
def test_begun_and_way_are_the_tokens_of_the_whole_answer(student: Writer, ways: tuple[str, ...]) -> None:
    """Where a tokenizer joins the end of what is begun with a way's beginning, too ("posit" and "ive")."""
    encoder = student.encoder(64, 500, True)
    begun = 'Opinion Target 1: "soup"\nSentiment:' + ("" if ways[0].startswith(" ") else " posit")
    ids, found = encoder.endings(begun, ways)
    for way, tokens in zip(ways, found, strict=True):
        assert tokens, "a way has a token at least, though there be no other to differ from"
        whole = encoder.answer(begun + way)
        assert [*ids, *tokens] == whole[: len(ids) + len(tokens)]
        assert whole[len(ids) + len(tokens) :] == [encoder.end]


def test_a_model_that_does_not_only_attend_is_refused(causal: Path) -> None:
    student = Writer.load(causal)
    student.model.config.layer_types = ["full_attention", "conv"]
    with pytest.raises(UserError, match="attention layers only"):
        log_likelihoods(student, stems(student))
