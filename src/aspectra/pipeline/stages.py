"""Shared by the pipelines: checks of the output folder and the teacher, and elicitation.

Finished stages are skipped and interrupted ones resumed. Called by `run` and `distil`.
"""

from __future__ import annotations

from pathlib import Path

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.files import torn
from aspectra.manifest import MANIFEST
from aspectra.progress import say
from aspectra.teachers.make import check_here, located, make_teacher


def check_out(out: Path, mark: str) -> None:
    """Raise UserError for a folder that is not empty and has no `mark`, the settings of an earlier run of this kind."""
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    if out.exists() and not (out / mark).exists() and not all(map(torn, out.iterdir())):
        raise UserError(f"{out} has other files; name another folder with --out, or empty it")


def check_teacher(settings: ElicitConfig, out: Path) -> None:
    """Raise UserError for a teacher that cannot be asked."""
    from aspectra.elicit import call
    from aspectra.readers.teacher import teaching

    call.check(settings, out)
    call.shown(settings)
    check_here(settings)
    if not settings.model:
        raise UserError(f"the {settings.teacher} teacher needs a model; use --model, or `model` in a config")
    if teaching(settings) is None and settings.teacher != "openai" and not Path(settings.model).is_file():
        what = "recorded responses" if settings.teacher == "recorded" else "a GGUF model"
        raise UserError(f"no file of {what} {settings.model}")
    if settings.teacher == "openai":
        make_teacher(settings)  # checks the address and the key


def elicit_reviews(reviews: Path, asked: ElicitConfig, out: Path) -> Path:
    """Ask the teacher about every review; return the file of this teacher's answers to these reviews.

    The folder's own `responses.parquet` has every answer that was paid for, also those with other settings.
    """
    from aspectra.elicit import engine, handoff
    from aspectra.readers.teacher import teaching

    say("elicit: the teacher's reading of the reviews")
    # A failed row stops neither the other rows nor the next stages.
    settings = located(asked)
    counts = engine.elicit(reviews, settings, out, allow_failed=True, teacher=teaching(settings))
    if counts["failed"]:
        say(f"{counts['failed']} answers failed; the next run asks for them again")
    file, done = out / "last.parquet", out / MANIFEST
    if not file.exists() or file.stat().st_mtime_ns < done.stat().st_mtime_ns:
        handoff.export(out, file, last=True)
    return file
