"""`aspectra export`: a student that runs without torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    epilog="Example: aspectra export runs/tuned --out runs/exported    "
    "then: aspectra evaluate runs/exported --data hotels"
)
def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A fine-tuned student's folder.")],
    out: Annotated[Path, typer.Option(help="Folder for the export.")],
    compute: Annotated[
        str,
        typer.Option(help="auto, int8, int8_bfloat16, bfloat16 or float32; auto: the smallest that costs hardly any."),
    ] = "auto",
    check: Annotated[
        int | None,
        typer.Option(min=1, help="Sentences on which export and student are compared. [200; of one that tags 2,000]"),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Set or folder to compare on: its test.json, of one that tags its dev.json. A dev.json "
            "calibrates confidences. [the demo's hotels]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw of these sentences.")] = 42,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, in tokens.")] = 100,
    batch_size: Annotated[int, typer.Option(min=1, help="Sentences at once.")] = 32,
    name: Annotated[str | None, typer.Option(help="What outputs call it. [the folder's name]")] = None,
    version: Annotated[str | None, typer.Option(help="Of this model, for outputs to tell. [none]")] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Of its sentences (en, de ...), for outputs to tell. [none]")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads. [the libraries' own choice]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Turn a fine-tuned student into a folder that runs quickly and without torch, and compare the two."""
    from aspectra.cli.output import table, write
    from aspectra.readers.export import export as work

    figures = work(
        model,
        out,
        compute=compute,
        check=check,
        data=data,
        seed=seed,
        batch_size=batch_size,
        max_new_tokens=max_new_tokens,
        threads=threads,
        says={key: value for key, value in (("name", name), ("version", version), ("language", language)) if value},
    )["figures"]
    if json:
        write(figures)
        return
    mb, size = 1e6, figures["bytes"]
    own = figures["student"]
    rows = [["the student itself", round(size["student"] / mb, 1), None, own["f1"], None, None, own["seconds"]]]
    rows += [
        [
            row["compute"] + (" (taken)" if row["compute"] == figures["compute"] else ""),
            round(row["bytes"] / mb, 1),
            row["agreement"],
            row["f1"],
            row["confidence"]["mean"],
            row["confidence"]["max"],
            row["seconds"],
        ]
        for row in figures["tried"]
    ]
    columns = ["", "MB", "agreement", "strict F1", "confidence off, mean", "max", "seconds"]
    table(columns, rows, f"{figures['task']}, {figures['sentences']} sentences of {figures['data']}")
    print(
        f"{out}: {figures['compute']}, {size['export'] / mb:.0f} MB; the same opinions as the student in "
        f"{figures['agreement']:.1%} of the sentences"
    )
