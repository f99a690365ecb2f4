"""`aspectra analyze`: reviews to opinions and a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aspectra.cli.options import Delimiter, Encoding, IdColumn, Model, TextColumn

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    epilog="Example: aspectra analyze reviews.csv --out opinions.csv --report report.html --by store    "
    "(with --append, every day: only what is new is read)"
)
def analyze(
    reviews: Annotated[
        Path,
        typer.Argument(
            metavar="REVIEWS",
            help="A .csv, .jsonl, .json, .xlsx or .parquet file (docs/reviews.md), or - for standard input.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="File of opinions: .parquet, .csv or .jsonl.")],
    model: Model = None,
    report: Annotated[Path | None, typer.Option(help="Report to write, one .html file. [none]")] = None,
    title: Annotated[str | None, typer.Option(help="Title of the report. [the reviews' file]")] = None,
    by: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="Column whose values to compare; may be repeated.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the date of a review. [found by name]")
    ] = None,
    stars: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the stars of a review. [found by name]")
    ] = None,
    topics: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with your own topics, .yaml (docs/analyze.md). [found by meaning]"),
    ] = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    language: Annotated[str, typer.Option(help="Language of the reviews, whose grammar groups the targets.")] = "en",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes (actors of --engine ray), each with the model. [1, one a node]")
    ] = None,
    engine: Annotated[str, typer.Option(help="Who reads: local (this machine) or ray (a cluster).")] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT", help="Address of a Ray cluster's head. [$RAY_ADDRESS, else a cluster is started here]"
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Sentences read at once.")] = 32,
    min_confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Lowest confidence of an opinion; others are left out.")
    ] = 0.0,
    limit: Annotated[int | None, typer.Option(min=1, help="Number of reviews to read, from the first. [all]")] = None,
    skip_bad_rows: Annotated[
        bool,
        typer.Option("--skip-bad-rows", help="Skip rows that cannot be read or have no text, and count them."),
    ] = False,
    excel_safe: Annotated[
        bool,
        typer.Option(
            "--excel-safe",
            help="Make the .csv safe for Excel: a byte-order mark, and ' before cells that would run as formulas.",
        ),
    ] = False,
    stdin_format: Annotated[
        str | None, typer.Option("--format", help="Format of standard input: csv, tsv, jsonl. [guessed]")
    ] = None,
    append: Annotated[
        bool, typer.Option("--append", help="Read only the reviews that are new, and add them to --out.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite results of other input.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Find the opinions in a table of reviews: a file with a row for each opinion, and a report.

    After a stop, run the same command to go on. With --append, run it every day: it reads only the new reviews, and
    counts those of all days.
    """
    import os

    from aspectra.analyze import analysis
    from aspectra.analyze.source import student
    from aspectra.cli.output import table, write
    from aspectra.cluster import ENGINES, Cluster
    from aspectra.errors import UserError, unknown
    from aspectra.places import locate
    from aspectra.progress import counted

    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    if engine == "local" and ray_address is not None:
        raise UserError("--ray-address needs --engine ray")
    threads = max(1, (os.cpu_count() or 1) // (workers or 1))
    figures = analysis.analyze(
        locate(str(reviews)),
        student(model, batch_size=batch_size, threads=threads, min_confidence=min_confidence, targets=language),
        out,
        text_column=text_column,
        id_column=id_column,
        encoding=encoding,
        delimiter=delimiter,
        skip_bad_rows=skip_bad_rows,
        limit=limit,
        stdin_format=stdin_format,
        by=tuple(dict.fromkeys(by or ())),
        date_column=date,
        stars_column=stars,
        topics=topics,
        language=language,
        report=report,
        title=title,
        workers=workers or 1,
        cluster=Cluster(ray_address, workers) if engine == "ray" else None,
        excel_safe=excel_safe,
        append=append,
        replace=replace,
    )["figures"]
    if json:
        write(figures)
        return
    rows = [
        [
            row["label"],
            row["reviews"],
            row["negative"]["reviews"],
            f"{100 * row['negative']['share']:.0f} %",
            ", ".join(target["label"] for target in row["targets"][:4]),
        ]
        for row in figures["topics"]["rows"][:10]
    ]
    if rows:
        table(["topic", "reviews", "complain", "of these", "targets"], rows)
    none = figures["without_opinion"]
    found = f"{counted(figures['opinions'], 'opinion')} in {counted(figures['reviews'], 'review')}"
    print(f"{found}, {none:,} of them without an opinion: {out}")
    if figures["reviews"] and not figures["opinions"]:
        print("no opinion in any of them: if that is not the column with the reviews, name it with --text-column")
    if cut := figures["cut"]:
        print(f"{cut:,} reviews have an answer that reached the length limit: opinions may be missing there")
    if under := figures["under"]:
        were = "was" if under == 1 else "were"
        print(f"{counted(under, 'opinion')} with a confidence below {min_confidence:g} {were} left out")
    if report is not None:
        print(f"report: {report}")
