"""`report.md`: the table of a run, whether its differences are shown, its stages. Called by `aspectra.pipeline`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from aspectra import manifest
from aspectra.data import datasets
from aspectra.progress import clock, counted
from aspectra.recipes import RunConfig
from aspectra.report.tables import line, spread
from aspectra.score import metrics, significance, two_level
from aspectra.score.predictions import read_predictions

Rows = Sequence[dict[str, Any]]


def report(config: RunConfig, rows: Rows, out: Path) -> str:
    """The whole report as Markdown."""
    parts = [f"# {config.finetune.data}, {config.finetune.task}: {describe(config)}"]
    for way in config.scoring:
        parts.append(leaderboard(config, [row for row in rows if row["scoring"] == way], way))
        if "shipped" in config.systems:
            parts.append("shipped: the reader that comes with Aspectra. It has seen none of the labels.")
        parts += [difference(config, pair, way, out) for pair in pairs(config)]
    parts += [losses(config, out), stages(config, out)]
    return "\n\n".join(part for part in parts if part) + "\n"


def describe(config: RunConfig) -> str:
    shots = f"{config.finetune.shots} labeled sentences" if config.finetune.shots else "all training sentences"
    seeds = f"{len(config.seeds)} seeds" if len(config.seeds) > 1 else f"seed {config.seeds[0]}"
    return f"{Path(config.student).name}, {shots}, {seeds}"


def leaderboard(config: RunConfig, rows: Rows, way: str) -> str:
    """System, parameters, F1 by subset (mean over seeds, and their range), seconds per sentence."""
    sizes = {row["subset"]: row["sentences"] for row in rows}
    head = [
        "system",
        "parameters",
        *(f"F1 {subset} ({sizes.get(subset, 0)})" for subset in config.subsets),
        "s / sentence",
    ]
    lines = [line(head), line(["---", *["---:"] * (len(head) - 1)])]
    for system in config.systems:
        mine = [row for row in rows if row["system"] == system]
        if not mine:
            continue
        size = mine[0]["parameters"]
        seconds = [row["seconds_per_sentence"] for row in mine if row["seconds_per_sentence"] is not None]
        cells = [spread([100 * row["f1"] for row in mine if row["subset"] == subset]) for subset in config.subsets]
        lines.append(
            line([system, f"{size / 1e6:.0f} M" if size else "-", *cells, f"{mean(seconds):.3f}" if seconds else "-"])
        )
    return f"F1 in percent, {way} scoring, on the test sentences of each subset (their number):\n\n" + "\n".join(lines)


def pairs(config: RunConfig) -> list[tuple[str, str]]:
    """The pairs to compare: the distilled student with each of its controls, and with systems that need no training."""
    return [
        ("distilled", other) for other in ("base", "denoise", "shipped") if {"distilled", other} <= set(config.systems)
    ]


def difference(config: RunConfig, pair: tuple[str, str], way: str, out: Path) -> str:
    """The lead of the first system over the second, and whether it is shown: over sentences and, from five runs on,
    also over runs."""
    one, other = (runs(config, system, way, out) for system in pair)
    gap = significance.difference(one, other, scoring=way)
    zero = "contains zero" if gap.low <= 0 <= gap.high else "excludes zero"
    said = (
        f"{pair[0]} minus {pair[1]}: {100 * gap.value:+.2f} F1 ({way}, all), 95 % interval {100 * gap.low:+.2f} to "
        f"{100 * gap.high:+.2f} (paired bootstrap over {len(one[0])} sentences); it {zero}. "
    )
    if len(one) < two_level.LEAST:
        return said + f"{counted(len(one), 'run')}: descriptive; a difference needs at least five runs to be shown."
    both = two_level.difference(one, other, scoring=way)
    verdict = two_level.verdict(both.runs, both.low, both.high, both.p)
    return said + f"Over {both.runs} runs and the sentences {100 * both.low:+.2f} to {100 * both.high:+.2f}: {verdict}."


def runs(config: RunConfig, system: str, way: str, out: Path) -> list[significance.Counts]:
    """For each seed and sentence: how many predictions and gold opinions were right."""
    task = config.finetune.task
    gold = datasets.draw(datasets.split(datasets.find(task, config.finetune.data), "test"), config.test_cap)
    found: list[significance.Counts] = []
    for seed in config.seeds:  # an untrained system has one run, which is paired with each of the others
        name = system if system == "shipped" else f"{system}-{seed}"
        predictions = read_predictions(out / "evaluate" / name / "predictions.jsonl")
        found.append([tuple(item["counts"][way]) for item in metrics.items(gold, predictions, task)])
    return found


def losses(config: RunConfig, out: Path) -> str:
    """Held-out loss of each pretrained student, by kind."""
    lines = []
    for system in config.systems:
        found = manifest.read(out / "pretrain" / system)
        if found is None:
            continue
        for kind, loss in found["figures"]["held_out"].items():
            lines.append(line([system, kind, f"{loss['before']:.3f}", f"{loss['after']:.3f}"]))
    if not lines:
        return ""
    head = [line(["student", "kind", "before", "after"]), line(["---", "---", "---:", "---:"])]
    return "Held-out loss, before and after pretraining:\n\n" + "\n".join(head + lines)


def stages(config: RunConfig, out: Path) -> str:
    """Time and date of each stage; folders of an earlier run with other systems or seeds are ignored."""
    students = [system for system in config.systems if system not in ("shipped", "teacher")]
    names = ["elicit", "corpus", *(f"pretrain/{system}" for system in students)]
    names += [f"{stage}/{s}-{seed}" for seed in config.seeds for s in students for stage in ("finetune", "evaluate")]
    names += ["evaluate/shipped"] if "shipped" in config.systems else []
    names += ["teacher/elicit"] if "teacher" in config.systems else []
    names += ["export"] if config.analyze else []
    lines = [line(["stage", "time", "made"]), line(["---", "---:", "---"])]
    for name in names:
        if (found := manifest.read(out / name)) is not None:
            lines.append(line([name, clock(found["seconds"]), str(found["created"])]))
    return "Stages:\n\n" + "\n".join(lines)
