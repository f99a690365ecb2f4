"""`aspectra analyze`: a table of reviews -> a file of opinions, and a report.

Four steps, each a function of its own that can be called alone: `read_table`, `read_opinions`, `count_opinions`,
`write_opinions`. Here they stand together, with what makes a second call short. Called by `aspectra.cli.analyze` and
`aspectra.pipeline`.
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
from aspectra.analyze.output import Written, check_output, write_opinions
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
    """Find the opinions of a table's reviews and write them to `out` (.parquet, .csv or .jsonl), one row an opinion.

    `reviews` may be `-`: standard input. The settings are those of the four steps; `report` is a web page of what is
    said, under a `title`; `topics` is a file of topics of your own (`named`), else they are found. Returns the
    manifest; its `figures` are what the report shows. What was finished is not done again, a killed run is gone on
    with from its parts, and figures or a report with other settings are made without the model. `replace` allows what
    is there from other input to be overwritten; `append` puts reviews behind those that `out` has, those of the table
    that are new (`growth`), and counts all.

    Raises UserError for input that the user can mend, before the model is loaded; AspectraError where a worker dies.
    """
    if append and replace:
        raise UserError("--append keeps what is there, --replace overwrites it; give one of them")
    check_output(out, excel_safe)
    check_report(report, replace)
    grouping(language)  # an unknown language is told before anything long
    reading: dict[str, Any] = {"text_column": text_column, "skip_bad_rows": skip_bad_rows, "limit": limit}
    # Those that came later: what was made before them is of the same settings.
    later = {"id_column": id_column, "encoding": encoding, "delimiter": delimiter}
    reading |= {name: value for name, value in later.items() if value is not None}
    named = read_topics(topics) if topics is not None else None
    view = {
        "report": str(report) if report else None,
        "title": title,
        "by": list(by),
        "date": date_column,
        "language": language,
        # What topics are made by, so that another table of meanings or a changed file makes the figures anew.
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
    find = partial(read_opinions, load=source.load, workers=workers, cluster=cluster)
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
        table = read_table(path, **reading, date_column=date_column, stars_column=stars_column)
        table.check_columns(by)
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
            # Which the parts alone know; an earlier version did not count what was left out.
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
    from aspectra.report.opinions_words import foreign

    if told := foreign(figures):
        say(told)
    return manifest


def check_report(report: Path | None, replace: bool) -> None:
    """Raise UserError for a report that cannot be written, or that would take the place of something else."""
    from aspectra.report.opinions import GENERATOR

    if report is None:
        return
    if report.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--report {report}: name a file that ends in .html")
    if report.is_dir():
        raise UserError(f"--report {report} is a folder; name a file in it")
    if report.exists() and not replace:
        with report.open("rb") as stream:
            if GENERATOR.encode() not in stream.read(2048):
                raise UserError(f"--report {report} is not a report of analyze; overwrite it with --replace")
