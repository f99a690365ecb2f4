"""Aspect category sentiment analysis: `food quality | positive`, in the order of the file."""

from __future__ import annotations

from aspectra.schema import Opinion
from aspectra.tasks.linear import Scoring, Task


class Acsa(Task):
    """Opinions by category: lower-cased, `#` to a space. Categories are not checked against a list."""

    name = "acsa"
    marker = "opinions by category"
    by = ("category",)

    def subject(self, opinion: Opinion) -> str | None:
        return None if opinion.category is None else named(opinion.category)

    def fits(self, subject: str, text: str, scoring: Scoring) -> bool:
        """Any category but an empty one; the authors' scorer accepts that too."""
        return scoring == "paper" or subject != ""

    def decode(self, raw: str, text: str) -> tuple[Opinion, ...]:
        return tuple(Opinion(None, category, polarity) for category, polarity in self.parse(raw, text, "strict").pairs)


def named(category: str) -> str:
    """A category in the form of answers.

    >>> named("FOOD#STYLE_OPTIONS")
    'food style_options'
    """
    return category.lower().replace("#", " ").strip()


def in_words(category: str) -> str:
    """A category as a teacher writes it.

    >>> in_words("LAPTOP#OPERATION_PERFORMANCE")
    'laptop operation performance'
    """
    return " ".join(category.lower().replace("#", " ").replace("_", " ").split())
