"""`report.md` of a reader made from labels: the dev F1 of teacher, student and export. Called by
`aspectra.pipeline.reader`."""

from __future__ import annotations

from typing import Any

from aspectra.report.tables import distinct, line, percent


def report(results: dict[str, Any]) -> str:
    """The whole report as Markdown, from the content of `results.json`."""
    rows, export = results["rows"], results["export"]
    sets = distinct(row["data"] for row in rows)
    sizes = {row["data"]: row["sentences"] for row in rows}
    head = ["", "parameters", *(f"{name} ({sizes[name]})" for name in sets), "sentences / s"]
    lines = [line(head), line(["---", *["---:"] * (len(head) - 1)])]
    for system in distinct(row["system"] for row in rows):
        mine = [row for row in rows if row["system"] == system]
        name = f"export, {export['compute']}" if system == "export" else system
        seconds = sum(row["seconds_per_sentence"] * row["sentences"] for row in mine)
        pace = f"{sum(row['sentences'] for row in mine) / seconds:,.0f}" if seconds else "-"
        size = f"{mine[0]['parameters'] / 1e6:.0f} M" if mine[0]["parameters"] else "-"
        lines.append(line([name, size, *(percent(row["f1"]) for row in mine), pace]))
    told = "Strict F1 in percent on the dev sentences of each set (their number):"
    parts = [f"# A reader of {results['config']['labels']}", told, "\n".join(lines)]
    if export is not None:
        parts.append(f"The export is {results['models']['export']}, {export['bytes'] / 1e6:.1f} MB.")
    return "\n\n".join(parts) + "\n"
