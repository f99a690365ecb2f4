"""Groups targets by meaning: waiter, staff and `guy at the desk` are one topic.

`find` finds the topics, `given` uses the user's. Both return a `Grouping`, which maps any target to its topic. The
result is deterministic. docs/results/topics.md shows how the settings were chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aspectra.meaning.linkage import average_linkage, cut
from aspectra.readers.taggers.meanings import Meanings, unit

OTHER = "other"  # the name for targets without a topic
OVERALL = "overall"  # the name for opinions without a target
MOST = 20_000  # targets used to find topics: the most frequent
HEAD = 2_000  # of them clustered pairwise: 16 MB of cosines
BLOCK = 4_096  # rows of the rest in one batch
AROUND = 0.25  # weight of the sentences around a target, relative to the target
NEAR = 0.08  # mean cosine above which two groups are merged
SHARE = 0.01  # of all mentions: a smaller group is not a topic
FEW = 100  # with fewer mentions, a target that occurs once may be a topic
FITS = 0.25  # minimum cosine with a topic to belong to it
LIKE = 0.25  # minimum cosine with a name or an example to belong to a user's topic


@dataclass(frozen=True, slots=True)
class Subject:
    """A target, its number of mentions, and some sentences around it, with the target removed."""

    text: str
    count: int
    around: Sequence[str] = ()


@dataclass
class Grouping:
    """Topics by name, the most frequent first, and a classifier of targets.

    `centers` (points, width) are vectors of length one; a topic with examples has several. `of` has the topic's number
    for each. `shift` is the mean of all targets, which carries no information.
    """

    names: list[str]
    centers: Any
    of: Any
    shift: Any
    least: float
    meanings: Meanings
    known: dict[str, str | None] = field(default_factory=dict)

    def topics(self, targets: Sequence[str]) -> list[str | None]:
        """The topic of each target; None if no topic fits."""
        fresh = [target for target in dict.fromkeys(targets) if target not in self.known]
        found = dict(zip(fresh, self.nearest(apart(self.meanings.of(fresh), self.shift)), strict=True))
        return [self.known[target] if target in self.known else found[target] for target in targets]

    def nearest(self, vectors: Any) -> list[str | None]:
        """The topic of each row of (n, width), in batches."""
        if not self.names:
            return [None] * len(vectors)
        found: list[str | None] = []
        for start in range(0, len(vectors), BLOCK):
            near = vectors[start : start + BLOCK] @ self.centers.T
            best = near.argmax(axis=1)
            for row, point in enumerate(best.tolist()):
                found.append(self.names[self.of[point]] if near[row, point] >= self.least else None)
        return found


def called(target: str) -> str:
    """The name of a topic that is named after a target: apart from those for what is under no topic.

    >>> called("room"), called("Overall")
    ('room', 'Overall (topic)')
    """
    return f"{target} (topic)" if target.casefold() in (OTHER, OVERALL) else target


def ordered(subjects: Sequence[Subject]) -> list[Subject]:
    """The most frequent first, ties by spelling."""
    return sorted(subjects, key=lambda subject: (-subject.count, subject.text))[:MOST]


def seen(subjects: Sequence[Subject], meanings: Meanings) -> tuple[Any, Any]:
    """The vectors of targets (n, width) minus their mean, and the mean."""
    import numpy as np

    vectors = meanings.of([subject.text for subject in subjects])
    counts = np.array([subject.count for subject in subjects], np.float32)
    # With a single target, only rounding errors would be left.
    shift = counts @ vectors / max(1.0, float(counts.sum())) if len(subjects) > 1 else 0.0
    return apart(vectors, shift), shift


def apart(vectors: Any, shift: Any) -> Any:
    """Vectors minus the mean, normalized to length one. Zero vectors (no meaning) stay zero."""
    return unit((vectors - shift) * vectors.any(axis=1)[:, None])


def find(subjects: Sequence[Subject], meanings: Meanings) -> Grouping:
    """Find topics: cluster the most frequent targets by meaning and by the sentences around them, keep the groups with
    many mentions, and assign each other target to the nearest one.

    A topic is named after its most typical target: close to its center, and frequent.
    """
    import numpy as np

    subjects = ordered(subjects)
    if not subjects:
        return Grouping([], np.zeros((0, 0)), [], 0.0, FITS, meanings)
    vectors, shift = seen(subjects, meanings)
    counts = np.array([subject.count for subject in subjects], np.float64)
    head = min(HEAD, len(subjects))
    placed = beside(vectors[:head], subjects[:head], meanings)
    groups = cut(average_linkage(placed, np.sqrt(counts[:head])), head, NEAR)
    weights: Counter[int] = Counter()
    for group, count in zip(groups, counts.tolist(), strict=False):
        weights[group] += count
    floor = max(2.0, SHARE * counts[:head].sum()) if counts.sum() >= FEW else 1.0
    kept = [group for group, weight in sorted(weights.items(), key=lambda one: (-one[1], one[0])) if weight >= floor]
    members = [[n for n, group in enumerate(groups) if group == one] for one in kept]
    centers = [unit((np.sqrt(counts[some]) @ vectors[some])[None])[0] for some in members]
    names = []
    for some, center in zip(members, centers, strict=True):
        # Rounded, so that ties are broken by frequency and spelling, not by a processor's last digits.
        typical = np.round(vectors[some] @ center * counts[some], 4)
        names.append(called(subjects[some[int(typical.argmax())]].text))
    width = vectors.shape[1]
    found = Grouping(names, np.array(centers).reshape(-1, width), range(len(names)), shift, FITS, meanings)
    found.known = dict(zip([subject.text for subject in subjects], found.nearest(vectors), strict=True))
    for name, some in zip(names, members, strict=True):
        found.known.update((subjects[n].text, name) for n in some)
    return found


def beside(vectors: Any, subjects: Sequence[Subject], meanings: Meanings) -> Any:
    """The vectors of targets plus the weighted vectors of the sentences around them."""
    return unit(vectors + AROUND * around(subjects, meanings))


def around(subjects: Sequence[Subject], meanings: Meanings) -> Any:
    """The mean vector of the sentences around each target, minus the overall mean, (n, width)."""
    import numpy as np

    sentences = [sentence for subject in subjects for sentence in subject.around]
    whose = np.repeat(np.arange(len(subjects)), [len(subject.around) for subject in subjects])
    width = meanings.width
    sums = np.zeros((len(subjects), width), np.float32)
    np.add.at(sums, whose, meanings.of(sentences))
    some = sums.any(axis=1)
    sums = unit(sums)
    sums[some] = unit(sums[some] - sums[some].mean(axis=0)) if some.any() else sums[some]
    return sums


def given(named: Mapping[str, Sequence[str]], subjects: Sequence[Subject], meanings: Meanings) -> Grouping:
    """A user's topics: names with examples. A target belongs to the topic with the nearest name or example."""
    import numpy as np

    subjects = ordered(subjects)
    vectors, shift = seen(subjects, meanings) if subjects else (None, 0.0)
    said = [(number, text) for number, (name, more) in enumerate(named.items()) for text in (name, *more)]
    centers = apart(meanings.of([text for _, text in said]), shift)
    grouping = Grouping(list(named), centers, np.array([n for n, _ in said]), shift, LIKE, meanings)
    if subjects:
        grouping.known = dict(zip([s.text for s in subjects], grouping.nearest(vectors), strict=True))
    # Exact matches need no comparison of meaning, and some words have no vector here.
    whose = {text.casefold(): list(named)[number] for number, text in said}
    grouping.known |= {s.text: whose[s.text.casefold()] for s in subjects if s.text.casefold() in whose}
    return grouping
