"""Soft labels of silver sentences: splits a teacher's probabilities by sentence. Called by `build`."""

from __future__ import annotations

from collections.abc import Iterable

from aspectra.data.soft import Soft, behind
from aspectra.schema import Example, Response
from aspectra.sentences import spans


def soften(review: str, examples: Iterable[Example], answer: Response | None) -> dict[str, Soft]:
    """The probabilities behind an `extraction` answer, by the id of the sentence.

    For a repeated sentence, the first place counts. Raises UserError if the probabilities cannot be read.
    """
    if answer is None or answer.distribution is None:
        return {}
    told = behind(answer.distribution, f"the answer to the review {answer.review_id}")
    places: dict[str, tuple[int, int]] = {}
    for start, end in spans(review):
        places.setdefault(review[start:end], (start, end))
    found = {}
    for example in examples:
        start, end = places[example.text]
        parts = [each.within(start, end) for each in told if each.read[0] < end and start < each.read[1]]
        if parts:
            words = {span: chances for part in parts for span, chances in part.words.items()}
            shares = {span: said for part in parts for span, said in part.spans.items()}
            found[example.id] = Soft((parts[0].read[0], parts[-1].read[1]), words, shares)
    return found
