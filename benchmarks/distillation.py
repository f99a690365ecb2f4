"""The effect of distillation: the tables and the chart of docs/results/distillation.md, from merged cells.

    python benchmarks/distillation.py MERGED --base base --chart curve.svg --corpus 0=base --corpus 500=answers-500
    python benchmarks/distillation.py MERGED --chart labels.svg --line base=published --line distilled=pretrained
    python benchmarks/distillation.py MERGED --teacher CELLS
    python benchmarks/distillation.py --zero-shot STUDENT TEACHER

`aspectra benchmark merge` wrote MERGED. The first table has F1 of each system and its parts: F1 of the terms alone,
and the share of found terms with the right polarity. The second compares each system with `--base` on the seeds that
both have: the difference with the report's interval and test (over sentences), and seed by seed, because seeds differ
more than sentences. `--chart` draws F1 over the size of the corpus, one line for each number of labels; or, with
`--line`, over the number of labels, one line for each of these systems. `--teacher` takes the cells of an LLM that was
asked about some of the test sentences, and scores every student on those only. `--zero-shot` takes folders of
`aspectra zero-shot`: how much more often the first system is right than another, paired by sentence.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import cycle
from math import inf
from pathlib import Path
from statistics import fmean
from typing import Any

from aspectra.benchmark.judgments import measure
from aspectra.files import write_text
from aspectra.report.charts import Axis, linear, tag
from aspectra.score.significance import Counts, Interval, difference, f1_interval
from aspectra.tables import read_jsonl

WIDE, HIGH, LEFT, TOP = 300, 220, 44, 34
BESIDE = 120  # room for the name of a line
# The cells by (set, labels, system), then by seed; and by set, line and point of the x axis.
Cells = dict[tuple[str, int | None, str], dict[int, dict[str, Any]]]
Panels = dict[str, dict[str, dict[str, list[dict[str, Any]]]]]
COLORS = ("#2563c9", "#c2410c", "#15803d")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def f1(cell: dict[str, Any], scoring: str, subset: str) -> float:
    """F1 in percent."""
    (score,) = [s for s in cell["scores"] if (s["scoring"], s["subset"]) == (scoring, subset)]
    return 100 * float(score["f1"])


def markdown(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---" if i == 0 else "---:" for i in range(len(heads))], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def grouped(results: dict[str, Any]) -> Cells:
    """The cells by (set, labels, system), then by seed."""
    found: Cells = defaultdict(dict)
    for cell in results["cells"]:
        found[(cell["data"], cell["shots"], cell["system"])][cell["seed"]] = cell
    return found


def scores(cells: Cells, scoring: str) -> list[list[str]]:
    rows = []
    for (data, shots, system), seeds in cells.items():
        means = [fmean(f1(cell, scoring, subset) for cell in seeds.values()) for subset in ("all", "implicit", "multi")]
        terms = 100 * fmean(cell["subjects"]["f1"] for cell in seeds.values())
        right = 100 * fmean(cell["polarity"]["accuracy"] for cell in seeds.values())
        figures = [f"{value:.2f}" for value in (*means, terms, right)]
        rows.append([data, str(shots), system, str(len(seeds)), *figures])
    return rows


def against(results: dict[str, Any], base: str) -> list[list[str]]:
    rows = []
    for each in results["comparisons"]:
        if (each["scoring"], each["subset"]) != ("strict", "all") or base not in (each["one"], each["other"]):
            continue
        sign = 1 if each["other"] == base else -1
        system = each["one"] if sign == 1 else each["other"]
        place = each["data"], each["shots"]
        low, high = sorted((sign * each["low"], sign * each["high"]))
        rows.append(
            [
                *(str(part) for part in place),
                system,
                f"{100 * sign * each['difference']:+.2f}",
                ends(Interval(each["difference"], low, high)),
                " ".join(f"{100 * sign * gap:+.1f}" for gap in each["by_seed"]),
                f"{each['p']:.4f}",
                f"{each['p_holm']:.3f}",
                "yes" if each["differs"] else "no",
            ]
        )
    return rows


def over_answers(cells: Cells, sizes: list[tuple[int, str]]) -> str:
    """F1 over the number of answers, a line for each number of labels.

    Only sets, labels and seeds of the largest corpus are drawn, so that all points of a line are comparable.
    """
    panels: Panels = {}
    for data, labels, system in sorted(cells, key=lambda place: (place[0], number(place[1]))):
        if system == sizes[-1][1]:
            points = {}
            for size, other in sizes:
                seeds = cells.get((data, labels, other), {})
                points[f"{size:,}"] = [seeds[seed] for seed in seeds if seed in cells[(data, labels, system)]]
            panels.setdefault(data, {})[f"{written(labels)} labels"] = points
    return chart(panels, "answers of the teacher")


def over_labels(cells: Cells, lines: list[tuple[str, str]]) -> str:
    """F1 over the number of labels, a line for each of the systems, which are given with their names."""
    known = [system for system, _ in lines]
    shots = sorted({labels for _, labels, system in cells if system in known}, key=number)
    panels: Panels = {}
    for data in dict.fromkeys(data for data, _, _ in cells):
        for system, name in lines:
            points = {written(labels): [*cells.get((data, labels, system), {}).values()] for labels in shots}
            if any(points.values()):
                panels.setdefault(data, {})[name] = points
    return chart(panels, "labels of the set")


def number(labels: int | None) -> float:
    """A number of labels for sorting; None means all."""
    return inf if labels is None else labels


def written(labels: int | None) -> str:
    return "all" if labels is None else str(labels)


def chart(panels: Panels, under: str) -> str:
    """A panel for each set: a line over the points of the x axis for each name, and a dot for each run."""
    axis = linear(
        [f1(cell, "strict", "all") for lines in panels.values() for cells in each_point(lines) for cell in cells]
    )
    parts = []
    for place, (data, lines) in enumerate(panels.items()):
        inner = [tag("text", f"{data}, strict F1", x=LEFT, y=16, font_weight="bold"), *grid(axis)]
        ticks = list(next(iter(lines.values())))
        across = [LEFT + (WIDE - 20) * i / max(len(ticks) - 1, 1) for i in range(len(ticks))]
        inner += [
            tag("text", tick, x=x, y=TOP + HIGH + 18, text_anchor="middle")
            for x, tick in zip(across, ticks, strict=True)
        ]
        for color, (name, points) in zip(cycle(COLORS), lines.items()):
            inner += line(name, list(points.values()), across, axis, color)
        parts.append(tag("g", *inner, transform=f"translate({place * (WIDE + BESIDE)} 0)"))
    wide, high = len(panels) * (WIDE + BESIDE), TOP + HIGH + 44
    foot = tag("text", under, x=LEFT, y=high - 6)
    body = tag("rect", width=wide, height=high, fill="#fff") + "".join(parts) + foot
    look = {
        "viewBox": f"0 0 {wide} {high}",
        "width": wide,
        "height": high,
        "font_family": "sans-serif",
        "font_size": 12,
    }
    return tag("svg", body, xmlns="http://www.w3.org/2000/svg", **look) + "\n"


def each_point(lines: dict[str, dict[str, list[dict[str, Any]]]]) -> Iterator[list[dict[str, Any]]]:
    """The cells of each point of each line."""
    return (cells for points in lines.values() for cells in points.values())


def level(axis: Axis, value: float) -> float:
    return TOP + HIGH * (1 - axis.share(value))


def grid(axis: Axis) -> list[str]:
    found = []
    for tick in axis.ticks:
        y = level(axis, tick)
        found.append(tag("line", x1=LEFT, x2=LEFT + WIDE - 20, y1=y, y2=y, stroke="#ddd"))
        found.append(tag("text", f"{tick:g}", x=LEFT - 10, y=y + 4, text_anchor="end"))
    return found


def line(name: str, points: list[list[dict[str, Any]]], across: list[float], axis: Axis, color: str) -> list[str]:
    """A line through the means of the points that have cells."""
    found, means = [], []
    for x, cells in zip(across, points, strict=True):
        each = [f1(cell, "strict", "all") for cell in cells]
        found += [tag("circle", cx=x, cy=level(axis, value), r=2.5, fill=color, opacity=0.45) for value in each]
        if each:
            means.append((x, level(axis, fmean(each))))
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in means)
    found.append(tag("polyline", points=joined, fill="none", stroke=color, stroke_width=2))
    x, y = means[-1]
    return [*found, tag("text", name, x=x + 8, y=y + 4, fill=color)]


def beside(merged: Path, teacher: Path) -> list[list[str]]:
    """Every student and the LLM on the sentences that the LLM was asked about; the difference is student minus LLM."""
    rows = []
    places = sorted((merged / "cells").glob("*/result.json"))
    records = [(place.parent, read_json(place)) for place in places]
    for place in sorted(teacher.glob("*/result.json")):
        llm, seen = read_json(place), counts(place.parent)
        theirs = [list(seen.values())]
        groups: dict[tuple[int, str], list[Counts]] = defaultdict(list)
        for folder, record in records:
            if (record["task"], record["data"]) == (llm["task"], llm["data"]):
                found = counts(folder)
                groups[(record["shots"], record["system"])].append([found[name] for name in seen])
        score = f1_interval(theirs)
        name = f"{llm['system']}, {len(seen)} sentences"
        rows.append([llm["data"], name, "", "1", f"{100 * score.value:.2f}", "", ends(score)])
        for (shots, system), ours in sorted(groups.items()):
            mean, gain = f1_interval(ours).value, difference(ours, theirs)
            row = [llm["data"], system, str(shots), str(len(ours)), f"{100 * mean:.2f}"]
            rows.append([*row, f"{100 * gain.value:+.2f}", ends(gain)])
    return rows


def polarities(folders: list[Path]) -> list[list[str]]:
    """Accuracy and macro-F1 of every system of `aspectra zero-shot`, and the first system's lead in accuracy."""
    said: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for folder in folders:
        known = {system for _, system in said}  # a baseline that an earlier folder has too
        for row in read_jsonl(folder / "predictions.jsonl"):
            if row["system"] not in known:
                said[(row["data"], row["system"])].append(row)
    first = next(system for _, system in said)
    rows = []
    for (data, system), lines in said.items():
        figures = measure([row["gold"] for row in lines], [row["predicted"] for row in lines])
        lead = difference([by_sentence(said[(data, first)])], [by_sentence(lines)])
        beside = [] if system == first else [f"{100 * lead.value:+.1f}", ends(lead)]
        name = system.rpartition("/")[2]
        rows.append([data, name, f"{100 * figures['accuracy']:.1f}", f"{100 * figures['macro_f1']:.1f}", *beside])
    return [row + [""] * (6 - len(row)) for row in sorted(rows, key=lambda row: row[0])]


def by_sentence(lines: list[dict[str, Any]]) -> Counts:
    """(right, asked, right, asked) of each sentence, so that F1 of the sums is accuracy."""
    found: dict[str, list[bool]] = defaultdict(list)
    for row in lines:
        found[row["id"]].append(row["gold"] == row["predicted"])
    return [(sum(each), len(each), sum(each), len(each)) for each in found.values()]


def counts(folder: Path) -> dict[str, tuple[int, int, int, int]]:
    """Strict counts of each sentence of a cell, by its id."""
    return {row["id"]: tuple(row["counts"]["strict"]) for row in read_jsonl(folder / "predictions.jsonl")}


def ends(interval: Interval) -> str:
    return f"{100 * interval.low:+.2f} to {100 * interval.high:+.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("merged", type=Path, nargs="?", help="a folder that `aspectra benchmark merge` wrote")
    parser.add_argument("--base", default="base", help="the system that the others are held against [%(default)s]")
    parser.add_argument("--teacher", type=Path, help="the `cells` folder of a benchmark of an LLM")
    parser.add_argument("--chart", type=Path, help="where to draw F1 over the corpus or the labels")
    parser.add_argument("--corpus", action="append", default=[], metavar="SIZE=SYSTEM", help="a place on its x axis")
    parser.add_argument("--line", action="append", default=[], metavar="SYSTEM=NAME", help="over the labels: a line")
    parser.add_argument("--zero-shot", type=Path, nargs="+", help="folders of `aspectra zero-shot --out`")
    asked = parser.parse_args()
    if asked.zero_shot:
        heads = ["set", "system", "accuracy", "macro-F1", "behind the first", "95 % interval"]
        print(markdown(heads, polarities(asked.zero_shot)))
        return
    if asked.merged is None:
        parser.error("name the folder that `aspectra benchmark merge` wrote, or --zero-shot")
    if asked.teacher:
        heads = ["set", "system", "labels", "seeds", "strict F1", "minus the LLM", "95 % interval"]
        print(markdown(heads, beside(asked.merged, asked.teacher)))
        return
    results = read_json(asked.merged / "results.json")
    cells = grouped(results)
    heads = ["set", "labels", "system", "seeds", "all", "implicit", "multi", "terms alone", "polarity of those found"]
    for scoring in ("strict", "paper"):
        print(f"\n{scoring} scoring, F1 in percent, means over seeds\n\n{markdown(heads, scores(cells, scoring))}")
    heads = ["set", "labels", "system", f"minus {asked.base}", "95 % interval", "seed by seed", "p", "Holm", "shown"]
    print(f"\nstrict, all sentences\n\n{markdown(heads, against(results, asked.base))}")
    if asked.chart and asked.line:
        lines = [(system, name) for system, _, name in (each.partition("=") for each in asked.line)]
        if wrong := [system for system, _ in lines if all(system != place[2] for place in cells)]:
            parser.error(f"--line: {asked.merged} has no system {wrong[0]}")
        write_text(asked.chart, over_labels(cells, lines))
    elif asked.chart:
        sizes = [(int(size), system) for size, _, system in (each.partition("=") for each in asked.corpus)]
        write_text(asked.chart, over_answers(cells, sizes))


if __name__ == "__main__":
    main()
