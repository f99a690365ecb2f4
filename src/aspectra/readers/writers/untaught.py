"""Zero-shot polarity with a writer: the likelihood of each polarity's words in an analysis begun for the subject.

`verbalizers` has the formula. Called by `aspectra.readers.opening`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aspectra.progress import progress
from aspectra.readers.reader import TARGET, Leaning, Question, best
from aspectra.readers.writers import verbalizers
from aspectra.students.writers.encoder import Encoder
from aspectra.students.writers.likelihood import log_likelihoods
from aspectra.students.writers.stems import Stem
from aspectra.students.writers.writer import Writer

MARKER = "analysis"
Key = tuple[str, str]  # a text, and the begun analysis


class UntaughtWriter:
    """Implements `aspectra.readers.reader.Untaught`."""

    def __init__(
        self,
        name: str,
        folder: Path,
        aspect: str = TARGET,
        batch_size: int = 8,
        device: str = "auto",
        threads: int | None = None,
    ) -> None:
        """`name` is the progress bar's label, `aspect` the Aspect line of an analysis for a target without a
        category."""
        from aspectra import machine

        place = machine.device(device)
        machine.use_threads(threads)
        self.name, self.aspect, self.batch_size = name, aspect, batch_size
        self.writer = Writer.load(folder, place)

    def lean(self, questions: Sequence[Question]) -> tuple[list[Leaning], dict[str, Any]]:
        """Repeated questions and repeated content-free contexts are scored once.

        Figures, besides the Protocol's: `words_probability`, the mean probability that the student continues with any
        of the words. It is low if the student does not know the format.
        """
        from aspectra.quiet import quiet

        encoder = self.writer.own_encoder
        labels, words = zip(*ways(encoder), strict=True)
        keys = [(q.text, verbalizers.begun_for(q.target, q.category, self.aspect)) for q in questions]
        wanted = list(dict.fromkeys(keys))
        analyses = list(dict.fromkeys(begun for _, begun in wanted))
        free = [(text, begun) for begun in analyses for text in verbalizers.CONTENT_FREE]
        with quiet(), progress(f"zero-shot: {self.name}", len(analyses) + len(wanted) + len(free)) as bar:
            encoded = {}
            for begun in analyses:
                encoded[begun] = encoder.endings(begun, words)
                bar.advance()
            stems = [Stem(encoder.prompt(MARKER, text), *encoded[begun]) for text, begun in (*wanted, *free)]
            logs = log_likelihoods(self.writer, stems, self.batch_size, bar.advance)
        masses = {each: verbalizers.mass(labels, log) for each, log in zip((*wanted, *free), logs, strict=True)}
        said = [math.exp(verbalizers.log_sum(masses[each].values())) for each in wanted]
        figures = {
            "parameters": self.writer.parameters,
            "questions": len(wanted),
            "inputs_cut": encoder.cut_inputs,
            "words_probability": sum(said) / len(said),
        }
        return [leaning(masses, *key) for key in keys], figures


def ways(encoder: Encoder) -> list[tuple[str, str]]:
    """(label, continuation) in a form that this student can write; T5's vocabulary has no newline."""
    return verbalizers.ways(newline=encoder.ids("a\nb") != encoder.ids("a b"))


def leaning(masses: Mapping[Key, Mapping[str, float]], text: str, begun: str) -> Leaning:
    """The calibrated answer to one question."""
    mass = masses[text, begun]
    before = verbalizers.prior([masses[free, begun] for free in verbalizers.CONTENT_FREE])
    scores = verbalizers.calibrated(mass, before)
    return Leaning(best(scores), shares(scores), shares(verbalizers.normalized(mass)))


def shares(logs: Mapping[str, float]) -> dict[str, float]:
    """Probabilities from their logs."""
    return {label: math.exp(log) for label, log in logs.items()}
