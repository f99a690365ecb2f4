"""Maps a teacher's words for a sentiment to one of the four polarities, or to None.

Called by `aspectra.elicit.analysis`, `extraction`, `validation` and `audit`, and by zero-shot.
"""

from __future__ import annotations

import re

WORDS = re.compile(r"positiv|negativ|neutral|mixed|conflict|ambivalen|\bpos\b|\bneg\b")
DENIED = re.compile(
    r"\b(?:not|non|no|neither|never|without|isn['’]?t)\b[\s-]*(?:\w+[\s-]+)?(?:positiv|negativ|neutral|mixed)"
)
NAMES = {"positiv": "positive", "pos": "positive", "negativ": "negative", "neg": "negative", "neutral": "neutral"}


def polarity_of(sentiment: str) -> str | None:
    """One of the four polarities, None if the words do not say which.

    The degree is dropped ('Very Positive', 'Mildly Negative', 'Positive (Mild)', 'Mostly Positive', 'Negative towards
    the staff'). 'Mixed', or positive and negative in one label, is `conflict`: SemEval-2014 Task 4 defines it as both
    positive and negative about the same target. 'Mild', 'Not specified', 'Disappointment' and 'Neutral to Positive' are
    None.

    >>> polarity_of("Very Positive"), polarity_of("Mixed (Positive and Negative)"), polarity_of("Mild")
    ('positive', 'conflict', None)
    """
    text = sentiment.lower()[:200]
    # The label comes first. Text in brackets or after a dash explains it, and counts only if the label has no polarity.
    head, rest = _split(text)
    found = _found(head)
    if not found:
        found = _found(rest)
    if found & {"conflict"} or {"positive", "negative"} <= found:
        return "conflict"
    return found.pop() if len(found) == 1 else None


FIELD = re.compile(r"""["']?\b(?:polarity|sentiment|label|answer)\b["']?\s*[:=]\s*["']?([^"'\n,}]+)""", re.IGNORECASE)


def judgment(text: str) -> str | None:
    """The polarity in an answer to the `polarity` prompt; None if it names none or leaves it open.

    A word, a word in a sentence, or a field of JSON, well-formed or not. The first line with a polarity counts.

    >>> judgment("**Negative**"), judgment('{"polarity": "neutral"}'), judgment("I cannot tell.")
    ('negative', 'neutral', None)
    """
    if (field := FIELD.search(text)) is not None and (said := polarity_of(field[1])) is not None:
        return said
    return next((said for line in text.splitlines() if (said := polarity_of(line)) is not None), None)


def _split(text: str) -> tuple[str, str]:
    for mark in ("(", "\n", " - ", " -- ", " – ", " — ", ". ", ": "):
        head, found, rest = text.partition(mark)
        if found and head.strip():
            return head, rest
    return text, ""


def _found(text: str) -> set[str]:
    if DENIED.search(text):
        return set()
    words = text.split()
    # More than twelve words are prose, which names polarities that it does not mean.
    text = " ".join(words[:12])
    return {NAMES.get(match, "conflict") for match in WORDS.findall(text)}
