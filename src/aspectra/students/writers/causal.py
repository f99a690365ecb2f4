"""Causal writers (SmolLM2, Qwen, Gemma...): the answer continues the input.

The text is plain, `marker: text\n=> answer<end>`, the same in pretraining and in every task, without a chat template.
One of the two implementations of `forms.Form`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from aspectra.errors import UserError
from aspectra.students.tensors import IGNORED, fill, padded
from aspectra.students.writers.stems import Stem, gathered

PACKABLE = ("full_attention", "sliding_attention", "chunked_attention")


class Causal:
    """Input and answer as one sequence."""

    name = "causal"
    lead = " "
    arrow = "\n=>"
    sentinels = False
    continues = True
    adapters = "CAUSAL_LM"
    pipeline = "text-generation"
    reads = "text to continue"
    auto = "AutoModelForCausalLM"

    def ends(self, before: list[int], after: list[int], end: int) -> tuple[list[int], list[int]]:
        """An answer starts where the input ends."""
        return [], [end]

    def collate(self, model: Any, pad: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        import torch

        wholes = [[*row["prompt"], *row["answer"]] for row in rows]
        targets = [[IGNORED] * len(row["prompt"]) + list(row["answer"]) for row in rows]
        batch = padded(wholes, pad) | {"labels": fill(targets, IGNORED)}
        # Logits are needed from the last token of the shortest prompt on; the head takes a fifth of the time.
        batch["first"] = torch.tensor(max(0, min(len(row["prompt"]) for row in rows) - 1))
        return batch

    def logits(self, model: Any, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        """For every place after the shortest prompt; the token at place i is predicted from place i - 1."""
        inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"], "use_cache": False}
        targets, first = batch["labels"], int(batch["first"])
        if trims_logits(model):
            found = model(**inputs, logits_to_keep=targets.shape[1] - first).logits[:, :-1]
        else:
            found = model(**inputs).logits[:, first:-1]
        return found, targets[:, first + 1 :]

    def check(self, model: Any) -> None:
        """Raise UserError unless tokens interact only through attention and the model accepts position ids."""
        layers = set(getattr(model.config, "layer_types", None) or ())
        if "position_ids" not in inspect.signature(model.forward).parameters or not layers <= set(PACKABLE):
            raise UserError(
                f"{type(model).__name__} cannot score several continuations at once: zero-shot needs a seq2seq "
                "student, or a causal one with attention layers only (SmolLM2, Qwen, Gemma, Llama...)"
            )

    def likelihoods(self, model: Any, pad: int, stems: Sequence[Stem]) -> list[list[float]]:
        """Each input and begun answer is read once; all its continuations follow in one row.

        A continuation attends only to the begun answer and itself, and has the positions that it would have alone. Its
        last token is only predicted, never read.
        """
        import torch

        place = model.device
        sizes = [len(s.prompt) + len(s.begun) + sum(len(way) - 1 for way in s.ways) for s in stems]
        width = max(sizes)
        contexts = [[*s.prompt, *s.begun] for s in stems]
        ids = fill(
            [c + [t for way in s.ways for t in way[:-1]] for c, s in zip(contexts, stems, strict=True)],
            pad,
            left=True,
        )
        positions = torch.zeros(len(stems), width, dtype=torch.long)
        # Padding attends to itself: attention over nothing is NaN.
        sees = torch.eye(width, dtype=torch.bool).repeat(len(stems), 1, 1)
        places: list[list[list[int]]] = []
        for row, (s, context) in enumerate(zip(stems, contexts, strict=True)):
            start = width - sizes[row]
            end = at = start + len(context)
            positions[row, start:end] = torch.arange(len(context))
            sees[row, start:end, start:end] = torch.ones(len(context), len(context)).tril().bool()
            places.append([])
            for way in s.ways:
                read = len(way) - 1
                positions[row, at : at + read] = len(context) + torch.arange(read)
                sees[row, at : at + read, start:end] = True
                sees[row, at : at + read, at : at + read] = torch.ones(read, read).tril().bool()
                places[-1].append([end - 1, *range(at, at + read)])
                at += read
        # Nothing is predicted before the end of the context, and the head over the vocabulary takes much of the time.
        keep = max(size - len(context) + 1 for size, context in zip(sizes, contexts, strict=True))
        kind = model.dtype
        mask = torch.zeros(sees.shape, dtype=kind).masked_fill(~sees, torch.finfo(kind).min)[:, None]
        logits = model(
            input_ids=ids.to(place),
            attention_mask=mask.to(place),
            position_ids=positions.to(place),
            use_cache=False,
            **({"logits_to_keep": keep} if trims_logits(model) else {}),
        ).logits
        skipped = width - logits.shape[1]
        rows = [[row] * len(s.ways) for row, s in enumerate(stems)]
        moved = [[[p - skipped for p in way] for way in ways] for ways in places]
        return gathered(logits, stems, rows, moved)


def trims_logits(model: Any) -> bool:
    """Whether a model's forward takes `logits_to_keep`, even behind wrappers (processes, adapters)."""
    inner = getattr(model, "module", model)
    inner = inner.get_base_model() if hasattr(inner, "get_base_model") else inner
    return "logits_to_keep" in inspect.signature(inner.forward).parameters
