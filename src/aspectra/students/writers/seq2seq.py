"""Sequence-to-sequence writers (T5, BART...): an encoder reads the input, a decoder writes the answer.

One of the two implementations of `forms.Form`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aspectra.students.tensors import IGNORED, fill, padded
from aspectra.students.writers.stems import Stem, gathered


class Seq2seq:
    """The encoder gets the input, the decoder the answer."""

    name = "seq2seq"
    lead = ""
    arrow = ""
    sentinels = True
    continues = False
    adapters = "SEQ_2_SEQ_LM"
    pipeline = "text2text-generation"
    reads = "input"
    auto = "AutoModelForSeq2SeqLM"

    def ends(self, before: list[int], after: list[int], end: int) -> tuple[list[int], list[int]]:
        """An answer is a separate text, with the tokenizer's own special ids."""
        return before, after or [end]

    def collate(self, model: Any, pad: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        answers = [list(row["answer"]) for row in rows]
        shifted = [[start_of(model, pad), *answer[:-1]] for answer in answers]
        batch = padded([row["prompt"] for row in rows], pad) | {"labels": fill(answers, IGNORED)}
        return batch | {"decoder_input_ids": fill(shifted, pad)}

    def logits(self, model: Any, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        inputs = {name: batch[name] for name in ("input_ids", "attention_mask", "decoder_input_ids")}
        return model(**inputs, use_cache=False).logits, batch["labels"]

    def check(self, model: Any) -> None:
        """Do nothing: every such model can score several continuations."""

    def likelihoods(self, model: Any, pad: int, stems: Sequence[Stem]) -> list[list[float]]:
        """Each input is read once. Each continuation is a row of the decoder, because T5 takes no position ids."""
        import torch
        from transformers.modeling_outputs import BaseModelOutput

        place = model.device
        inputs = {name: value.to(place) for name, value in padded([s.prompt for s in stems], pad).items()}
        states = model.get_encoder()(**inputs).last_hidden_state
        counts = torch.tensor([len(s.ways) for s in stems], device=place)
        answers = fill([[start_of(model, pad), *s.begun, *way[:-1]] for s in stems for way in s.ways], pad)
        # Padding is on the right and the decoder attends to the left, so it needs no mask.
        logits = model(
            encoder_outputs=BaseModelOutput(last_hidden_state=states.repeat_interleave(counts, 0)),
            attention_mask=inputs["attention_mask"].repeat_interleave(counts, 0),
            decoder_input_ids=answers.to(place),
            use_cache=False,
        ).logits
        numbers = iter(range(len(answers)))
        rows = [[next(numbers) for _ in s.ways] for s in stems]
        places = [[list(range(len(s.begun), len(s.begun) + len(way))) for way in s.ways] for s in stems]
        return gathered(logits, stems, rows, places)


def start_of(model: Any, pad: int) -> int:
    """The first token of the decoder."""
    start = getattr(model.config, "decoder_start_token_id", None)
    return pad if start is None else int(start)
