"""`aspectra data`: the benchmark sets that are here, and what is in them."""

from __future__ import annotations

from typing import Any

import typer

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="The benchmark sets: list them, count them."
)


@app.command("list", epilog="Example: aspectra data list")
def list_sets(as_json: bool = typer.Option(False, "--json", help="One JSON document on stdout.")) -> None:
    """The sets known by name; a folder <task>/<name> in $ASPECTRA_DATA adds one."""
    from aspectra.benchmark.datasets import FILES, known
    from aspectra.cli import output
    from aspectra.tasks import TASKS

    found = [
        {
            "task": task,
            "data": name,
            "files": [file for file in FILES if (folder / f"{file}.json").is_file()],
            "folder": str(folder),
        }
        for task in TASKS
        for name, folder in known(task).items()
    ]
    if as_json:
        output.write(found)
        return
    shown = [{**row, "files": " ".join(row["files"])} for row in found]
    if found:
        output.table(("task", "data", "files", "folder"), [[*row.values()] for row in shown])
    else:
        print("no sets here; put <task>/<name>/{train,dev,test}.json below $ASPECTRA_DATA")


@app.command("stats", epilog="Example: aspectra data stats --task atsa --data rest14")
def stats(
    task: str = typer.Option(..., help="atsa or acsa."),
    data: str = typer.Option(..., help="Name of a set (see: aspectra data list) or its folder."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
) -> None:
    """Sentences, targets, categories, polarities and subsets of a set, as both scorings count them."""
    from aspectra.benchmark.datasets import find
    from aspectra.benchmark.stats import describe
    from aspectra.cli import output

    folder = find(task, data)
    splits = describe(folder, task)
    if as_json:
        output.write({"task": task, "data": data, "folder": str(folder), "splits": splits})
    else:
        table(f"{task} {data}", splits)


def table(title: str, splits: dict[str, dict[str, Any]]) -> None:
    """A row for each count, a column for each split."""
    from aspectra.cli import output

    rows = []
    for key, first in next(iter(splits.values())).items():
        inner = list(first) if isinstance(first, dict) else [None]
        for part in inner:
            name = key.replace("_", " ") if part is None else f"{key}, {part}" if key != "polarities" else part
            values = [split[key] if part is None else split[key][part] for split in splits.values()]
            rows.append([name, *values])
    output.table(("", *splits), rows, title)
    if any(split["implicit"]["strict"] is None for split in splits.values()):
        print("-: no opinion words are marked there, so implicit opinions are not known")
