"""The engine that runs an export with CTranslate2: no torch, no transformers.

Called by `aspectra.readers.opening` and `export`. In an export, a token's name is its id in digits, so names are
unique.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.info import EXPORT, read_info
from aspectra.readers.writers.convert import FORMAT
from aspectra.readers.writers.engine import Grammar, Written
from aspectra.readers.writers.words import Words
from aspectra.students.writers.encoder import encoder_of
from aspectra.students.writers.stems import Stem


class Exported(ABC):
    """An export, by default in the compute type that it was made for."""

    runner: str
    """The ctranslate2 class that runs it."""

    def __init__(self, folder: Path, compute: str | None = None, threads: int | None = None) -> None:
        """Raises UserError if the export cannot be read, or if the machine does not support the compute type."""
        need("deploy", "an export of a writer")
        import ctranslate2

        self.info = read_info(folder)
        about = self.info[EXPORT]
        here = ctranslate2.get_supported_compute_types("cpu")
        if compute is not None and compute not in here:
            raise UserError(f"this machine does not support {compute}; it supports: {', '.join(sorted(here))}")
        kind: Any = getattr(ctranslate2, self.runner)
        try:
            self.model = kind(str(folder), device="cpu", compute_type=compute or "default", intra_threads=threads or 0)
        except (RuntimeError, ValueError) as error:
            raise UserError(f"cannot load the export {folder} ({error}); export the model again") from None
        self.encoder = encoder_of(Words(folder, about["end"]), self.info)

    @property
    def parameters(self) -> int:
        return int(self.info[EXPORT]["parameters"])

    def write(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, grammars: Sequence[Grammar] | None = None
    ) -> list[Written]:
        answers = self.freely(prompts, [Written([], True, []) for _ in prompts], max_new_tokens)
        return answers if grammars is None else self.mended(prompts, answers, max_new_tokens, grammars)

    def mended(
        self,
        prompts: Sequence[Sequence[int]],
        answers: list[Written],
        limit: int,
        grammars: Sequence[Grammar],
    ) -> list[Written]:
        """Answers that match their grammars.

        An unconstrained answer is kept up to the first token that is not allowed. That token is replaced by the most
        likely allowed one, and the rest is written again without constraints. Few rows need this, and only few times.
        """
        answers = list(answers)
        broken = {i: self.broken(answer, grammars[i]) for i, answer in enumerate(answers)}
        while broken := {i: found for i, found in broken.items() if found is not None}:
            begun = [Written(answers[i].ids[:count], True, answers[i].logs[:count]) for i, (count, _) in broken.items()]
            scores = self.scores([prompts[i] for i in broken], begun)
            going: dict[int, Written] = {}
            for (i, (_, allowed)), b, row in zip(broken.items(), begun, scores, strict=True):
                best = max(sorted(allowed), key=row.__getitem__)
                if best == self.encoder.end:
                    answers[i] = Written(b.ids, False, b.logs)
                else:
                    answers[i] = going[i] = Written([*b.ids, best], True, [*b.logs, float(row[best])])
            going = {i: b for i, b in going.items() if len(b.ids) < limit}
            if going:
                more = self.freely([prompts[i] for i in going], list(going.values()), limit)
                answers = [dict(zip(going, more, strict=True)).get(i, answer) for i, answer in enumerate(answers)]
            broken = {i: self.broken(answers[i], grammars[i]) for i in going}
        return answers

    def broken(self, answer: Written, grammar: Grammar) -> tuple[int, Collection[int]] | None:
        """(number of valid tokens of an answer, the tokens allowed next); None if all are valid."""
        state = grammar.start()
        for count, token in enumerate([*answer.ids, *([] if answer.cut else [self.encoder.end])]):
            allowed = grammar.allowed(state)
            if token not in allowed:
                return count, allowed
            state = grammar.step(state, token)
        return None

    def scores(self, prompts: Sequence[Sequence[int]], begun: Sequence[Written]) -> Any:
        """log p of every token after the begun answers: an array (rows, vocabulary)."""
        import numpy

        logits = numpy.stack([numpy.array(row, dtype=numpy.float32) for row in self.logits(prompts, begun)])
        top = logits.max(-1, keepdims=True)
        return logits - top - numpy.log(numpy.exp(logits - top).sum(-1, keepdims=True))

    def freely(self, prompts: Sequence[Sequence[int]], begun: Sequence[Written], limit: int) -> list[Written]:
        """Complete each begun answer, up to `limit` tokens."""
        logs: list[list[float]] = [[] for _ in prompts]

        def note(step: Any) -> bool:
            logs[step.batch_id].append(step.log_prob)
            return False

        settings = {"end_token": [self.encoder.end], "return_end_token": True, "callback": note, "return_scores": True}
        ended = self.ended(prompts, begun, limit, settings)
        found = []
        for ids, b, log in zip(ended, begun, logs, strict=True):
            log = log[self.told(b) :]
            ids = ids[:limit]
            cut = not ids or ids[-1] != self.encoder.end
            ids = ids if cut else ids[:-1]
            found.append(Written(ids, cut, [*b.logs, *log][: len(ids)]))
        return found

    def likelihoods(self, stems: Sequence[Stem]) -> list[list[float]]:
        ways = [(stem, way) for stem in stems for way in stem.ways]
        results = self.scored(ways)
        scores = iter(
            [
                sum(result.log_probs[first : first + len(way)])
                for (result, first), (_, way) in zip(results, ways, strict=True)
            ]
        )
        return [[next(scores) for _ in stem.ways] for stem in stems]

    @abstractmethod
    def logits(self, prompts: Sequence[Sequence[int]], begun: Sequence[Written]) -> list[Any]:
        """The logits of every token after the begun answers, one row each."""

    @abstractmethod
    def ended(
        self, prompts: Sequence[Sequence[int]], begun: Sequence[Written], limit: int, settings: dict[str, Any]
    ) -> list[list[int]]:
        """The ids of whole answers, including the begun part."""

    @abstractmethod
    def told(self, begun: Written) -> int:
        """The number of begun tokens that the callback also gets, as if they were certain."""

    @abstractmethod
    def scored(self, ways: Sequence[tuple[Stem, list[int]]]) -> list[tuple[Any, int]]:
        """(ctranslate2's scores of the whole, index of the continuation in it) for each stem and continuation."""


class Translating(Exported):
    """A seq2seq writer."""

    runner = "Translator"

    def logits(self, prompts: Sequence[Sequence[int]], begun: Sequence[Written]) -> list[Any]:
        longest = max(len(b.ids) for b in begun)
        results = self.translate(prompts, begun, longest + 1, {"return_logits_vocab": True})
        return [result.logits[0][len(b.ids)] for b, result in zip(begun, results, strict=True)]

    def ended(
        self, prompts: Sequence[Sequence[int]], begun: Sequence[Written], limit: int, settings: dict[str, Any]
    ) -> list[list[int]]:
        results = self.translate(prompts, begun, limit, settings)
        return [[int(token) for token in result.hypotheses[0]] for result in results]

    def told(self, begun: Written) -> int:
        return len(begun.ids)

    def scored(self, ways: Sequence[tuple[Stem, list[int]]]) -> list[tuple[Any, int]]:
        prompts = [named(stem.prompt) for stem, _ in ways]
        answers = [named([*stem.begun, *way]) for stem, way in ways]
        results = self.model.score_batch(prompts, answers, max_input_length=0)
        # The end token is scored too; it is not used.
        return [(result, len(stem.begun)) for result, (stem, _) in zip(results, ways, strict=True)]

    def translate(
        self, prompts: Sequence[Sequence[int]], begun: Sequence[Written], limit: int, settings: dict[str, Any]
    ) -> Any:
        """Whole answers of at most `limit` tokens, including the begun part."""
        return self.model.translate_batch(
            [named(prompt) for prompt in prompts],
            target_prefix=[named(b.ids) for b in begun],
            beam_size=1,
            max_input_length=0,
            min_decoding_length=0,
            max_decoding_length=limit,
            **settings,
        )


class Generating(Exported):
    """A causal writer."""

    runner = "Generator"

    def logits(self, prompts: Sequence[Sequence[int]], begun: Sequence[Written]) -> list[Any]:
        return [result.logits[0][-1] for result in self.generate(prompts, begun, 1, {"return_logits_vocab": True})]

    def ended(
        self, prompts: Sequence[Sequence[int]], begun: Sequence[Written], limit: int, settings: dict[str, Any]
    ) -> list[list[int]]:
        rest = max(limit - len(b.ids) for b in begun)
        more = self.generate(prompts, begun, rest, settings)
        return [[*b.ids, *result.sequences_ids[0]] for b, result in zip(begun, more, strict=True)]

    def told(self, begun: Written) -> int:
        return 0

    def scored(self, ways: Sequence[tuple[Stem, list[int]]]) -> list[tuple[Any, int]]:
        whole = [named([*stem.prompt, *stem.begun, *way]) for stem, way in ways]
        results = self.model.score_batch(whole, max_input_length=0)
        # The very first token has no score.
        return [
            (result, len(stem.prompt) + len(stem.begun) - 1) for result, (stem, _) in zip(results, ways, strict=True)
        ]

    def generate(
        self, prompts: Sequence[Sequence[int]], begun: Sequence[Written], limit: int, settings: dict[str, Any]
    ) -> Any:
        """At most `limit` more tokens of each answer."""
        return self.model.generate_batch(
            [named([*prompt, *b.ids]) for prompt, b in zip(prompts, begun, strict=True)],
            beam_size=1,
            include_prompt_in_result=False,
            max_length=limit,
            **settings,
        )


RUNNING: dict[str, type[Exported]] = {"seq2seq": Translating, "causal": Generating}


def exported(folder: Path, compute: str | None = None, threads: int | None = None) -> Exported:
    """The export in a folder. Raises UserError for one of another version, and as its class does."""
    info = read_info(folder)
    if info[EXPORT].get("format") != FORMAT or info.get("family") not in RUNNING:
        raise UserError(f"{folder} was exported by another version of Aspectra; export the model again")
    return RUNNING[info["family"]](folder, compute, threads)


def named(ids: Sequence[int]) -> list[str]:
    """Ids as an export's token names."""
    return list(map(str, ids))
