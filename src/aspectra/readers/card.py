"""The model card of an export. Called by `aspectra.readers.export`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aspectra import tasks
from aspectra.info import EXPORT
from aspectra.readers.taggers.signature import ENGINE
from aspectra.readers.trust import rows
from aspectra.students.writers.forms import FORMS

PIECE = "the probability of the opinion's part of the answer, given what the student wrote before"


def card(info: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """Markdown: what it is, how well it agrees with its student, how far its confidences can be trusted.

    `info` is the export's `aspectra.json`, `figures` those of its manifest.
    """
    about = info[EXPORT]
    by = tasks.get(info["task"]).by
    tagging = about["engine"] == ENGINE
    before = figures["f1"] - figures["f1_difference"]
    facts = {
        "task": info["task"],
        "parameters": f"{about['parameters']:,}",
        "numbers": about["compute"],
        "agrees with the student": f"in {figures['agreement']:.1%} of {figures['sentences']} sentences",
        "strict F1 there": f"{100 * figures['f1']:.1f} (student: {100 * before:.1f})",
    }
    lines = [
        "---",
        f"library_name: {about['engine']}",
        f"pipeline_tag: {'token-classification' if tagging else FORMS[info['family']].pipeline}",
        "tags: [sentiment-analysis, aspect-based-sentiment-analysis, aspectra]",
        "---",
        "# A reader of opinions",
        "",
        f"{tagger(by) if tagging else writer(by)} It needs neither torch nor transformers.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
        "",
        *confidence(figures["confidences"], product(by) if tagging else PIECE),
        "",
        "`manifest.json` says how it was made, with every setting, input digest and version.",
        "",
        '    aspectra.load("FOLDER").extract(["Great soup, rude waiter."])',
        "",
    ]
    return "\n".join(lines)


def tagger(by: Sequence[str]) -> str:
    """What a tagger is and does with a sentence, by the fields of its task."""
    if "category" not in by:
        does = "marks opinion targets and gives each its polarity"
    elif "target" not in by:
        does = "says which of its categories the sentence is about, and the polarity of each"
    else:
        does = (
            "marks opinion targets, and says which of its categories each target, and the rest of the "
            "sentence, is about, and with which polarity"
        )
    return f"A tagger made by Aspectra, exported: it reads a sentence once, {does}."


def writer(by: Sequence[str]) -> str:
    """What a writer is and does with a sentence, by the fields of its task."""
    return (
        f"A writer made by Aspectra, exported: it reads a sentence and writes the {' and the '.join(by)} of each "
        "opinion, and its polarity; greedy decoding."
    )


def product(by: Sequence[str]) -> str:
    """What a tagger's confidence is before calibration, by the fields of its task."""
    chances = {"target": "a target's tags", "category": "the category"}
    return f"the probability of {' times that of '.join([*(chances[field] for field in by), 'the polarity'])}"


def confidence(trust: Mapping[str, Any] | None, chance: str) -> list[str]:
    """The card's section on confidences."""
    if trust is None:
        return [
            f"**Confidence** is the network's own: {chance}. It is not calibrated: there were too few labeled "
            "sentences that the student had not learned from."
        ]
    raw, made = trust["raw"], trust["calibrated"]
    return [
        f"**Confidence** is calibrated on {made['opinions']:,} opinions in {trust['sentences']:,} labeled "
        "sentences that the student had not learned from. On sentences that the calibration did not see, "
        f"it is off by {made['ece']:.3f} (expected calibration error over ten bins; before: "
        f"{raw['ece']:.3f}). For all opinions found there, by lowest confidence:",
        "",
        *rows(trust),
    ]
