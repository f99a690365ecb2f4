"""The gain from distillation: F1 before and after, with half and all of the answers; the figures and their page.

Called by `aspectra.pipeline.distil`. Intervals are the percentile bootstrap of `score.significance`, over reviews
instead of sentences, because the sentences of one review share author, subject and LLM answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aspectra.files import write_text
from aspectra.progress import counted
from aspectra.report import charts, plots
from aspectra.report.frame import environment, frame
from aspectra.report.tables import percent, signed
from aspectra.schema import Example, Prediction
from aspectra.score import metrics, significance
from aspectra.score.scoring import fractions
from aspectra.score.significance import Interval

Row = dict[str, Any]
TASK = "atsa"
PAGE = "report.html"
POINT = 0.01  # F1: if the second half of the answers brought at most this, more answers hardly help
FEW = 50  # with fewer reviews or sentences, the page warns of wide intervals
TOO_FEW = 20  # with fewer, an interval may have no width
PAIRS = (("all", "before"), ("all", "labels"), ("all", "half"))
NAMES = {
    "before": "before",
    "labels": "labels alone",
    "half": "half of the answers",
    "all": "all answers",
}
SILENT = (
    "The student of all answers names no opinion: it has learned too little. Ask about more reviews (--reviews), or "
    "train for more epochs (--set pretrain.epochs=30)."
)


def measured(
    gold: Sequence[Example],
    said: Mapping[str, Sequence[Prediction]],
    learned: Mapping[str, int],
    of_reviews: bool,
) -> Row:
    """Strict scores of each system on the same sentences, and the differences, with 95 % intervals, as fractions.

    `said` has the predictions of each system of `NAMES` for `gold`, `learned` the number of reviews whose answers it
    was trained on. With `of_reviews` the sentences' ids are `REVIEW:N`, and reviews are resampled; otherwise sentences
    are.

    Returns `judged` (what the scores are based on), `rows`, `gains` (of `PAIRS`) and `more`: would more answers help?
    """
    names = [example.id.rpartition(":")[0] if of_reviews else str(n) for n, example in enumerate(gold)]
    units = len(set(names))
    counts = {name: summed(gold, said[name], names) for name in NAMES if name in said}
    rows = []
    for name, found in counts.items():
        interval = significance.f1_interval([found])
        right, claims, met, entries = (sum(column) for column in zip(*found, strict=True))
        score = fractions((right, claims, met, entries), "strict", len(gold))
        row = {"system": name, "learned": learned.get(name, 0), "precision": score.precision, "recall": score.recall}
        rows.append(row | {"f1": score.f1, "low": interval.low, "high": interval.high})
    gains = {
        f"{one} - {other}": asdict(significance.difference([counts[one]], [counts[other]]))
        for one, other in PAIRS
        if one in counts and other in counts
    }
    return {
        "judged": {
            "by": "the LLM" if of_reviews else "labels",
            "unit": "review" if of_reviews else "sentence",
            "units": units,
            "sentences": len(gold),
            "opinions": sum(len(example.opinions) for example in gold),
        },
        "rows": rows,
        "gains": gains,
        "more": more(Interval(**gains["all - half"]), learned["all"] - learned["half"], units)
        if any(claims for _, claims, _, _ in counts["all"])
        else SILENT,
    }


def summed(gold: Sequence[Example], said: Sequence[Prediction], names: Sequence[str]) -> significance.Counts:
    """The counts of `score.metrics.items`, summed over the sentences with the same name."""
    sums: dict[str, list[int]] = {}
    for name, item in zip(names, metrics.items(gold, said, TASK), strict=True):
        into = sums.setdefault(name, [0, 0, 0, 0])
        for place, number in enumerate(item["counts"]["strict"]):
            into[place] += number
    return [(a, b, c, d) for a, b, c, d in sums.values()]


def more(gain: Interval, answers: int, units: int) -> str:
    """Whether more answers would help, by the gain from the second half of them (fractions of F1), measured on `units`.

    Few units can agree by chance, and the bootstrap then gives an interval without width.
    """
    brought = f"the last {counted(answers, 'answer')} brought {signed(gain.value)} F1 ({spoken(gain)})"
    if units < TOO_FEW:
        return f"Would paying for more help? Cannot be told from so few held-out reviews: {brought}."
    if gain.low > 0:
        return f"Would paying for more help? Probably: {brought}; the same number again tends to bring less."
    if gain.high < POINT:
        return f"Would paying for more help? Hardly: {brought}."
    return f"Would paying for more help? Cannot be told: {brought}, which may be chance."


def spoken(interval: Interval | Mapping[str, float]) -> str:
    """The ends of an interval of differences, in points."""
    ends = interval if isinstance(interval, Mapping) else asdict(interval)
    return f"95 % interval {signed(ends['low'])} to {signed(ends['high'])}"


def lines(results: Row) -> list[str]:
    """The figures in words, one sentence per line."""
    judged, held = results["judged"], results["answers"]["held"]
    if judged["unit"] == "review":
        by = f"{counted(held['reviews'], 'answered review')} held out, a random sample of the file"
        told = [f"Strict F1 against the LLM's own labels, on {by} ({counted(judged['sentences'], 'sentence')})."]
    else:
        told = [f"Strict F1 on {counted(judged['sentences'], 'labeled sentence')}."]
    for name, gain in results["gains"].items():
        if name != "all - half":
            one, other = (NAMES[each] for each in name.split(" - "))
            told.append(f"{one.capitalize()} against {other}: {signed(gain['value'])} F1 ({spoken(gain)}).")
    if results["rows"][0]["system"] != "before":
        told.append(f"Before: {results['config']['student']} does not know the task, so there is nothing to measure.")
    gain = results["gains"].get("all - before")
    if gain is not None and gain["value"] <= 0:
        told.append(
            f"So the new model is not better here than {results['config']['student']}, which needs no LLM: look at the "
            "LLM's answers before you use it."
        )
    told.append(results["more"])
    if judged["units"] < FEW:
        told.append(f"Only {counted(judged['units'], judged['unit'])} to evaluate on: the intervals are wide.")
    return told


def table(results: Row) -> list[list[str]]:
    """A row for each system: name, reviews learned, F1 and its interval, precision, recall; in percent."""
    return [
        [
            NAMES[row["system"]],
            f"{row['learned']:,}",
            percent(row["f1"]),
            f"{percent(row['low'])} to {percent(row['high'])}",
            percent(row["precision"]),
            percent(row["recall"]),
        ]
        for row in results["rows"]
    ]


def write(results: Row, out: Path) -> None:
    """Write the page into the folder, atomically."""
    page = environment(markup=True).get_template("distilled.html.jinja")
    write_text(out / PAGE, page.render(**context(results), **frame((), "distilled.js", {})))


def context(results: Row) -> Row:
    """The template's values."""
    rows = results["rows"]
    keys = {row["system"]: charts.Key(row["system"][0].upper(), n, "student") for n, row in enumerate(rows)}
    axis = charts.linear((100 * row[end] for row in rows for end in ("low", "high")), "f1", 100)
    dots = [
        charts.dots(keys[row["system"]], axis, 100 * row["f1"], (100 * row["low"], 100 * row["high"]), (0, 0), 34)
        for row in rows
    ]
    steps = [row for row in rows if row["system"] != "labels"]
    line = [
        plots.Point("F1", keys[row["system"]], n, 100 * row["f1"], 100 * row["low"], 100 * row["high"])
        for n, row in enumerate(steps)
    ]
    title = "reviews whose answers were learned"
    return {
        "title": Path(results["config"]["reviews"]).name,
        "facts": facts(results),
        "lines": lines(results),
        "symbols": charts.symbols(keys.values()),
        "scale": charts.scale(axis),
        "rows": [{"cells": cells, "chart": dot} for cells, dot in zip(table(results), dots, strict=True)],
        "curve": plots.curve("F1", [line], [f"{row['learned']:,}" for row in steps], title),
        "command": results["analyze"],
        "judged": results["judged"],
    }


def facts(results: Row) -> list[tuple[str, str]]:
    """(name, number) of the draw, the answers and their price."""
    draw, asked, parts = results["draw"], results["asked"], results["answers"]
    cost = "unknown, no prices given" if asked["cost_usd"] is None else f"${asked['cost_usd']:.4f}"
    open_ = ", ".join(f"{asked[name]:,} {name}" for name in ("rejected", "failed", "absent", "pending") if asked[name])
    unsure = f", {draw['unsure']:,} of them where the student was unsure" if draw["unsure"] else ""
    alike = "it is" if parts["left_out"] == 1 else "they are"
    twins = f", {parts['left_out']:,} left out because {alike} too similar" if parts["left_out"] else ""
    return [
        ("LLM", results["config"]["elicit"]["model"]),
        ("student", results["config"]["student"]),
        ("reviews", f"{draw['drawn']:,} drawn of {draw['reviews']:,}{unsure}"),
        ("answers", f"{parts['answered']:,} reviews answered" + (f"; {open_}" if open_ else "")),
        ("held out", f"{parts['held']['reviews']:,} reviews{twins}"),
        ("cost", f"{cost}; {asked['tokens_in']:,} tokens read, {asked['tokens_out']:,} written"),
    ]
