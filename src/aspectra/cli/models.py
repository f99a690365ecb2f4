"""`aspectra models`: the students known by name."""

from __future__ import annotations

from typing import Annotated

import typer

from aspectra.cli.help import Whole

app = typer.Typer(cls=Whole, add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback(epilog="Example: aspectra models fetch smollm2-135m")
def models() -> None:
    """List the students with a name, or put one on disk."""


@app.command("list", epilog="Example: aspectra models list")
def show(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the students with a name and their sources; you can also train from folders and Hub ids (org/name)."""
    from aspectra.cli.output import table, write
    from aspectra.models import listing

    found = listing()
    if json:
        write(found)
        return
    rows = [[m["name"], "yes" if m["on disk"] else "no", m["source"], m["about"]] for m in found]
    table(["name", "on disk", "source", "about"], rows)


@app.command(epilog="Example: aspectra models fetch smollm2-135m")
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name in `aspectra models list`, or a Hub id.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Download a student, check it, and print its folder."""
    from aspectra.cli.output import write
    from aspectra.models import resolve

    folder = resolve(name)
    if json:
        write({"name": name, "folder": str(folder)})
    else:
        print(folder)
