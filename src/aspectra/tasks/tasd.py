"""Target, category and polarity together: `fish | food quality | positive ; NULL | food prices | negative`.

Target aspect sentiment detection (Wan et al. 2020), on the ACSA sets that also have targets. The paper's authors have
no scorer for it: `paper` scoring counts triplets by the same rules. Gold: every distinct (target, category, polarity,
place). Predicted: the pieces between `;` that have exactly two `|`, one of the four polarities, a category, and a
target that is NULL or a substring of the sentence; the rest is dropped.
"""

from __future__ import annotations

from aspectra.schema import Opinion
from aspectra.tasks.acsa import named
from aspectra.tasks.anchor import anchor
from aspectra.tasks.linear import Scoring, Task, join

IMPLICIT = "NULL"  # an implicit target in SemEval's files


class Tasd(Task):
    """Opinions by target and category; ignores those without a category."""

    name = "tasd"
    marker = "opinions by target and category"
    by = ("target", "category")
    data = "acsa"

    def subject(self, opinion: Opinion) -> str | None:
        """`target | category`, escaped: the target stripped, or NULL; the category lower-cased, `#` to a space."""
        if opinion.category is None:
            return None
        category = named(opinion.category)
        return join((opinion.target or "").strip() or IMPLICIT, category) if category else ""

    def fits(self, subject: str, text: str, scoring: Scoring) -> bool:
        """Whether the target is in the sentence or NULL, and the category is not empty."""
        target, *more = self.fields(subject)
        return all((target, *more)) and (target == IMPLICIT or target in text)

    def decode(self, raw: str, text: str) -> tuple[Opinion, ...]:
        """Opinions with their spans; a repeated target gets distinct spans if there are enough."""
        pairs = self.parse(raw, text, "strict").pairs
        said = [(*self.fields(subject), polarity) for subject, polarity in pairs]
        places = anchor(["" if target == IMPLICIT else target for target, _, _ in said], text)
        return tuple(
            Opinion(None if target == IMPLICIT else target, category, polarity, *(place or (None, None)))
            for (target, category, polarity), place in zip(said, places, strict=True)
        )
