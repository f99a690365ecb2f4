"""The two forms of writers behind one interface. Everything in which they differ is asked of the form.

Called by `encoder` and `writer`, and by `aspectra.readers.writers`; torch is imported by its methods alone.
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
    """What stands before an answer's first word."""
    arrow: str
    """What stands between the input and the answer, where they are one text."""
    sentinels: bool
    """Whether it restores hidden spans in T5's way, where its vocabulary has T5's sentinels."""
    continues: bool
    """Whether an answer continues its input: then inputs of a batch end together, with padding to the left."""
    adapters: str
    """The task type by which peft makes adapters."""
    pipeline: str
    """The pipeline tag of a model card."""
    reads: str
    """What a card calls the input."""
    auto: str
    """The class of transformers that loads it."""

    def ends(self, before: list[int], after: list[int], end: int) -> tuple[list[int], list[int]]:
        """(ids that begin an answer, ids that end it) where the tokenizer frames a text by `before` and `after`."""
        ...

    def collate(self, model: Any, pad: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Rows {"prompt": ids, "answer": ids} -> tensors, padded to the longest of the batch only.

        `labels` are -100 wherever nothing is to be learned, and that is decided by place, never by value: where the pad
        token is the end token, the end is learned all the same.
        """
        ...

    def logits(self, model: Any, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        """(scores (rows, places, vocabulary), the labels that they predict (rows, places)) of a collated batch."""
        ...

    def check(self, model: Any) -> None:
        """Raise UserError where a model of this form cannot be asked for several continuations at once."""
        ...

    def likelihoods(self, model: Any, pad: int, stems: Sequence[Stem]) -> list[list[float]]:
        """For each stem the natural log of the probability of each of its ways."""
        ...


FORMS: dict[str, Form] = {form.name: form for form in (Seq2seq(), Causal())}
