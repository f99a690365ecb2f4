"""Precision and recall from a person's judgments of a reader's sentences, on the user's own reviews.

`aspectra.report.check` makes the page, `aspectra score --audit` prints the figures, and `aspectra data import` imports
the sentences as labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aspectra.errors import UserError
from aspectra.schema import POLARITIES
from aspectra.score.shares import fractions

FORMAT = 1
MARKS = ("right", "wrong", None)
FOUND, MISREAD, MISSED = "found", "misread", "missed"  # misread: right target, wrong polarity


def score(saved: dict[str, Any], file: str) -> dict[str, Any]:
    """Precision and recall of the reader, each {"share", "low", "high" (Wilson, 95 %), "right", "of"}.

    `saved` is the JSON document that the page saved as `file`. An opinion is right if the person said so. Precision is
    over all judged opinions. Recall is over the `finished` sentences: only there, missed opinions are known. `targets`
    has both ignoring the polarity; `by` has them by polarity: precision by the predicted one, recall by the right one.
    Returns these, `sentences` (`drawn`, `finished`, `of`) and the `reader`. Raises UserError for a file that no check
    page saved, and if nothing is judged.
    """
    sentences = checked(saved, file)
    judged = [(o, o["mark"] == "right") for each in sentences for o in each["opinions"] if o["mark"]]
    known = [each for each in sentences if finished(each)]
    if not judged and not known:
        raise UserError(f"{file}: none of the {len(sentences)} sentences is judged; mark some, and save again")
    gold = [pair for each in known for pair in truth(each)]

    def figures(polarity: str | None = None) -> dict[str, Any]:
        return {
            "precision": share(right for o, right in judged if polarity in (None, o["polarity"])),
            "recall": share(how == FOUND for o, how in gold if polarity in (None, o["polarity"])),
        }

    return {
        **figures(),
        "targets": {
            "precision": share(right or bool(o["should"]) for o, right in judged),
            "recall": share(how != MISSED for _, how in gold),
        },
        "by": {"polarity": {each: figures(each) for each in POLARITIES}},
        "sentences": {"drawn": len(sentences), "finished": len(known), "of": saved["of"]},
        "reader": saved.get("reader"),
    }


def checked(saved: dict[str, Any], file: str) -> list[dict[str, Any]]:
    """The sentences of a saved check. Raises UserError for any other document."""
    if saved.get("check") != FORMAT:
        raise UserError(
            f"{file} has another format ({saved.get('check')!r}); score it with the version of Aspectra that "
            "made its page"
        )
    sentences = saved.get("sentences")
    whole = isinstance(saved.get("of"), int) and _reader(saved.get("reader"))
    if not whole or not isinstance(sentences, list) or not all(map(_sentence, sentences)):
        raise UserError(f"{file} is not a saved check: save it again on the page that `aspectra check` made")
    return sentences


def finished(sentence: dict[str, Any]) -> bool:
    """Whether all predicted opinions are judged, and all missed ones named."""
    return bool(sentence["complete"]) and all(o["mark"] for o in sentence["opinions"])


def truth(sentence: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The true opinions of a finished sentence, each with the reader's result: `FOUND`, `MISREAD` or `MISSED`."""
    for opinion in sentence["opinions"]:
        if opinion["mark"] == "right":
            yield opinion, FOUND
        elif opinion["should"]:
            yield {**opinion, "polarity": opinion["should"]}, MISREAD
    for opinion in sentence["missed"]:
        yield opinion, MISSED


def share(right: Iterable[bool]) -> dict[str, Any]:
    """The share that is right; the fractions are None if there is nothing."""
    found = list(right)
    part, low, high = fractions(sum(found), len(found))
    return {
        "share": part,
        "low": low,
        "high": high,
        "right": sum(found),
        "of": len(found),
    }


def _reader(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, dict) and all(isinstance(value.get(part, ""), str | None) for part in ("name", "version"))


def _sentence(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("text"), str)
        and isinstance(value.get("complete"), bool)
        and all(isinstance(value.get(name), list) for name in ("opinions", "missed"))
        and all(_opinion(each, value["text"]) for each in value["opinions"] + value["missed"])
        and all(
            each.get("mark", 0) in MARKS and each.get("should", 0) in (None, *POLARITIES) for each in value["opinions"]
        )
    )


def _opinion(value: Any, text: str) -> bool:
    """Whether a value is an opinion whose offsets match its target in the sentence."""
    if not isinstance(value, dict) or value.get("polarity") not in POLARITIES:
        return False
    target, start, end = value.get("target"), value.get("from"), value.get("to")
    if not isinstance(value.get("category"), str | None):
        return False
    if target is None or start is None:
        return start is None and end is None and isinstance(target, str | None)
    return isinstance(start, int) and isinstance(end, int) and start >= 0 and text[start:end] == target
