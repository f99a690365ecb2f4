"""The model card of a tagger's export. Called by `export`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aspectra import tasks
from aspectra.info import EXPORT
from aspectra.readers.trust import rows


def card(info: Mapping[str, Any], chosen: Mapping[str, Any], sentences: int, trust: Mapping[str, Any] | None) -> str:
    """Markdown: what it is, how well it was met, what its confidences are worth."""
    about = info[EXPORT]
    by = tasks.get(info["task"]).by
    facts = {
        "task": info.get("task"),
        "parameters": f"{about['parameters']:,}",
        "numbers": about["compute"],
        "says what the student says": f"in {chosen['agreement']:.1%} of {sentences} sentences",
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
        "How it was made, with every setting, input digest and version, stands in `manifest.json`.",
        "",
        '    aspectra.load("FOLDER").extract(["Great soup, rude waiter."])',
        "",
    ]
    return "\n".join(lines)


def does(by: Sequence[str]) -> str:
    """What a tagger does with a sentence, where its task names opinions by these fields."""
    if "category" not in by:
        return "marks the words that name opinion targets and gives each its polarity"
    if "target" not in by:
        return "says which of the categories that it was taught it is about, and how each is meant"
    return (
        "marks the words that name opinion targets, and says of each, and of the rest of the sentence, which of the "
        "categories that it was taught it is about, and how each is meant"
    )


def confidence(trust: Mapping[str, Any] | None, by: Sequence[str]) -> list[str]:
    """What is said of confidences."""
    if trust is None:
        chances = {"target": "a target's tags", "category": "the category"}
        product = " times that of ".join([*(chances[field] for field in by if field in chances), "the polarity"])
        return [
            f"**Confidence** is what the network makes of it: the chance of {product}. It was not calibrated: there "
            "were too few labeled sentences that the student had not learned from."
        ]
    raw, made = trust["raw"], trust["calibrated"]
    return [
        f"**Confidence** is calibrated on {made['opinions']:,} opinions in {trust['sentences']:,} labeled sentences "
        f"that the student had not learned from. Judged on sentences that the calibration had not seen, it is off by "
        f"{made['ece']:.3f} (expected calibration error over ten bins; before: {raw['ece']:.3f}). Of all opinions "
        "found there, by the least confidence that is asked for:",
        "",
        *rows(trust),
    ]
