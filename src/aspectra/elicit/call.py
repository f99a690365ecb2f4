"""One call of `elicit`: everything is checked before anything is written, then registered in the store.

Called by `aspectra.elicit.engine`, `batches` and `plan`. `aspectra.pipeline` and `aspectra.benchmark` call `check`
before their first stage.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra.config import ElicitConfig
from aspectra.elicit import prompt, selection, shards, status
from aspectra.elicit.budget import longest
from aspectra.elicit.database import NAME, mending
from aspectra.elicit.extraction import ASKED
from aspectra.elicit.handoff import PARQUET
from aspectra.elicit.store import Ask, Store
from aspectra.errors import AspectraError, UserError, unknown
from aspectra.files import canonical, sha256
from aspectra.lock import LOCK
from aspectra.progress import say
from aspectra.rows import check_file
from aspectra.schema import KINDS
from aspectra.teachers.make import make_teacher
from aspectra.teachers.teacher import Teacher


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be asked of which teacher, before anything is written. `inputs` has the files' hashes."""

    reviews: Path
    config: ElicitConfig
    out: Path
    demonstrations: tuple[prompt.Demonstration, ...]
    teacher: Teacher
    asks: list[Ask]
    inputs: dict[str, str]
    lent: bool  # the caller owns the teacher and closes it

    async def close(self) -> None:
        """Close the teacher if it was made for this call."""
        if not self.lent:
            await self.teacher.close()


def prepare(reviews: Path, config: ElicitConfig, out: Path, teacher: Teacher | None = None) -> Call:
    """Check everything that can be checked without asking or writing. Raises UserError."""
    check(config, out)
    if not reviews.exists():
        raise UserError(f"no file of reviews {reviews}")
    check_file(reviews)
    demonstrations = shown(config)
    lent, teacher = teacher is not None, teacher or make_teacher(config)
    inputs = {"reviews": sha256(reviews)}
    if "recorded" in teacher.settings:
        inputs["recorded"] = str(teacher.settings["recorded"])
    if config.teacher == "student":
        inputs["student"] = teacher.model
    asks = [_ask(kind, config, teacher, demonstrations) for kind in config.kinds]
    return Call(reviews, config, out, demonstrations, teacher, asks, inputs, lent)


@contextlib.contextmanager
def registered(call: Call) -> Iterator[tuple[Store, int, list[Ask]]]:
    """The folder's store, locked, with the call's reviews and asks registered: (store, run, asks).

    If the block fails and the folder has no answers, the files made here are removed.
    """
    config, out = call.config, call.out
    made_of = [[a.kind, a.prompt_version, a.model, a.settings] for a in call.asks]
    of_rows = [call.inputs, config.text_column, config.skip_bad_rows, config.limit]
    if any(form := [config.id_column, config.encoding, config.delimiter]):
        of_rows += form
    if config.select is not None:
        of_rows += [config.select, config.select_by, config.seed, config.encoder]
    fingerprint = canonical([*of_rows, made_of])
    new, there = not (out / NAME).exists(), out.exists()
    try:
        store = Store(out, durable=not call.teacher.instant)
        rows = selection.chosen(call.reviews, config, store.seen)
        with store, mending(out / NAME):
            settings = config.model_dump(mode="json")
            run, asks = store.register(rows, call.asks, fingerprint, settings, call.teacher.free)
            if store.replaced:
                say(
                    f"{store.replaced} reviews had another text under the same id in {out}: their old answers stay in "
                    f"{NAME}, but not in {PARQUET}; use another --out for other reviews"
                )
            yield store, run, asks
    except BaseException:
        if new and not _answered(out) and not any((out / shards.FOLDER).glob("*.parquet")):
            _remove(out, there)
        raise


def check(config: ElicitConfig, out: Path) -> None:
    """Raise UserError if the settings or the folder are wrong, before anything is written."""
    if not config.kinds or len(set(config.kinds)) != len(config.kinds):
        raise UserError("--kinds names each kind once, for example --kinds analysis,rewriting")
    for kind in config.prompts:
        if kind not in KINDS:
            raise unknown("kind", kind, KINDS)
    for kind in config.kinds:
        prompt.choose(kind, config.prompts.get(kind))
    if "extraction" in config.kinds and config.task not in ASKED:
        raise UserError(f"extraction has prompts for {' or '.join(ASKED)}, and none for {config.task}")
    knows = config.teacher in ("recorded", "student")
    blind = config.task == "acsa" and not config.categories and not knows
    if "extraction" in config.kinds and blind:
        raise UserError("extraction for acsa needs its categories: --categories 'food quality,service general'")
    if config.nearest is not None and config.demonstrations is None:
        raise UserError("--nearest needs demonstrations: name their file with --demonstrations")
    if config.max_cost is not None and (config.price_in is None or config.price_out is None):
        raise UserError("--max-cost needs the prices: give --price-in and --price-out in USD per million tokens")
    if config.max_cost is not None and longest(config) is None:
        raise UserError(
            "--max-cost needs a limit for an answer's tokens: keep max_tokens, or set another limit in --extra-body"
        )
    selection.check(config)
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    if (
        out.exists()
        and not (out / NAME).exists()
        and any(file.name not in (LOCK, shards.FOLDER) for file in out.iterdir())
    ):
        raise UserError(f"{out} has other files; name another folder with --out, or empty it")


def shown(config: ElicitConfig) -> tuple[prompt.Demonstration, ...]:
    """The examples to show the teacher. Raises UserError for a file that cannot be read or has no example to use."""
    demonstrations = prompt.read_demonstrations(config.demonstrations)
    if demonstrations and not {each.kind for each in demonstrations} & set(config.kinds):
        kinds = " or ".join(config.kinds)
        raise UserError(f"{config.demonstrations} has no example of kind {kinds}; a line is {{kind, review, answer}}")
    return demonstrations


def _ask(kind: str, config: ElicitConfig, teacher: Teacher, demonstrations: tuple[prompt.Demonstration, ...]) -> Ask:
    settings: dict[str, Any] = dict(teacher.settings)
    if kind == "extraction":
        settings["task"] = config.task
        if config.categories:
            settings["categories"] = list(config.categories)
    examples = [[each.review, each.answer] for each in demonstrations if each.kind == kind]
    if examples and not teacher.instant:
        pool = hashlib.sha256(canonical(examples).encode("utf-8", "replace")).hexdigest()
        settings["demonstrations"] = {"nearest": config.nearest, "of": pool} if config.nearest else examples
    return Ask(kind, prompt.choose(kind, config.prompts.get(kind)), teacher.model, canonical(settings))


def _answered(out: Path) -> bool:
    """Whether the folder's store has any answer."""
    try:
        counts = status.status(out)
    except AspectraError:
        return False
    return any(counts[name] for name in ("done", "rejected", "failed", "absent"))


def _remove(out: Path, there: bool) -> None:
    for name in (NAME, f"{NAME}-wal", f"{NAME}-shm", LOCK):
        with contextlib.suppress(OSError):
            (out / name).unlink()
    if not there:
        with contextlib.suppress(OSError):
            out.rmdir()
