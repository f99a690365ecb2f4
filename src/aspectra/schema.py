"""The records passed between stages: frozen, without behavior.

Read and written by `aspectra.reviews`, `data`, `elicit` and `score`; every stage uses them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Polarity = Literal["positive", "negative", "neutral", "conflict"]
POLARITIES: tuple[Polarity, ...] = ("positive", "negative", "neutral", "conflict")

Kind = Literal["analysis", "rewriting", "extraction", "polarity"]
KINDS: tuple[Kind, ...] = ("analysis", "rewriting", "extraction", "polarity")

CUT = "cut"  # in a prediction's `extra`: the answer reached the length limit before its end

Span = tuple[int, int]  # characters of a text, the end exclusive


@dataclass(frozen=True, slots=True)
class Opinion:
    """One opinion of a sentence.

    `target` is the aspect term as in the text, None if it is not named. `start` and `end` are character offsets into
    the text (end exclusive), None if unknown. `words` are the annotated opinion words: empty if the opinion is
    implicit, or if the source does not annotate them. `annotated` are the offsets in a gold file if the text has no
    place for them: opinions at other places count as others all the same.
    """

    target: str | None
    category: str | None
    polarity: str
    start: int | None = None
    end: int | None = None
    words: tuple[str, ...] = ()
    annotated: tuple[int | None, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with its gold opinions, in the order of the file."""

    id: str
    text: str
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """A text to ask the teacher about. `rating` is the author's own, on the source's scale."""

    id: str
    text: str
    domain: str | None = None
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer of a teacher, or the reason why there is none: a row of `responses.parquet`.

    `tokens_in` and `tokens_out` are as the teacher counted them, None if it does not count. `settings` is the canonical
    JSON of the sampling settings. `created` is UTC, ISO 8601. `distribution` has the probabilities behind the text, as
    JSON (`aspectra.data.soft`), if the teacher gives them.
    """

    review_id: str
    review: str
    kind: str
    prompt_version: str
    model: str
    settings: str
    text: str | None
    finish_reason: str | None
    tokens_in: int | None
    tokens_out: int | None
    status: str
    reason: str | None
    attempts: int
    created: str
    distribution: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """A system's opinions of one sentence. `raw` is the linear form as written by a student, else None."""

    id: str
    text: str
    opinions: tuple[Opinion, ...] = ()
    raw: str | None = None
    extra: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
