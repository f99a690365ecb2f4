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
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Folder of a fine-tuned student.")],
    out: Annotated[Path, typer.Option(help="Folder for the export.")],
    compute: Annotated[
        str,
        typer.Option(
            help="Type of the weights: auto (the smallest with little loss of F1), int8, int8_bfloat16, bfloat16, "
            "float32."
        ),
    ] = "auto",
    check: Annotated[
        int | None,
        typer.Option(min=1, help="Number of sentences to compare export and student on. [200; for a tagger 2,000]"),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Set or folder to compare on: its test.json, or for a tagger its dev.json. The dev.json also "
            "calibrates confidences. [the demo's hotels]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw of --check.")] = 42,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, in tokens.")] = 100,
    batch_size: Annotated[int, typer.Option(min=1, help="Sentences read at once.")] = 32,
    meanings: Annotated[
        str | None,
        typer.Option(
            metavar="ENCODER", help="Encoder whose word vectors find topics, for a tagger. [the tagger's own]"
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the model in outputs. [the folder's name]")] = None,
    version: Annotated[str | None, typer.Option(help="Version of the model in outputs. [none]")] = None,
    language: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="Language of the model's sentences in outputs, as in en or de. [none]"),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Number of threads. [the libraries' own choice]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Convert a fine-tuned student to a folder that runs fast and without torch, and compare the two."""
    from aspectra.cli.output import percent, table, write
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
        meanings=meanings,
        says={key: value for key, value in (("name", name), ("version", version), ("language", language)) if value},
    )["figures"]
    if json:
        write(figures)
        return
    mb, size = 1e6, figures["bytes"]
    own = figures["student"]
    rows = [
        ["the student itself", round(size["student"] / mb, 1), None, percent(own["f1"]), None, None, own["seconds"]]
    ]
    rows += [
        [
            row["compute"] + (" (taken)" if row["compute"] == figures["compute"] else ""),
            round(row["bytes"] / mb, 1),
            percent(row["agreement"]),
            percent(row["f1"]),
            row["confidence"]["mean"],
            row["confidence"]["max"],
            row["seconds"],
        ]
        for row in figures["tried"]
    ]
    columns = ["", "MB", "agreement", "strict F1", "confidence off, mean", "max", "seconds"]
    table(
        columns,
        rows,
        f"{figures['task']}, {figures['sentences']} sentences of {figures['data']}; agreement and F1 in percent",
    )
    print(
        f"{out}: {figures['compute']}, {size['export'] / mb:.0f} MB; the same opinions as the student in "
        f"{figures['agreement']:.1%} of the sentences"
    )
