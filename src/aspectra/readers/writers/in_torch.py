"""The engine that runs a student's own folder with transformers: the reference for checking an export.

Called by `aspectra.readers.opening` and `export`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra.extras import need
from aspectra.quiet import quiet
from aspectra.readers.writers.engine import Grammar, Written
from aspectra.students.writers.decode import copy_of, write
from aspectra.students.writers.likelihood import log_likelihoods
from aspectra.students.writers.stems import Stem
from aspectra.students.writers.writer import Writer


class Whole:
    """A student in 32-bit floats, or in 16 bits if requested and faster on the device."""

    def __init__(self, student: Writer) -> None:
        self.student, self.info, self.encoder = student, student.info, student.own_encoder

    @classmethod
    def open(cls, folder: Path, threads: int | None = None, device: str = "auto", bf16: bool = False) -> Whole:
        """Load a folder. Raises UserError if it has no usable model, or if the extra `train` is missing."""
        need("train", "a student that is not exported")
        from aspectra import machine

        machine.use_threads(threads)
        place = machine.device(device)
        student = Writer.load(folder, place)
        return cls(copy_of(student, bf16=True) if bf16 and machine.has_bf16(place) else student)

    @property
    def parameters(self) -> int:
        return self.student.parameters

    def write(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, grammars: Sequence[Grammar] | None = None
    ) -> list[Written]:
        import torch

        watch = Watch(grammars, self.encoder.end)
        with quiet(), torch.inference_mode():
            answers = write(self.student, prompts, max_new_tokens, watch)
        logs = torch.stack(watch.logs, 1).tolist()
        return [Written(ids, cut, log[: len(ids)]) for (ids, cut), log in zip(answers, logs, strict=True)]

    def likelihoods(self, stems: Sequence[Stem]) -> list[list[float]]:
        return log_likelihoods(self.student, stems, len(stems))


class Watch:
    """A logits processor of greedy decoding: records log p of the chosen tokens, and applies grammars."""

    def __init__(self, grammars: Sequence[Grammar] | None, end: int) -> None:
        self.grammars, self.end = grammars, end
        self.states: list[Any] = [grammar.start() for grammar in grammars or ()]
        self.logs: list[Any] = []

    def __call__(self, ids: Any, scores: Any) -> Any:
        whole = scores.float().logsumexp(-1)
        if self.grammars is not None:
            scores = self.masked(ids[:, -1].tolist(), scores)
        self.logs.append((scores.max(-1).values.float() - whole).cpu())
        return scores

    def masked(self, last: Sequence[int], scores: Any) -> Any:
        """The scores, with minus infinity for tokens that a row's grammar does not allow."""
        import torch

        bias = torch.full_like(scores, float("-inf"))
        for row, grammar in enumerate(self.grammars or ()):
            if self.logs and self.states[row] is not None:
                # After its end an answer has only padding, so it is no longer tracked.
                self.states[row] = None if last[row] == self.end else grammar.step(self.states[row], last[row])
            if self.states[row] is None:
                bias[row] = 0
            else:
                bias[row, list(grammar.allowed(self.states[row]))] = 0
        return scores + bias
