"""`aspectra analyze`: a table of reviews -> a file of opinions, and a report. Called by `aspectra.cli.analyze`.

First the opinions, in parts that a killed run leaves for the next (`OUT.parts`); then one pass that joins them with the
reviews, writes OUT and counts what the report shows. `OUT.manifest.json` is written last.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aspectra.analyze import output, parts
from aspectra.analyze.aggregate import Aggregate
from aspectra.analyze.dates import clock
from aspectra.analyze.lemma import grouping
from aspectra.analyze.opinions import Found
from aspectra.analyze.source import Source
from aspectra.analyze.table import Entry, Reading, Survey, spool, stdin, survey
from aspectra.circumstances import circumstances
from aspectra.cluster import Cluster
from aspectra.errors import UserError
from aspectra.files import canonical, sha256, write_json
from aspectra.manifest import UNFINISHED, Stage, read
from aspectra.progress import progress, say
from aspectra.rows import check_file

VERSION = 1  # of the parts; another one is not gone on with
STDIN = "-"


@dataclass(frozen=True)
class View:
    """What the report shows: columns to compare by, the date column (found by name), the language of the targets."""

    report: Path | None = None
    title: str | None = None
    by: tuple[str, ...] = ()
    date: str | None = None
    language: str = "en"

    def settings(self) -> dict[str, Any]:
        return {
            "report": str(self.report) if self.report else None,
            "title": self.title,
            "by": list(self.by),
            "date": self.date,
            "language": self.language,
        }


@dataclass(frozen=True)
class Job:
    """What is done with which file. `out` is .parquet, .csv or .jsonl; `excel_safe` is for .csv alone.

    With a `cluster` its actors make the parts, not `workers` processes of this machine.
    """

    reading: Reading
    source: Source
    out: Path
    view: View = View()
    workers: int = 1
    excel_safe: bool = False
    replace: bool = False
    cluster: Cluster | None = None

    @property
    def beside(self) -> Path:
        """The manifest of the output."""
        return self.out.with_name(f"{self.out.name}.manifest.json")

    @property
    def parts(self) -> Path:
        return self.out.with_name(f"{self.out.name}.parts")

    def extracting(self) -> dict[str, Any]:
        """The settings that decide what the parts hold."""
        given = self.reading
        return {
            "version": VERSION,
            "text_column": given.text_column,
            "skip_bad_rows": given.skip_bad_rows,
            "limit": given.limit,
        }


def analyze(job: Job, stdin_format: str | None = None) -> dict[str, Any]:
    """Find the opinions of a table's reviews and write them to `job.out`, one row an opinion.

    The table may be `-`: standard input. Returns the manifest; its `figures` are what the report shows. What was
    finished is not done again, and a report with other settings is made without the model.

    Raises UserError for input that the user can mend, before the model is loaded; AspectraError where a worker dies.
    """
    output.checked(job.out, job.excel_safe)
    check_report(job)
    grouping(job.view.language)  # an unknown language is told before anything long
    path = job.reading.path
    if str(path) != STDIN:
        check_file(path)
        if path.resolve() == job.out.resolve():
            raise UserError(f"--out {job.out} is the file of the reviews; name another")
        return work(job, path.name)
    folder = job.out.with_name(f"{job.out.name}.stdin")
    say("standard input is kept beside --out meanwhile; to go on after a stop, pipe the same in again")
    try:
        kept = spool(stdin(), folder, stdin_format)
        return work(replace(job, reading=replace(job.reading, path=kept)), "standard input")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def work(job: Job, name: str) -> dict[str, Any]:
    """Do what is not done yet. `name` is what the report calls the reviews."""
    started = time.time()
    inputs: dict[str, Path | str] = {"reviews": job.reading.path, "model": job.source.identity}
    stage = Stage("analyze", job.parts, inputs, job.extracting(), replace=job.replace)
    key = hashlib.sha256(canonical([stage.key(), job.excel_safe]).encode()).hexdigest()
    done = finished(job, key)
    if done is not None and shown(done, job.view):
        say(f"{job.out} is finished, nothing to do")
        return done
    # An output beside parts of this very work: it was stopped between the two and the manifest.
    stopped = (read(job.parts, UNFINISHED) or {}).get("key") == stage.key()
    if done is None and job.out.exists() and not (job.replace or stopped):
        raise UserError(f"{job.out} exists, and is of other reviews, another model or other settings; use --replace")
    found = survey(job.reading, job.view.date, job.view.by)
    if done is None:
        stage.begin()
        with stage.given_back():
            parts.work(job.reading, found.reviews, job.parts, job.source, job.workers, job.cluster)
    figures = conclude(job, found, written=done is not None)
    if done is not None:
        figures["cut"] = done["figures"]["cut"]  # which the parts alone know
    manifest = {
        "stage": "analyze",
        "key": key,
        "inputs": stage.hashes(),
        "reviews": name,
        "model": job.source.name,
        "config": {**stage.config, "excel_safe": job.excel_safe, **job.view.settings()},
        "figures": figures,
        "passed_over": dict(found.bad),
        "outputs": {job.out.name: sha256(job.out)},
        **circumstances(started),
    }
    if job.view.report is not None:
        from aspectra.report.opinions import write

        write(manifest, job.view.report)
        manifest["outputs"][str(job.view.report)] = sha256(job.view.report)
    write_json(job.beside, manifest)
    shutil.rmtree(job.parts, ignore_errors=True)
    return manifest


def conclude(job: Job, found: Survey, written: bool) -> dict[str, Any]:
    """One pass over reviews and opinions: write the output from the parts, unless it is `written`, and count."""
    laid = clock(found.dates, found.days) if found.dates else None
    counts = Aggregate(job.view.by, laid, job.view.language)
    opinions = output.read(job.out) if written else parts.read(job.parts)
    with progress("counting", found.reviews) as bar:

        def counted() -> Iterator[tuple[Entry, Found]]:
            for entry, said in output.joined(job.reading.entries(), opinions):
                counts.add(entry, said)
                if counts.all.reviews % 1000 == 0:
                    bar.advance(1000)
                yield entry, said

        if written:
            for _ in counted():
                pass
        else:
            names = output.renamed(found.columns)
            output.write(job.out, output.rows(counted(), names), job.reading.path, found, job.excel_safe)
    return counts.result()


def finished(job: Job, key: str) -> dict[str, Any] | None:
    """The manifest, if this very work was done and its output is as it was left."""
    try:
        manifest = json.loads(job.beside.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(manifest, dict) or manifest.get("key") != key or not job.out.is_file():
        return None
    return manifest if manifest["outputs"].get(job.out.name) == sha256(job.out) else None


def shown(done: dict[str, Any], view: View) -> bool:
    """Whether the figures and the report that are asked for are there as well."""
    asked = view.settings()
    if view.report is None:
        asked = {name: asked[name] for name in ("by", "date", "language")}
    if any(done["config"].get(name) != value for name, value in asked.items()):
        return False
    if view.report is None:
        return True
    return view.report.is_file() and sha256(view.report) == done["outputs"].get(str(view.report))


def check_report(job: Job) -> None:
    """Raise UserError for a report that cannot be written, or that would take the place of something else."""
    from aspectra.report.opinions import GENERATOR

    report = job.view.report
    if report is None:
        return
    if report.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--report {report}: the report is a web page; name a file that ends in .html")
    if report.is_dir():
        raise UserError(f"--report {report} is a folder; name a file in it")
    if report.exists() and not job.replace:
        with report.open("rb") as stream:
            if GENERATOR.encode() not in stream.read(2048):
                raise UserError(f"--report {report} is another page, not a report of analyze; use --replace")
