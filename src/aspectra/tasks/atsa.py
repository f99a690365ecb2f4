"""Aspect term sentiment analysis: `fish | positive ; service | negative`, in order of appearance."""

from __future__ import annotations

from aspectra.schema import Opinion
from aspectra.tasks.anchor import anchor
from aspectra.tasks.linear import Scoring, Task


class Atsa(Task):
    """Opinions by the term that they are about; opinions whose target is not named are no part of it."""

    name = "atsa"
    marker = "opinions by target"
    by = ("target",)

    def subject(self, opinion: Opinion) -> str | None:
        """The target, stripped; None where it is not named (null, or SemEval's 'NULL')."""
        return None if opinion.target is None or opinion.target == "NULL" else opinion.target.strip()

    def fits(self, subject: str, text: str, scoring: Scoring) -> bool:
        """A term stands in the sentence; the empty one does for the authors' scorer only."""
        return subject in text and (scoring == "paper" or subject != "")

    def decode(self, raw: str, text: str) -> tuple[Opinion, ...]:
        """Opinions with their places; a term said twice is anchored to distinct places where it has them."""
        pairs = self.parse(raw, text, "strict").pairs
        places = anchor([term for term, _ in pairs], text)
        return tuple(
            Opinion(term, None, polarity, *(place or (None, None)))
            for (term, polarity), place in zip(pairs, places, strict=True)
        )
