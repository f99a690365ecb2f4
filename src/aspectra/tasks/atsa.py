"""Aspect term sentiment analysis: `fish | positive ; service | negative`, in order of appearance."""

from __future__ import annotations

from aspectra.schema import Opinion
from aspectra.tasks.anchor import anchor
from aspectra.tasks.linear import Scoring, Task


class Atsa(Task):
    """Opinions by target term; ignores opinions without a target."""

    name = "atsa"
    marker = "opinions by target"
    by = ("target",)

    def subject(self, opinion: Opinion) -> str | None:
        """The target, stripped; None if there is none (null, or SemEval's 'NULL')."""
        return None if opinion.target is None or opinion.target == "NULL" else opinion.target.strip()

    def fits(self, subject: str, text: str, scoring: Scoring) -> bool:
        """Whether the term occurs in the sentence. The authors' scorer also accepts an empty one."""
        return subject in text and (scoring == "paper" or subject != "")

    def decode(self, raw: str, text: str) -> tuple[Opinion, ...]:
        """Opinions with their spans; a repeated term gets distinct spans if there are enough."""
        pairs = self.parse(raw, text, "strict").pairs
        places = anchor([term for term, _ in pairs], text)
        return tuple(
            Opinion(term, None, polarity, *(place or (None, None)))
            for (term, polarity), place in zip(pairs, places, strict=True)
        )
