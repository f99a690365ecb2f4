"""`aspectra corpus`: responses to training text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aspectra.config import CorpusConfig

app = typer.Typer(add_completion=False, rich_markup_mode=None)
DEFAULT = CorpusConfig()


@app.command(epilog="Example: aspectra corpus runs/responses --evaluation rest14 --out runs/corpus")
def corpus(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders made by `aspectra elicit`.")],
    out: Annotated[Path, typer.Option(help="Folder for the corpus.")],
    kinds: Annotated[
        str, typer.Option(help="Kinds of answers, comma-separated: analysis, rewriting, rating.")
    ] = ",".join(DEFAULT.kinds),
    evaluation: Annotated[
        list[str] | None,
        typer.Option(
            help="Benchmark file, folder or set whose dev and test sentences must not leak in; may be repeated."
        ),
    ] = None,
    dev_share: Annotated[float, typer.Option(help="Share of the reviews that is held out.")] = DEFAULT.dev_share,
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = DEFAULT.seed,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Another setting, as in min_words=5; may be repeated."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the manifest's figures as JSON.")] = False,
) -> None:
    """Filter, decontaminate and split responses into training text with a data card and silver labels."""
    from aspectra.cli import values
    from aspectra.cli.output import table, write
    from aspectra.corpus.build import build
    from aspectra.settings import load

    chosen = values.kinds(kinds, ("analysis", "rewriting", "rating"))
    given = {"kinds": chosen, "evaluation": evaluation or [], "dev_share": dev_share, "seed": seed}
    figures = build(folders, load(CorpusConfig, None, changes or [], given), out)["figures"]
    if json:
        write(figures)
        return
    rows = figures["rows"]
    names = sorted({kind for part in rows.values() for kind in part})
    if names:
        table(["kind", "train", "dev"], [[k, rows["train"].get(k, 0), rows["dev"].get(k, 0)] for k in names], "rows")
    table(["what", "number"], [[what, number] for what, number in figures["counts"].items()], "filters")
