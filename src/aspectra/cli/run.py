"""`aspectra run`: the whole pipeline in one command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    epilog="Example: aspectra run configs/mixtral500.yaml --set finetune.shots=64 --out runs/shots64    "
    "or: aspectra run configs/reader-en.yaml"
)
def run(
    config: Annotated[
        str, typer.Argument(metavar="[CONFIG]", help="YAML file, or name of a config that comes with Aspectra.")
    ] = "quickstart",
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for everything. [the config's `out`]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print results.json.")] = False,
) -> None:
    """Run the whole chain of CONFIG: from reviews and an LLM to compared students, or from labels to a reader.

    With `reviews`: elicit, corpus, pretrain, fine-tune, evaluate. With `labels`: a tagger learns labeled sentences, and
    from a larger tagger if there is a `teacher`; it is exported and evaluated on dev. Without CONFIG: the offline
    quickstart. Finished stages are skipped, and a stage that was stopped goes on.
    """
    from aspectra.cli.output import write
    from aspectra.pipeline import reader
    from aspectra.pipeline.run import OPINIONS
    from aspectra.pipeline.run import run as chain
    from aspectra.places import config_file
    from aspectra.progress import say
    from aspectra.recipes import ReaderConfig, RunConfig
    from aspectra.settings import load, read_yaml
    from aspectra.systems import BenchmarkConfig

    file = config_file(config)
    settings: RunConfig | ReaderConfig
    if "labels" in read_yaml(file):
        settings = reader.opened(file, changes or [])
        folder = out or Path(settings.out)
        results = reader.make(settings, folder)
    else:
        settings = load(RunConfig, file, changes or [], others={BenchmarkConfig: "aspectra benchmark"})
        folder = out or Path(settings.out)
        results = chain(settings, folder)
    if json:
        write(results)
        return
    show((folder / "report.md").read_text(encoding="utf-8"))
    say(f"report: {folder / 'report.md'}, figures: {folder / 'results.json'}")
    if "next" in results:
        print(results["next"])
    elif results["config"]["analyze"]:
        say(f"what the reviews say: {folder / OPINIONS.with_suffix('.html')} (open it in a browser)")


def show(markdown: str) -> None:
    """Aligned tables on a terminal; unchanged Markdown in a pipe."""
    if not sys.stdout.isatty():
        print(markdown, end="")
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(markdown))
