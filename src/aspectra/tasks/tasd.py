"""Target, category and polarity together: `fish | food quality | positive ; NULL | food prices | negative`.

Target aspect sentiment detection (Wan et al. 2020), on those sets of ACSA that mark targets too. There is no scorer of
the paper's authors for it: `paper` scoring means here that triplets are counted by the same rules. Gold: every distinct
(target, category, polarity, place). Predicted: the pieces between `;` that have exactly two `|`, one of the four
polarities, a category, and a target that is NULL or a substring of the sentence; the rest is dropped.
"""

from __future__ import annotations

from aspectra.schema import Opinion
from aspectra.tasks.acsa import named
from aspectra.tasks.anchor import anchor
from aspectra.tasks.linear import Scoring, Task, join

IMPLICIT = "NULL"  # how SemEval's files write a target that is not named


class Tasd(Task):
    """Opinions by target and category; those without a category are no part of it."""

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
        """A target that stands in the sentence, or NULL, with any category but the empty one."""
        target, *more = self.fields(subject)
        return all((target, *more)) and (target == IMPLICIT or target in text)

    def decode(self, raw: str, text: str) -> tuple[Opinion, ...]:
        """Opinions with their places; a target said twice is anchored to distinct places where it has them."""
        pairs = self.parse(raw, text, "strict").pairs
        said = [(*self.fields(subject), polarity) for subject, polarity in pairs]
        places = anchor(["" if target == IMPLICIT else target for target, _, _ in said], text)
        return tuple(
            Opinion(None if target == IMPLICIT else target, category, polarity, *(place or (None, None)))
            for (target, category, polarity), place in zip(said, places, strict=True)
        )
