"""Silver labels: sentences with the teacher's opinions, which no person checked.

Taken from a review's accepted `extraction` answer if it has one that can be read, else from its analysis. Called by
`aspectra.corpus.build`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from aspectra.corpus.words import ALONE, words
from aspectra.elicit.analysis import analysis
from aspectra.elicit.extraction import pointed, read_json
from aspectra.schema import POLARITIES, Example, Opinion, Response, Span
from aspectra.sentences import spans
from aspectra.teachers.recorded import task_of

# Gold terms have no article; teachers often include it.
ARTICLE = re.compile(r"^(?:the|an?|my|our|their|this|that|these|those)\s+(?=\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """An opinion that the teacher states. `target` is None for a category only, `polarity` None if it is none of the
    four.

    `at` is the target's span in the review by the answer's own offsets. It is None if these are missing or wrong: then
    the target is searched, nearest to `near` first.
    """

    target: str | None
    category: str | None
    polarity: str | None
    reasoning: str = ""
    at: Span | None = None
    near: int = 0


def label(review_id: str, review: str, answers: Iterable[Response], counts: Counter[str]) -> list[Example]:
    """The sentences of one review as examples with the teacher's opinions.

    An opinion belongs to the sentence with the span that the answer gives. Without a span, it belongs to a sentence
    that contains the target; of several, to the one that shares most words with the teacher's reasoning. A category
    without a target can be placed only in a review of one sentence. Opinions without a polarity or place are counted
    and dropped. Then every sentence without an opinion is dropped too, since the lost opinion may be about it. Two
    polarities of one target in one sentence become `conflict`, unless the answer gives the span of each. Repeated
    sentences count once.
    """
    claims = claims_of({answer.kind: answer for answer in answers}, review, counts)
    if claims is None:
        return []
    sentences = spans(review)
    # Sentence -> span in it and category -> polarity -> whether the answer gives the span.
    placed: dict[str, dict[tuple[int | None, int | None, str | None], dict[str, bool]]] = {
        review[first:last]: {} for first, last in sentences
    }
    whole = True
    for claim in claims:
        where = place(review, sentences, claim)
        if where is None or claim.polarity not in POLARITIES:
            counts["silver opinions left out, without a place or polarity"] += 1
            whole = False
            continue
        text, start, end = where
        judged = placed[text].setdefault((start, end, claim.category), {})
        judged[claim.polarity] = judged.get(claim.polarity, False) or claim.at is not None
    found = []
    for number, (text, said) in enumerate(placed.items(), 1):
        if not said and not whole:
            counts["silver sentences left out, an opinion of the review had no place"] += 1
            continue
        opinions = []
        for (start, end, category), judged in sorted(said.items(), key=lambda item: item[0][0] or 0):
            target = None if start is None else text[start:end]
            polarities = judged if all(judged.values()) else [settle(set(judged))]
            opinions += [Opinion(target, category, polarity, start, end) for polarity in polarities]
        found.append(Example(f"{review_id}:{number}", text, tuple(opinions)))
    return found


def claims_of(by_kind: dict[str, Response], review: str, counts: Counter[str]) -> list[Claim] | None:
    """The opinions that the teacher states about a review; None if no answer states any."""
    if (answer := by_kind.get("extraction")) is not None:
        # An older version accepted answers that cannot be read to their end. They do not say that there is no opinion.
        if read_json(answer.text or "") is not None:
            counts["silver reviews from extraction"] += 1
            task = task_of(answer.settings) or "atsa"  # a Parquet file of another program may not say
            return [claimed(o, right) for o, right in pointed(answer.text or "", review, task).items()]
        counts["silver reviews whose extraction is left out, its JSON is broken"] += 1
    if (answer := by_kind.get("analysis")) is not None:
        counts["silver reviews from analysis"] += 1
        return [Claim(b.target, None, b.polarity, b.reasoning) for b in analysis(answer.text or "", review)]
    return None


def claimed(opinion: Opinion, right: bool | None) -> Claim:
    """An opinion of an `extraction` answer, with what `pointed` says about its span."""
    start, end = opinion.start, opinion.end
    at = (start, end) if right and start is not None and end is not None else None
    near = 0 if right is None or start is None else start
    return Claim(opinion.target, opinion.category, opinion.polarity, at=at, near=near)


def place(review: str, sentences: list[Span], claim: Claim) -> tuple[str, int | None, int | None] | None:
    """(sentence, start, end) of a claim, offsets within the sentence; None if it cannot be placed."""
    if claim.target is None:
        distinct = {review[first:last] for first, last in sentences}
        return (distinct.pop(), None, None) if claim.category and len(distinct) == 1 else None
    why = set(words(claim.reasoning))
    best: tuple[int, str, int, int] | None = None
    for begin, end in [claim.at] if claim.at else standing(claim.target, review, claim.near):
        for first, last in sentences:
            if first <= begin and end <= last:
                text = review[first:last]
                shared = len(why & set(words(text)))
                if best is None or shared > best[0]:
                    best = (shared, text, begin - first, end - first)
    return best[1:] if best is not None else None


def standing(target: str, review: str, near: int) -> list[Span]:
    """The spans of a target as whole words, ignoring case; the nearest to an offset first."""
    target = ARTICLE.sub("", target.strip())
    pattern = rf"(?<![^\W{ALONE}]){re.escape(target)}(?![^\W{ALONE}])"
    found = [match.span() for match in re.finditer(pattern, review, re.IGNORECASE)] if target else []
    return sorted(found, key=lambda span: abs(span[0] - near))


def settle(polarities: set[str]) -> str:
    """Merge polarities: conflict if positive and negative meet, else the one that is not neutral."""
    if len(polarities) == 1:
        return next(iter(polarities))
    if {"positive", "negative"} <= polarities or "conflict" in polarities:
        return "conflict"
    return next(iter(polarities - {"neutral"}))
