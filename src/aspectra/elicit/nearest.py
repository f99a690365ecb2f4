"""Which demonstrations are most like a review (cosine of TF-IDF word vectors), and the prompt with those.

Called by whoever asks, plans or writes down requests: `aspectra.elicit.asking`, `plan`, `batches`, on a cluster too.
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
    """The demonstrations of one kind, to be asked for the `count` most like a text.

    Weight of a word: its count times log((1 + N) / (1 + n)) + 1, N demonstrations, n of them with the word (the
    smoothed TF-IDF of Salton and Buckley, 1988). A demonstration of the same words as the text is left out: it would
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
        """The nearest demonstrations, the most like the text last, where it is read just before the question."""
        words = WORD.findall(text.lower())
        scores: dict[int, float] = defaultdict(float)
        for word, n in Counter(words).items():
            for number, weight in self._places.get(word, ()):
                scores[number] += n * self._idf[word] * weight
        others = [i for i in range(len(self._shown)) if WORD.findall(self._shown[i].review.lower()) != words]
        best = sorted(others, key=lambda i: (-scores.get(i, 0.0), i))[: self._count]
        return tuple(self._shown[i] for i in reversed(best))


class Prompts:
    """The messages of each request, with the demonstrations that the settings want shown."""

    def __init__(self, config: ElicitConfig, demonstrations: Sequence[Demonstration]) -> None:
        self._config, self._shown = config, demonstrations
        self._nearest: dict[str, Nearest] = {}

    def messages(self, ask: Ask, text: str) -> Messages:
        """What a teacher is told so that it answers this ask about a review of these words."""
        config, shown = self._config, self._shown
        if config.nearest is not None:
            if ask.kind not in self._nearest:
                self._nearest[ask.kind] = Nearest([each for each in shown if each.kind == ask.kind], config.nearest)
            shown = self._nearest[ask.kind].pick(text)
        return render(ask.kind, text, ask.prompt_version, config.task, config.categories, shown)


def size(messages: Messages) -> int:
    """Bytes of the messages' words."""
    return sum(len(message["content"].encode("utf-8", "replace")) for message in messages)
