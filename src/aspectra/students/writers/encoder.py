"""Converts a writer's texts to token ids and back. Needs a tokenizer, no torch.

A writer reads `marker: text` and writes an answer. Called by `writer`, `denoise` and `aspectra.readers.writers`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from aspectra.students.writers.forms import FORMS, Form

NEWLINE = "[NL]"


@dataclass
class Encoder:
    """Texts to token ids and back. `cut_inputs` and `cut_answers` count the truncated ones."""

    tokenizer: Any
    form: Form
    input_tokens: int
    answer_tokens: int
    marker: bool
    cut_inputs: int = 0
    cut_answers: int = 0

    def __post_init__(self) -> None:
        self.newline = NEWLINE in self.tokenizer.get_vocab()
        bare, whole = self.ids("a"), self.tokenizer("a").input_ids
        start = next((i for i in range(len(whole)) if whole[i : i + len(bare)] == bare), 0)
        self.before, self.after = whole[:start], whole[start + len(bare) :]
        self.end = self.tokenizer.eos_token_id
        self.begin, self.finish = self.form.ends(self.before, self.after, self.end)
        self.tail = self.ids(self.form.arrow) or self.after
        self.room = max(1, self.input_tokens - len(self.before) - len(self.tail))

    def ids(self, text: str) -> list[int]:
        """Token ids without special ones; text that looks like a special token stays text."""
        if self.newline:
            text = text.replace("\r\n", "\n").replace("\n", NEWLINE)
        # A review that contains the text of an end token must not become one.
        return list(self.tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids) if text else []

    def prompt(self, marker: str, text: str) -> list[int]:
        """What the student reads. An input over `input_tokens` is truncated inside its frame, and counted."""
        return self.frame(self.ids(f"{marker}: {text}" if self.marker else text))

    def frame(self, body: list[int]) -> list[int]:
        """Add the family's special ids around the ids of `marker: text`, within `input_tokens`."""
        if len(body) > self.room:
            self.cut_inputs += 1
            body = body[: self.room]
        return [*self.before, *body, *self.tail]

    def answer(self, text: str) -> list[int]:
        """The answer to train on, with the end token unless it is truncated."""
        return self.closed(self.ids(f"{self.form.lead}{text}" if text else ""))

    def closed(self, body: list[int]) -> list[int]:
        """The ids of an answer with those that begin and end it, within `answer_tokens`."""
        whole = [*self.begin, *body, *self.finish]
        if len(whole) > self.answer_tokens:
            self.cut_answers += 1
            # Without an end token: the student must not learn to stop in the middle.
            whole = whole[: self.answer_tokens]
        return whole

    def row(self, marker: str, text: str, answer: str) -> tuple[list[int], list[int]]:
        """(ids of the prompt, ids of the answer) of one training row."""
        return self.prompt(marker, text), self.answer(answer)

    def text(self, ids: Sequence[int]) -> str:
        """A written answer as text: without special tokens, `[NL]` as a newline, stripped."""
        return self.spelled(ids).strip()

    def spelled(self, ids: Sequence[int]) -> str:
        """The same, not stripped."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return re.sub(r" ?\[NL\] ?", "\n", text) if self.newline else text

    def endings(self, begun: str, ways: Sequence[str]) -> tuple[list[int], list[list[int]]]:
        """The ids of a begun answer and of each continuation; the texts are joined without a separator.

        Each whole answer is encoded as in training and split at the first difference. So the scored ids are those that
        the student would write, even if its tokenizer merges the end of `begun` with the start of a continuation.
        """
        lead = self.form.lead
        wholes = [self.ids(f"{lead}{begun}{way}") for way in ways]
        same = takewhile(lambda column: len(set(column)) == 1, zip(self.ids(f"{lead}{begun}"), *wholes, strict=False))
        shared = sum(1 for _ in same)
        return [*self.begin, *wholes[0][:shared]], [whole[shared:] for whole in wholes]


def encoder_of(tokenizer: Any, info: Mapping[str, Any]) -> Encoder:
    """The encoder of a writer's fine-tuning, from its `aspectra.json`: for inputs, not for training answers."""
    tokens, marker = int(info.get("input_tokens", 256)), bool(info.get("marker", True))
    return Encoder(tokenizer, FORMS[info["family"]], tokens, 1, marker)
