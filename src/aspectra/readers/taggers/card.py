"""The model card of a tagger's export. Called by `export`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aspectra import tasks
from aspectra.info import EXPORT
from aspectra.readers.trust import rows


def card(info: Mapping[str, Any], chosen: Mapping[str, Any], sentences: int, trust: Mapping[str, Any] | None) -> str:
    """Markdown: what it is, how well it agrees with its student, how far its confidences can be trusted."""
    about = info[EXPORT]
    by = tasks.get(info["task"]).by
    facts = {
        "task": info.get("task"),
        "parameters": f"{about['parameters']:,}",
        "numbers": about["compute"],
        "agrees with the student": f"in {chosen['agreement']:.1%} of {sentences} sentences",
        "strict F1 there": f"{100 * chosen['f1']:.1f} (student: {100 * (chosen['f1'] - chosen['f1_difference']):.1f})",
    }
    lines = [
        "---",
        "library_name: onnxruntime",
        "pipeline_tag: token-classification",
        "tags: [sentiment-analysis, aspect-based-sentiment-analysis, aspectra]",
        "---",
        "# A reader of opinions",
        "",
        f"A tagger made by Aspectra, exported: it reads a sentence once, {does(by)}. It needs neither torch nor "
        "transformers.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
        "",
        *confidence(trust, by),
        "",
        "`manifest.json` says how it was made, with every setting, input digest and version.",
        "",
        '    aspectra.load("FOLDER").extract(["Great soup, rude waiter."])',
        "",
    ]
    return "\n".join(lines)


def does(by: Sequence[str]) -> str:
    """What a tagger does with a sentence, by the fields of its task."""
    if "category" not in by:
        return "marks opinion targets and gives each its polarity"
    if "target" not in by:
        return "says which of its categories the sentence is about, and the polarity of each"
    return (
        "marks opinion targets, and says which of its categories each target, and the rest of the "
        "sentence, is about, and with which polarity"
    )


def confidence(trust: Mapping[str, Any] | None, by: Sequence[str]) -> list[str]:
    """The card's section on confidences."""
    if trust is None:
        chances = {"target": "a target's tags", "category": "the category"}
        product = " times that of ".join([*(chances[field] for field in by if field in chances), "the polarity"])
        return [
            f"**Confidence** is the network's own: the probability of {product}. It is not calibrated: there "
            "were too few labeled sentences that the student had not learned from."
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
