"""The polarity that a student prefers, from the likelihoods of words for it. Pure arithmetic, no model.

For a review x and a subject s, an analysis is begun (`begun`), and the student scores each continuation: a polarity's
words, then the end of the line. With V(y) the words of label y,

    P(y | x, s) = sum over v in V(y) of prod_j p(v_j | v_<j, begun(s), x)           `mass`

Some words are likely for any review. So n reviews c without content are scored too, and

    prior(y | s) = (1/3 + sum over c of  P(y | c, s) / sum_y' P(y' | c, s)) / (n + 1)       `prior`
    q(y | x, s)  = (P(y | x, s) / prior(y | s)) / sum_y' (P(y' | x, s) / prior(y' | s))     `calibrated`

The answer is the y with the largest q. This is the contextual calibration of Zhao et al. (2021), "Calibrate Before Use"
(arXiv 2102.09690; W = diag(prior)^-1, b = 0, three content-free inputs). The subject stays in the content-free input,
so it is also the domain-conditional PMI of Holtzman et al. (2021), "Surface Form Competition" (arXiv 2104.08315): log q
is log P(y | x, s) - log prior(y | s) up to a constant. The 1/3 is our addition, one more context, without a preferred
label: a student that was trained only on reviews can be very sure of nonsense about an empty one. With it, calibration
changes the odds of two labels by at most 10 to 1. Called by `untaught`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from aspectra.readers.reader import LABELS, TARGET
from aspectra.tasks.acsa import in_words

Scores = dict[str, float]

# Teachers' words for a sentiment: nine tenths of those in Mixtral's recorded analyses, and their lowercase forms, which
# an untrained student may prefer. 'Mild' alone and 'Mixed' belong to none of the three.
DEGREES = ("Very", "Mildly", "Mild")
WORDS: dict[str, tuple[str, ...]] = {
    "positive": ("Positive", "positive", *(f"{degree} Positive" for degree in DEGREES)),
    "negative": ("Negative", "negative", *(f"{degree} Negative" for degree in DEGREES)),
    "neutral": ("Neutral", "neutral"),
}
# From Zhao et al.: an ensemble of three is more stable than any one of them.
CONTENT_FREE = ("N/A", "[MASK]", "")

NEXT = "Reasoning:"  # follows the Sentiment line in every analysis


def begun(target: str, aspect: str) -> str:
    """An analysis up to the sentiment; an empty aspect omits its line.

    >>> print(begun("soup", "taste"))
    Opinion Target 1: "soup"
    Aspect: taste
    Sentiment:
    """
    middle = f"Aspect: {aspect}\n" if aspect else ""
    return f'Opinion Target 1: "{target}"\n{middle}Sentiment:'


def begun_for(target: str | None, category: str | None, aspect: str = TARGET) -> str:
    """The begun analysis for a target, a category or both; `aspect` is the Aspect line for a target without a category,
    with `{target}` filled in.

    For a target, the default aspect is the target itself: the format needs the line, and a general aspect ("General
    Assessment", Mixtral's most frequent) asks for the mood of the review, which is wrong for a sentence with two
    polarities. For a category (`FOOD#STYLE_OPTIONS`), the aspect is the category in words ("food style options"), and
    without a target, the target is the part before '#' ("food"). Without either, for the whole text: a general target
    and aspect.
    """
    if category is not None:
        return begun(target or in_words(category.partition("#")[0]), in_words(category))
    if target is not None:
        return begun(target, aspect.replace(TARGET, target))
    return begun("overall experience", "General Assessment")


def ways(newline: bool) -> list[tuple[str, str]]:
    """(label, continuation) for every word of every label. A continuation includes the end of the line: 'Positive' is
    also the start of 'Positive, though ...'.

    `newline`: whether the tokenizer has one. T5's does not; there the label of the next line is the end.
    """
    end = "\n" if newline else f"\n{NEXT}"
    return [(label, f" {word}{end}") for label, words in WORDS.items() for word in words]


def mass(labels: Sequence[str], logs: Sequence[float]) -> Scores:
    """log P(y): for each label the log of its continuations' summed probabilities; `labels` and `logs` are parallel."""
    return {name: log_sum(log for label, log in zip(labels, logs, strict=True) if label == name) for name in LABELS}


def log_sum(logs: Iterable[float]) -> float:
    """log of the sum of exp, without underflow."""
    values = list(logs)
    top = max(values)
    return top if math.isinf(top) else top + math.log(sum(math.exp(value - top) for value in values))


def normalized(logs: Mapping[str, float]) -> Scores:
    """Logs of the labels' shares."""
    whole = log_sum(logs.values())
    return {name: logs[name] - whole for name in LABELS}


def prior(contexts: Sequence[Mapping[str, float]]) -> Scores:
    """log prior(y) from log P(y) in each content-free context."""
    each = [dict.fromkeys(LABELS, -math.log(len(LABELS))), *map(normalized, contexts)]
    return {name: log_sum(context[name] for context in each) - math.log(len(each)) for name in LABELS}


def calibrated(logs: Mapping[str, float], before: Mapping[str, float]) -> Scores:
    """log q(y) from log P(y) and log prior(y)."""
    return normalized({name: logs[name] - before[name] for name in LABELS})
