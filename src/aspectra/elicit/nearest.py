"""Selects the demonstrations most similar to a review (cosine of TF-IDF vectors), and renders the prompt with them.

Called by `aspectra.elicit.asking`, `plan` and `batches`, on a cluster too.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from aspectra.config import ElicitConfig
from aspectra.elicit.prompt import Demonstration, render
from aspectra.elicit.store import Ask
from aspectra.teachers.teacher import Messages

WORD = re.compile(r"\w+")


class Nearest:
    """The demonstrations of one kind; `pick` returns the `count` most similar to a text.

    Weight of a word: its count times log((1 + N) / (1 + n)) + 1, N demonstrations, n of them with the word (the
    smoothed TF-IDF of Salton and Buckley, 1988). A demonstration with the same words as the text is excluded: it would
    be the answer.
    """

    def __init__(self, demonstrations: Sequence[Demonstration], count: int) -> None:
        self._shown, self._count = list(demonstrations), count
        bags = [Counter(WORD.findall(each.review.lower())) for each in self._shown]
        found = Counter(word for bag in bags for word in bag)
        self._idf = {word: math.log((1 + len(bags)) / (1 + n)) + 1 for word, n in found.items()}
        self._places: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, bag in enumerate(bags):
            length = math.sqrt(sum((n * self._idf[word]) ** 2 for word, n in bag.items())) or 1.0
            for word, n in bag.items():
                self._places[word].append((number, n * self._idf[word] / length))

    def pick(self, text: str) -> tuple[Demonstration, ...]:
        """The most similar demonstrations, the best last, so that it comes just before the question."""
        words = WORD.findall(text.lower())
        scores: dict[int, float] = defaultdict(float)
        for word, n in Counter(words).items():
            for number, weight in self._places.get(word, ()):
                scores[number] += n * self._idf[word] * weight
        others = [i for i in range(len(self._shown)) if WORD.findall(self._shown[i].review.lower()) != words]
        best = sorted(others, key=lambda i: (-scores.get(i, 0.0), i))[: self._count]
        return tuple(self._shown[i] for i in reversed(best))


class Prompts:
    """The messages of each request, with the demonstrations from the settings."""

    def __init__(self, config: ElicitConfig, demonstrations: Sequence[Demonstration]) -> None:
        self._config, self._shown = config, demonstrations
        self._nearest: dict[str, Nearest] = {}

    def messages(self, ask: Ask, text: str) -> Messages:
        """The prompt for this ask and a review with this text."""
        config, shown = self._config, self._shown
        if config.nearest is not None:
            if ask.kind not in self._nearest:
                self._nearest[ask.kind] = Nearest([each for each in shown if each.kind == ask.kind], config.nearest)
            shown = self._nearest[ask.kind].pick(text)
        return render(ask.kind, text, ask.prompt_version, config.task, config.categories, shown)


def size(messages: Messages) -> int:
    """Bytes of the messages' contents."""
    return sum(len(message["content"].encode("utf-8", "replace")) for message in messages)
