"""`aspectra check`: a page for judging opinions found in the user's own reviews."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="Example: aspectra check reviews.csv opinions.csv --out check.html")
def check(
    reviews: Annotated[Path, typer.Argument(metavar="REVIEWS", help="File that was analyzed.")],
    opinions: Annotated[
        Path, typer.Argument(metavar="OPINIONS", help="File of opinions that `aspectra analyze` wrote.")
    ],
    sentences: Annotated[int, typer.Option(min=1, help="Number of sentences, with and without opinions.")] = 30,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Page to write, an .html file. [OPINIONS.check.html]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Make a page with a sample of your sentences, on which you mark opinions as right, wrong or missed.

    The page saves a file. `aspectra score --audit FILE` gives precision and recall on these reviews. `aspectra data
    import FILE` makes labels from it, to fine-tune on.
    """
    from aspectra.analyze.sample import sample
    from aspectra.cli.output import write
    from aspectra.errors import UserError
    from aspectra.places import locate
    from aspectra.progress import counted
    from aspectra.report import check as page

    out = out or opinions.with_name(f"{opinions.name}.check.html")
    if out.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--out {out}: name a file that ends in .html")
    drawn = sample(locate(str(reviews)), opinions, sentences, seed)
    name = page.write(drawn, out)
    found = sum(len(each["opinions"]) for each in drawn["sentences"])
    if json:
        write({"page": str(out), "id": name, "drawn": len(drawn["sentences"]), "of": drawn["of"], "opinions": found})
        return
    told = f"{len(drawn['sentences'])} of {counted(drawn['of'], 'sentence')} with {counted(found, 'opinion')}"
    print(f"{out}: {told}; open it in a browser, mark, and save")
