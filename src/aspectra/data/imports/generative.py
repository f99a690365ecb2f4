"""The line format of Generative-ABSA and its successors: `sentence####[('soup', 'food quality', 'negative')]`.

Source: Zhang et al. 2021, "Towards Generative Aspect-Based Sentiment Analysis" (ACL), and "Aspect Sentiment Quad
Prediction as Paraphrase Generation" (EMNLP), whose files many projects copy. Called by `imports.build`.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra.data.imports.labels import BadRowsError, Found
from aspectra.data.imports.terms import placed, standing
from aspectra.rows import text_file
from aspectra.schema import Example, Opinion

MARK = "####"
SHORT = {"POS": "positive", "NEG": "negative", "NEU": "neutral"}
FORMS = "(target, polarity), (target, category, polarity), (target, category, polarity, opinion) or word numbers"


class _LineError(Exception):
    """What is wrong with a line."""


def read(path: Path, encoding: str | None = None) -> list[Found]:
    """One sentence for each line, with its list of tuples: `FORMS`, where ([1, 2], [4], 'POS') gives words by index.

    In triples of texts, the second is a category, or the opinion words if it occurs in the sentence in every line.
    Raises BadRowsError that names the lines: no mark, no list, a target that is not in the sentence.
    """
    lines: list[tuple[int, str, list[tuple[Any, ...]]]] = []
    bad: list[tuple[str, str]] = []
    with text_file(path, encoding) as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                try:
                    lines.append((number, *parsed(line.rstrip("\r\n"))))
                except _LineError as error:
                    bad.append((f"line {number}", str(error)))
    triples = [(label, text) for _, text, labels in lines for label in labels if len(label) == 3]
    spoken = all(isinstance(label[1], list) or standing(str(label[1]), text) for label, text in triples)
    found = []
    for number, text, labels in lines:
        try:
            opinions = placed([opinion(label, text, spoken) for label in labels], text, lone=True)
        except _LineError as error:
            bad.append((f"line {number}", str(error)))
            continue
        found.append(Found(Example(str(number), text, opinions), (number,) * len(opinions)))
    if bad:
        raise BadRowsError(path, sorted(bad, key=lambda pair: int(pair[0].split()[1])), found)
    return found


def parsed(line: str) -> tuple[str, list[tuple[Any, ...]]]:
    """The sentence and the tuples of a line."""
    text, mark, said = line.rpartition(MARK)
    if not mark or not text.strip():
        raise _LineError(f"it is not 'sentence{MARK}[...]'")
    try:
        labels = ast.literal_eval(said.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        labels = None
    if not isinstance(labels, list) or not all(isinstance(label, tuple | list) for label in labels):
        raise _LineError(f"there is no list of tuples after {MARK}")
    return text, [tuple(label) for label in labels]


def opinion(label: Sequence[Any], text: str, spoken: bool) -> Opinion:
    """A tuple as an opinion. `spoken`: the second of three is the opinion words, not a category."""
    if not 2 <= len(label) <= 4 or not all(isinstance(part, str) or places(part) for part in label):
        raise _LineError(f"{tuple(label)!r} is not one of {FORMS}")
    polarity = label[2] if len(label) == 4 else label[-1]
    if not isinstance(polarity, str):
        raise _LineError(f"{tuple(label)!r} has no polarity in the expected position: {FORMS}")
    polarity = SHORT.get(polarity.upper(), polarity)
    category = words = None
    if len(label) == 4:
        category, words = label[1], label[3]
    elif len(label) == 3:
        category, words = (None, label[1]) if spoken else (label[1], None)
    said = () if words is None else (words if isinstance(words, str) else numbered(words, text)[0],)
    target, start, end = target_of(label[0], text)
    named = category if isinstance(category, str) and category.strip() else None
    return Opinion(target, named, polarity, start, end, tuple(word for word in said if word.upper() != "NULL"))


def target_of(target: str | list[int], text: str) -> tuple[str | None, int | None, int | None]:
    """The target, and its span if word numbers tell it."""
    if isinstance(target, list):
        return numbered(target, text)
    if target.strip().upper() in ("NULL", ""):
        return None, None, None
    if standing(target, text) is None:
        raise _LineError(f"the target '{target}' is not in the sentence")
    return target, None, None


def numbered(places: list[int], text: str) -> tuple[str, int, int]:
    """The words with these indices, from the first to the last, and their span. Words are separated by one space."""
    starts = [0]
    words = text.split(" ")
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    if not 0 <= min(places) <= max(places) < len(words):
        raise _LineError(f"the sentence has no word {max(places)}")
    start, end = starts[min(places)], starts[max(places) + 1] - 1
    return text[start:end], start, end


def places(part: Any) -> bool:
    return isinstance(part, list) and bool(part) and all(type(number) is int for number in part)
