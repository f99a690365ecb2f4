"""The effect of distillation: the tables and the chart of docs/results/distillation.md, from merged cells.

    python benchmarks/distillation.py MERGED --base base --chart curve.svg --corpus 0=base --corpus 500=answers-500
    python benchmarks/distillation.py MERGED --teacher CELLS
    python benchmarks/distillation.py --zero-shot STUDENT TEACHER

`aspectra benchmark merge` wrote MERGED. The first table has F1 of each system and its parts: F1 of the terms alone, and
the share of found terms with the right polarity. The second compares each system with `--base` on the seeds that both
have: the difference with the report's interval and test (over sentences), and seed by seed, because seeds differ more
than sentences. `--chart` draws F1 over the size of the corpus, one line for each number of labels. `--teacher` takes
the cells of an LLM that was asked about some of the test sentences, and scores every student on those only.
`--zero-shot` takes folders of `aspectra zero-shot`: how much more often the first system is right than another, paired
by sentence.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from itertools import cycle
from pathlib import Path
from statistics import fmean
from typing import Any

from aspectra.benchmark.judgments import measure
from aspectra.files import write_text
from aspectra.report.charts import Axis, linear, tag
from aspectra.score.significance import Counts, Interval, difference, f1_interval
from aspectra.tables import read_jsonl

WIDE, HIGH, LEFT, TOP = 300, 220, 44, 34
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


def grouped(results: dict[str, Any]) -> dict[tuple[str, int | None, str], dict[int, dict[str, Any]]]:
    """The cells by (set, labels, system), then by seed."""
    found: dict[tuple[str, int | None, str], dict[int, dict[str, Any]]] = defaultdict(dict)
    for cell in results["cells"]:
        found[(cell["data"], cell["shots"], cell["system"])][cell["seed"]] = cell
    return found


def scores(cells: dict[Any, dict[int, dict[str, Any]]], scoring: str) -> list[list[str]]:
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


def chart(cells: dict[Any, dict[int, dict[str, Any]]], sizes: list[tuple[int, str]]) -> str:
    """One panel per set: F1 over the number of answers, a line for each number of labels, a dot for each seed.

    Only sets, labels and seeds of the largest corpus are drawn, so that all points of a line are comparable.
    """
    drawn = [(data, labels) for data, labels, system in cells if system == sizes[-1][1]]
    sets = list(dict.fromkeys(data for data, _ in drawn))
    shots = sorted({labels for _, labels in drawn})
    known = {system for _, system in sizes}
    shown = [seeds for key, seeds in cells.items() if key[2] in known and key[:2] in drawn]
    values = [f1(cell, "strict", "all") for seeds in shown for cell in seeds.values()]
    axis = linear(values)
    across = [LEFT + (WIDE - 20) * i / max(len(sizes) - 1, 1) for i in range(len(sizes))]
    parts = []
    for place, data in enumerate(sets):
        inner = [tag("text", data, x=LEFT, y=16, font_weight="bold"), *grid(axis)]
        for x, (size, _) in zip(across, sizes, strict=True):
            inner.append(tag("text", f"{size:,}", x=x, y=TOP + HIGH + 18, text_anchor="middle"))
        for color, labels in zip(cycle(COLORS), shots):
            inner += line(cells, data, labels, sizes, across, axis, color)
        parts.append(tag("g", *inner, transform=f"translate({place * (WIDE + 100)} 0)"))
    wide, high = len(sets) * (WIDE + 100), TOP + HIGH + 44
    under = tag("text", "answers of the teacher", x=LEFT, y=high - 6)
    body = tag("rect", width=wide, height=high, fill="#fff") + "".join(parts) + under
    look = {
        "viewBox": f"0 0 {wide} {high}",
        "width": wide,
        "height": high,
        "font_family": "sans-serif",
        "font_size": 12,
    }
    return tag("svg", body, xmlns="http://www.w3.org/2000/svg", **look) + "\n"


def level(axis: Axis, value: float) -> float:
    return TOP + HIGH * (1 - axis.share(value))


def grid(axis: Axis) -> list[str]:
    found = []
    for tick in axis.ticks:
        y = level(axis, tick)
        found.append(tag("line", x1=LEFT, x2=LEFT + WIDE - 20, y1=y, y2=y, stroke="#ddd"))
        found.append(tag("text", f"{tick:g}", x=LEFT - 10, y=y + 4, text_anchor="end"))
    return found


def line(
    cells: dict[Any, dict[int, dict[str, Any]]],
    data: str,
    labels: int,
    sizes: list[tuple[int, str]],
    across: list[float],
    axis: Axis,
    color: str,
) -> list[str]:
    found, points = [], []
    known = cells.get((data, labels, sizes[-1][1]), {})
    for x, (_, system) in zip(across, sizes, strict=True):
        seeds = cells.get((data, labels, system), {})
        each = [f1(cell, "strict", "all") for seed, cell in seeds.items() if seed in known]
        found += [tag("circle", cx=x, cy=level(axis, value), r=2.5, fill=color, opacity=0.45) for value in each]
        if each:
            points.append((x, level(axis, fmean(each))))
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    found.append(tag("polyline", points=joined, fill="none", stroke=color, stroke_width=2))
    x, y = points[-1]
    return [*found, tag("text", f"{labels} labels", x=x + 8, y=y + 4, fill=color)]


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
    parser.add_argument("--chart", type=Path, help="where to draw F1 over the size of the corpus")
    parser.add_argument("--corpus", action="append", default=[], metavar="SIZE=SYSTEM", help="a place on its x axis")
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
    if asked.chart:
        sizes = [(int(size), system) for size, _, system in (each.partition("=") for each in asked.corpus)]
        write_text(asked.chart, chart(cells, sizes))


if __name__ == "__main__":
    main()
