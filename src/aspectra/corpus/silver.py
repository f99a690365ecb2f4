"""Silver labels: sentences with opinions that no person labeled, cut out of the teacher's answers.

From accepted `extraction` answers where a review has one, else from its analysis. Called by `aspectra.corpus.build`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from aspectra.corpus.words import ALONE, words
from aspectra.elicit.analysis import analysis
from aspectra.elicit.extraction import extraction
from aspectra.schema import POLARITIES, Example, Opinion, Response
from aspectra.sentences import spans
from aspectra.teachers.recorded import task_of

# Gold terms carry no article; teachers often copy it along.
ARTICLE = re.compile(r"^(?:the|an?|my|our|their|this|that|these|those)\s+(?=\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """What the teacher states: `target` is None where it judges a category only, `polarity` where it maps to none."""

    target: str | None
    category: str | None
    polarity: str | None
    reasoning: str = ""


def label(review_id: str, review: str, answers: Iterable[Response], counts: Counter[str]) -> list[Example]:
    """The sentences of one review as examples with the teacher's opinions.

    An opinion goes to the sentence that holds its target word for word; among several, to the one that shares most
    words with the teacher's reasoning. A category without a target has a place only in a review of one sentence.
    Opinions without a polarity or a place are counted and left out, and so is every sentence that has no opinion
    then, as the missing one may be about it. Both judgments of one target in one sentence become `conflict`. What the
    review says twice in the same words is one sentence.
    """
    claims = claims_of({answer.kind: answer for answer in answers}, review, counts)
    if claims is None:
        return []
    distinct: dict[str, tuple[int, int]] = {}
    for first, last in spans(review):
        distinct.setdefault(review[first:last], (first, last))
    sentences = list(distinct.values())
    placed: list[dict[tuple[int | None, int | None, str | None], list[str]]] = [{} for _ in sentences]
    whole = True
    for claim in claims:
        where = place(review, sentences, claim)
        if where is None or claim.polarity not in POLARITIES:
            counts["silver opinions left out, without a place or polarity"] += 1
            whole = False
            continue
        index, start, end = where
        placed[index].setdefault((start, end, claim.category), []).append(claim.polarity)
    found = []
    for number, ((first, last), said) in enumerate(zip(sentences, placed, strict=True), 1):
        if not said and not whole:
            counts["silver sentences left out, an opinion of the review had no place"] += 1
            continue
        text = review[first:last]
        opinions = []
        for (start, end, category), polarities in sorted(said.items(), key=lambda item: item[0][0] or 0):
            if start is None or end is None:
                opinions.append(Opinion(None, category, settle(set(polarities))))
            else:
                begin, stop = start - first, end - first
                opinions.append(Opinion(text[begin:stop], category, settle(set(polarities)), begin, stop))
        found.append(Example(f"{review_id}:{number}", text, tuple(opinions)))
    return found


def claims_of(by_kind: dict[str, Response], review: str, counts: Counter[str]) -> list[Claim] | None:
    """Each opinion that the teacher states of a review; None without an answer that states any."""
    if (answer := by_kind.get("extraction")) is not None:
        counts["silver reviews from extraction"] += 1
        task = task_of(answer.settings) or "atsa"  # a hand-off that another program wrote may not say
        return [Claim(o.target, o.category, o.polarity) for o in extraction(answer.text or "", review, task)]
    if (answer := by_kind.get("analysis")) is not None:
        counts["silver reviews from analysis"] += 1
        return [Claim(b.target, None, b.polarity, b.reasoning) for b in analysis(answer.text or "", review)]
    return None


def place(review: str, sentences: list[tuple[int, int]], claim: Claim) -> tuple[int, int | None, int | None] | None:
    """(sentence, start, end) of a claim in the review, its target as whole words; None where it has no place."""
    if claim.target is None:
        return (0, None, None) if claim.category and len(sentences) == 1 else None
    target = ARTICLE.sub("", claim.target.strip())
    if not target:
        return None
    why = set(words(claim.reasoning))
    best: tuple[int, int, int, int] | None = None
    for match in re.finditer(rf"(?<![^\W{ALONE}]){re.escape(target)}(?![^\W{ALONE}])", review, re.IGNORECASE):
        for index, (first, last) in enumerate(sentences):
            if first <= match.start() and match.end() <= last:
                shared = len(why & set(words(review[first:last])))
                if best is None or shared > best[0]:
                    best = (shared, index, match.start(), match.end())
    return best[1:] if best is not None else None


def settle(polarities: set[str]) -> str:
    """Of several judgments: conflict where good meets bad, else the one that is not neutral."""
    if len(polarities) == 1:
        return next(iter(polarities))
    if {"positive", "negative"} <= polarities or "conflict" in polarities:
        return "conflict"
    return next(iter(polarities - {"neutral"}))
