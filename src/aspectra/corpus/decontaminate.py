"""Keeps evaluation sentences out of the training text. Called by `aspectra.corpus.build`.

A text is contaminated if it shares a run of `ngram` words (8, as in the reports of GPT-3 and later models) with an
evaluation sentence, or if one of its sentences equals a shorter evaluation sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aspectra.corpus.words import words
from aspectra.data.datasets import find, known, unknown_set
from aspectra.errors import UserError
from aspectra.sentences import spans
from aspectra.tasks import TASKS


class Evaluation:
    """The word n-grams of the evaluation sentences."""

    def __init__(self, ngram: int) -> None:
        self.ngram = ngram
        self.runs: set[tuple[str, ...]] = set()
        self.short: set[tuple[str, ...]] = set()
        self.sentences = 0

    def add(self, sentences: Iterable[str]) -> None:
        """Add evaluation sentences."""
        for sentence in sentences:
            said = words(sentence)
            self.sentences += 1
            if len(said) >= self.ngram:
                self.runs.update(said[i : i + self.ngram] for i in range(len(said) - self.ngram + 1))
            elif said:
                self.short.add(said)

    def leaks(self, text: str) -> bool:
        """Whether a text contains an evaluation sentence or a long enough run of one."""
        said = words(text)
        if any(said[i : i + self.ngram] in self.runs for i in range(len(said) - self.ngram + 1)):
            return True
        return said in self.short or any(words(text[a:b]) in self.short for a, b in spans(text))


def files(names: Iterable[str]) -> list[Path]:
    """The files behind `evaluation` settings: a file, a folder of JSON files, or `NAME` or `TASK/NAME` of a set.

    Of a named set, dev, test and hard test are evaluation; its training sentences are not. A bare NAME is the set of
    the first task that has one. Raises UserError if something does not exist.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_file():
            found.append(path)
            continue
        folder = path
        if not path.is_dir():
            head, slash, tail = name.partition("/")
            sets = {here: task for task in [*TASKS][::-1] for here in known(task)}
            if slash and head in TASKS:
                folder = find(head, tail)
            elif name in sets:
                folder = find(sets[name], name)
            else:
                raise unknown_set("evaluation set", name, sets)
        parts = [folder / f"{part}.json" for part in ("dev", "test", "hard_test")]
        here = [part for part in parts if part.is_file()]
        if not here:
            raise UserError(f"{folder} has no dev.json, test.json or hard_test.json to compare with")
        found += here
    return found
