"""`report.html` and `report.md` of a benchmark, from its `results.json` and the cells' predictions.

Called by `aspectra.benchmark.protocol`. The page is one self-contained file: its content security policy allows only
its own style and script, by their hashes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aspectra.files import write_text
from aspectra.report import charts, contrasts
from aspectra.report.boards import SUBSETS, boards, overview, sets, views
from aspectra.report.frame import environment, frame
from aspectra.report.systems import Row, Systems
from aspectra.report.tables import distinct

# Bytes of the HTML file: sentences fill the space left by tables and charts, at least ROOM.
LIMIT = 1_900_000
ROOM = 200_000
# Sentences per set in the Markdown file.
FEW = 2


def write(results: Row, folder: Path) -> None:
    """Write `report.html` and `report.md` into `folder`, atomically.

    `results` is the content of `results.json`; sentences are shown if `folder/cells/<id>/predictions.jsonl` exist.
    """
    systems = Systems(results)
    names = list(systems.keys)
    found = contrasts.disagreements(results, folder, names)
    values = context(results, systems)
    write_text(folder / "report.md", markdown(values, found, names))
    write_text(folder / "report.html", html(values, found, systems))


def context(results: Row, systems: Systems) -> dict[str, Any]:
    """The values of both templates, without sentences."""
    import yaml

    cells = results["cells"]
    return {
        "name": results["name"],
        "facts": facts(results),
        "notes": results["notes"],
        "systems": systems.legend(),
        "symbols": charts.symbols(systems.keys.values()),
        "several_labels": bool(systems.several),
        "views": views(results),
        "scorings": list(dict.fromkeys(way for way, _ in views(results))),
        "subsets": {subset: SUBSETS[subset] for subset in SUBSETS if subset in {s for _, s in views(results)}},
        "overview": overview(results, systems),
        "boards": boards(results, systems),
        "missing": results["missing"],
        "config": yaml.safe_dump(results["config"], sort_keys=False, allow_unicode=True),
        "machines": distinct(", ".join(f"{k} {v}" for k, v in c["machine"].items()) for c in cells),
        "versions": {
            key: ", ".join(distinct(c["versions"][key] for c in cells if key in c["versions"]))
            for key in distinct(key for c in cells for key in c["versions"])
        },
        "commits": distinct(c["commit"] for c in cells if c["commit"]),
    }


def facts(results: Row) -> list[tuple[str, str]]:
    """The grid in a few words: (name, number)."""
    cells, there = results["cells"], sets(results)
    seeds = distinct(str(c["seed"]) for c in cells if c["seed"] is not None)
    days = sorted(c["created"][:10] for c in cells)
    found = [
        ("systems", ", ".join(distinct(c["system"] for c in cells))),
        ("tasks", ", ".join(task.upper() for task in distinct(task for task, _ in there))),
        ("sets", ", ".join(distinct(data for _, data in there))),
        ("seeds", ", ".join(seeds)),
        ("runs", f"{len(cells)}" + (f", {len(results['missing'])} missing" if results["missing"] else "")),
        ("measured", " to ".join(distinct([*days[:1], *days[-1:]]))),
        ("protocol", f"version {results['protocol']}"),
    ]
    return [(what, text) for what, text in found if text]


def html(values: dict[str, Any], found: list[contrasts.Disagreement], systems: Systems) -> str:
    """The page, with as many sentences as fit under `LIMIT` bytes."""
    from markupsafe import Markup

    pages = environment(markup=True)
    numbers = contrasts.counts(found, len(systems.keys))
    pair = default_pair(numbers, values["boards"], list(systems.keys))
    parts = frame((), "report.js", {"counts": numbers, "systems": list(systems.keys)})
    page = pages.get_template("report.html.jinja")

    def whole(cards: list[str]) -> str:
        return page.render(
            **values,
            **parts,
            pair=pair,
            cards=[Markup(card) for card in cards],
            disagreements=len(found),
        )

    one = pages.get_template("card.html.jinja")
    first = values["boards"][0]["id"] if values["boards"] else None
    room = max(ROOM, LIMIT - len(whole([]).encode()))
    looks = values["systems"]
    return whole(
        contrasts.embedded(found, lambda card: one.render(card=card, systems=looks, pair=pair, first=first), room)
    )


def default_pair(numbers: dict[str, list[list[int]]], found: list[dict[str, Any]], names: list[str]) -> tuple[int, int]:
    """The pair of systems shown first: the first set's best two, or else the two that differ on the most sentences."""
    table = numbers.get(found[0]["id"]) if found else None
    if table is None:
        return (0, min(1, len(names) - 1))
    ranked = [row["system"] for view in found[0]["views"][:1] for group in view["groups"] for row in group["rows"]]
    order = [names.index(name) for name in dict.fromkeys(ranked)]
    pairs = [(a, b) for a in range(len(names)) for b in range(len(names)) if a != b]
    best = (order[0], order[1]) if len(order) > 1 else pairs[0]
    return best if table[best[0]][best[1]] else max(pairs, key=lambda pair: table[pair[0]][pair[1]])


def markdown(values: dict[str, Any], found: list[contrasts.Disagreement], names: list[str]) -> str:
    """The Markdown version, for a README: tables instead of charts, only the default view, a few sentences."""
    few = [
        contrasts.card(each)
        for board in values["boards"]
        for each in [each for each in contrasts.balanced(found) if each.set == board["id"]][:FEW]
    ]
    page = environment(markup=False).get_template("report.md.jinja")
    return page.render(**values, cards=few, names=names)
