"""Options that several commands share. Called by `analyze`, `distil`, `elicit` and `serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    Path | None,
    typer.Option(
        help="Folder of an exported student, or of a fine-tuned one (needs torch). [the reader that comes with "
        "Aspectra]"
    ),
]
TextColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column with the reviews' text. [found by name]")
]
IdColumn = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column with the reviews' ids. [id, review_id; else rows are numbered]"),
]
Encoding = Annotated[
    str | None, typer.Option(help="Encoding of the reviews' file, as in cp1252. [byte-order mark, else utf-8]")
]
Delimiter = Annotated[
    str | None, typer.Option(help="Character between the fields of a .csv; write tab for a tab. [found in the header]")
]
