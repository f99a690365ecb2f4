"""`aspectra analyze`: from a table of reviews to a file of opinions, and a report.

Four steps, each a separate function: `read_table`, `read_opinions`, `count_opinions`, `write_opinions`. This module
calls them in order and skips finished work. Called by `aspectra.cli.analyze` and `aspectra.pipeline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from aspectra.analyze.counts import count_opinions
from aspectra.analyze.growth import Growth
from aspectra.analyze.intake import at_hand
from aspectra.analyze.lemma import grouping
from aspectra.analyze.output import Written, check_output, check_place, write_opinions
from aspectra.analyze.reading import read_opinions
from aspectra.analyze.record import Record, shows
from aspectra.analyze.source import Source
from aspectra.analyze.table import read_table
from aspectra.cluster import Cluster
from aspectra.errors import UserError
from aspectra.files import sha256
from aspectra.lock import held
from aspectra.meaning.named import read_topics
from aspectra.progress import say
from aspectra.readers.taggers.meanings import TABLE


def analyze(
    reviews: Path,
    source: Source,
    out: Path,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    skip_bad_rows: bool = False,
    limit: int | None = None,
    stdin_format: str | None = None,
    by: Sequence[str] = (),
    date_column: str | None = None,
    stars_column: str | None = None,
    topics: Path | None = None,
    language: str = "en",
    report: Path | None = None,
    title: str | None = None,
    workers: int = 1,
    cluster: Cluster | None = None,
    excel_safe: bool = False,
    append: bool = False,
    replace: bool = False,
) -> dict[str, Any]:
    """Find the opinions of a table's reviews and write them to `out` (.parquet, .csv or .jsonl), one row per opinion.

    `reviews` may be `-`, standard input. The settings are those of the four steps. `report` is the path of a web page,
    with a `title`. `topics` is a file of the user's own topics (`named`); without it topics are found. Returns the
    manifest; its `figures` are those that the report shows. Finished work is not repeated, an interrupted run resumes
    from its parts, and figures or a report with other settings are made without the model. `replace` overwrites an
    output of other input. `append` adds the new reviews of the table to those that `out` already has (`growth`), and
    counts all.

    Raises UserError for invalid input, before the model is loaded; AspectraError if a worker dies.
    """
    if append and replace:
        raise UserError("--append keeps what is there, --replace overwrites it; give one of them")
    check_output(out, excel_safe)
    check_report(report, replace)
    grouping(language)  # reports an unknown language before anything slow
    reading: dict[str, Any] = {
        "text_column": text_column,
        "skip_bad_rows": skip_bad_rows,
        "limit": limit,
        "id_column": id_column,
        "encoding": encoding,
        "delimiter": delimiter,
    }
    named = read_topics(topics) if topics is not None else None
    view = {
        "report": str(report) if report else None,
        "title": title,
        "by": list(by),
        "date": date_column,
        "language": language,
        # The sources of the topics: if the table of meanings or the file changes, the figures are computed again.
        "meanings": sha256(source.meanings / TABLE) if source.meanings else None,
        "topics": sha256(topics) if topics is not None else None,
        "stars": stars_column,
    }
    counted: dict[str, Any] = {
        "by": by,
        "language": language,
        "made_for": source.language,
        "model": source.meanings,
        "topics": named,
    }
    find = partial(read_opinions, load=source.load, workers=workers, cluster=cluster, note=source.note)
    with held(out), at_hand(reviews, out, stdin_format) as (path, name):
        record: Record
        if append:
            record = Growth(out, source.identity, source.name, excel_safe)
        else:
            record = Record(out, {"reviews": path, "model": source.identity}, reading, excel_safe, replace)
        done = record.finished()
        if done is not None and shows(done, view):
            say(f"{out} is finished: nothing to do")
            return done
        # With `append`, the report is about all reviews, so their columns are judged together (`whole`).
        table = read_table(path, **reading, date_column=date_column, stars_column=stars_column, tell=not append)
        table.compared(by)  # reports an unknown column before the reading
        if isinstance(record, Growth):
            if not record.take_in(table, name, find):
                say(f"nothing is new in {name}")
                if (done := record.shown(view)) is not None:
                    return done
            figures = count_opinions(*record.whole(date_column, stars_column), **counted)
            view |= reading
        elif done is None:
            with record.making() as folder:
                opinions = find(table, folder=folder)
            figures = count_opinions(table, opinions, **counted)
            write_opinions(table, opinions, out, excel_safe=excel_safe)
        else:
            figures = count_opinions(table, Written(out, excel_safe), **counted)
            # Only the parts have these counts; manifests of an earlier version have no `under`.
            figures |= {name: done["figures"].get(name) for name in ("cut", "under")}
        if figures["topics"]["by"] == "words":
            say(
                f"{source.name} has no table of meanings, so topics are grouped by words; the export of a tagger "
                "has one"
            )
        figures |= {"reader": source.about, "quality": source.quality}
        manifest = record.manifest(name, source.name, view, figures, dict(table.bad))
        if report is not None:
            from aspectra.report.opinions import write

            write(manifest, report)
            manifest["outputs"][str(report)] = sha256(report)
        record.close(manifest)
        if (page := record.left(manifest)) is not None:
            say(f"{page} does not show these figures, but those of the run before; make it anew with --report {page}")
    from aspectra.report.opinions_words import foreign

    if told := foreign(figures):
        say(told)
    return manifest


def check_report(report: Path | None, replace: bool) -> None:
    """Raise UserError for a report that cannot be written, or that would overwrite another file."""
    from aspectra.report.opinions import GENERATOR

    if report is None:
        return
    if report.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--report {report}: name a file that ends in .html")
    if report.is_dir():
        raise UserError(f"--report {report} is a folder; name a file in it")
    check_place("--report", report)
    if report.exists() and not replace:
        with report.open("rb") as stream:
            if GENERATOR.encode() not in stream.read(2048):
                raise UserError(f"--report {report} is not a report of analyze; overwrite it with --replace")
