"""Which polarity a student means, from how likely it is to write each word for it. Pure arithmetic, no model.

For a review x and a subject s an analysis is begun (`begun`), and the student says how likely each way to go on is:
a polarity's words, then the end of the line. With V(y) the words of label y,

    P(y | x, s) = sum over v in V(y) of prod_j p(v_j | v_<j, begun(s), x)           `mass`

Some words are likely whatever the review says. So the same is asked about n reviews c that say nothing, and

    prior(y | s) = (1/3 + sum over c of  P(y | c, s) / sum_y' P(y' | c, s)) / (n + 1)       `prior`
    q(y | x, s)  = (P(y | x, s) / prior(y | s)) / sum_y' (P(y' | x, s) / prior(y' | s))     `calibrated`

The answer is the y of the largest q. That is the contextual calibration of Zhao et al. (2021), "Calibrate Before Use"
(arXiv 2102.09690; W = diag(prior)^-1, b = 0, three content-free inputs), with the subject kept in the content-free
input, so that it is also the domain-conditional PMI of Holtzman et al. (2021), "Surface Form Competition" (arXiv
2104.08315): log q is log P(y | x, s) - log prior(y | s) but for a constant. The 1/3 is ours, one more context, by which
no label is preferred: a student that read nothing but reviews can be very sure of nonsense about an empty one. With
it, calibration changes the odds of two labels by no more than 10 to 1. Called by `untaught`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from aspectra.readers.reader import LABELS, TARGET
from aspectra.tasks.acsa import in_words

Scores = dict[str, float]

# How teachers write a sentiment: nine tenths of what Mixtral's recorded analyses have, and the lower case, which a
# student that learned from nobody may prefer. 'Mild' alone and 'Mixed' say none of the three.
DEGREES = ("Very", "Mildly", "Mild")
WORDS: dict[str, tuple[str, ...]] = {
    "positive": ("Positive", "positive", *(f"{degree} Positive" for degree in DEGREES)),
    "negative": ("Negative", "negative", *(f"{degree} Negative" for degree in DEGREES)),
    "neutral": ("Neutral", "neutral"),
}
# Zhao et al.'s three: an ensemble is steadier than any one of them.
CONTENT_FREE = ("N/A", "[MASK]", "")

NEXT = "Reasoning:"  # what stands after the Sentiment line in every analysis


def begun(target: str, aspect: str) -> str:
    """An analysis up to the sentiment; an empty aspect leaves its line out.

    >>> print(begun("soup", "taste"))
    Opinion Target 1: "soup"
    Aspect: taste
    Sentiment:
    """
    middle = f"Aspect: {aspect}\n" if aspect else ""
    return f'Opinion Target 1: "{target}"\n{middle}Sentiment:'


def begun_for(target: str | None, category: str | None, aspect: str = TARGET) -> str:
    """The analysis that is begun for a target, a category or both; `aspect` is the Aspect line of a target alone,
    `{target}` in it filled.

    A target: by default the target again as its aspect: the form has the line, and a general one ("General
    Assessment", Mixtral's most frequent) asks for the mood of the review, the last thing to ask of a sentence with two
    polarities. A category (`FOOD#STYLE_OPTIONS`): the whole of it in words as aspect ("food style options"), and where
    there is no target, what stands before '#' as target ("food"). Neither, the text as a whole: a general target and
    aspect.
    """
    if category is not None:
        return begun(target or in_words(category.partition("#")[0]), in_words(category))
    if target is not None:
        return begun(target, aspect.replace(TARGET, target))
    return begun("overall experience", "General Assessment")


def ways(newline: bool) -> list[tuple[str, str]]:
    """(label, continuation) for every word of every label. The end of the line belongs to it: 'Positive' alone is also
    the beginning of 'Positive, though ...'.

    `newline`: whether the tokenizer knows one; T5's does not, and the next line's label is the end that it can write.
    """
    end = "\n" if newline else f"\n{NEXT}"
    return [(label, f" {word}{end}") for label, words in WORDS.items() for word in words]


def mass(labels: Sequence[str], logs: Sequence[float]) -> Scores:
    """log P(y): for each label the log of the summed probabilities of its ways; `labels` and `logs` are parallel."""
    return {name: log_sum(log for label, log in zip(labels, logs, strict=True) if label == name) for name in LABELS}


def log_sum(logs: Iterable[float]) -> float:
    """log of the sum of exp, without underflow."""
    values = list(logs)
    top = max(values)
    return top if math.isinf(top) else top + math.log(sum(math.exp(value - top) for value in values))


def normalized(logs: Mapping[str, float]) -> Scores:
    """Logs of the labels' shares: the same, less the log of their sum."""
    whole = log_sum(logs.values())
    return {name: logs[name] - whole for name in LABELS}


def prior(contexts: Sequence[Mapping[str, float]]) -> Scores:
    """log prior(y) from log P(y) in each content-free context."""
    each = [dict.fromkeys(LABELS, -math.log(len(LABELS))), *map(normalized, contexts)]
    return {name: log_sum(context[name] for context in each) - math.log(len(each)) for name in LABELS}


def calibrated(logs: Mapping[str, float], before: Mapping[str, float]) -> Scores:
    """log q(y) from log P(y) and log prior(y)."""
    return normalized({name: logs[name] - before[name] for name in LABELS})
