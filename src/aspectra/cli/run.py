"""`aspectra run`: the whole chain in one command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="Example: aspectra run configs/mixtral500.yaml --set finetune.shots=64 --out runs/shots64")
def run(
    config: Annotated[
        str, typer.Argument(metavar="[CONFIG]", help="A YAML file, or the name of a config that ships with Aspectra.")
    ] = "quickstart",
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for everything. [the config's `out`]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print results.json.")] = False,
) -> None:
    """Elicit, corpus, pretrain, fine-tune and evaluate; without CONFIG the offline quickstart.

    What is done is skipped, what was cut off goes on.
    """
    from aspectra.cli.output import write
    from aspectra.pipeline.run import OPINIONS
    from aspectra.pipeline.run import run as chain
    from aspectra.places import config_file
    from aspectra.progress import say
    from aspectra.recipes import RunConfig
    from aspectra.settings import load
    from aspectra.systems import BenchmarkConfig

    settings = load(RunConfig, config_file(config), changes or [], others={"aspectra benchmark": BenchmarkConfig})
    folder = out or Path(settings.out)
    results = chain(settings, folder)
    if json:
        write(results)
        return
    show((folder / "report.md").read_text(encoding="utf-8"))
    say(f"report: {folder / 'report.md'}, figures: {folder / 'results.json'}")
    if settings.analyze:
        say(f"what the reviews say: {folder / OPINIONS.with_suffix('.html')} (open it in a browser)")


def show(markdown: str) -> None:
    """Tables that line up on a terminal; the Markdown as it is in a pipe."""
    if not sys.stdout.isatty():
        print(markdown, end="")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(markdown))
