"""The two forms of writers behind one interface, which covers every difference between them.

Called by `encoder` and `writer`, and by `aspectra.readers.writers`. Only its methods import torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aspectra.students.writers.causal import Causal
from aspectra.students.writers.seq2seq import Seq2seq
from aspectra.students.writers.stems import Stem


class Form(Protocol):
    """How a writer reads and writes."""

    name: str
    lead: str
    """Text before an answer's first word."""
    arrow: str
    """Text between the input and the answer, if they are one text."""
    sentinels: bool
    """Whether it restores masked spans in T5's format, if its vocabulary has T5's sentinels."""
    continues: bool
    """Whether an answer continues its input. Then the inputs of a batch are padded on the left."""
    adapters: str
    """peft's task type for adapters."""
    pipeline: str
    """The pipeline tag of the model card."""
    reads: str
    """The model card's name for the input."""
    auto: str
    """The transformers class that loads it."""

    def ends(self, before: list[int], after: list[int], end: int) -> tuple[list[int], list[int]]:
        """(ids that begin an answer, ids that end it); the tokenizer puts `before` and `after` around a text."""
        ...

    def collate(self, model: Any, pad: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Rows {"prompt": ids, "answer": ids} -> tensors, padded to the longest of the batch.

        `labels` are -100 outside the answers. This is decided by place, not by value: if the pad token is the end
        token, the end is trained on all the same.
        """
        ...

    def logits(self, model: Any, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        """(logits (rows, places, vocabulary), their labels (rows, places)) of a collated batch."""
        ...

    def check(self, model: Any) -> None:
        """Raise UserError if a model of this form cannot score several continuations at once."""
        ...

    def likelihoods(self, model: Any, pad: int, stems: Sequence[Stem]) -> list[list[float]]:
        """For each stem, the natural log of the probability of each of its continuations."""
        ...


FORMS: dict[str, Form] = {form.name: form for form in (Seq2seq(), Causal())}
