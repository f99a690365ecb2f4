"""Converts a trained student to a folder that runs without torch, and checks it against the student.

`aspectra export MODEL --out DIR`. Called by `aspectra.cli.export` and `aspectra.pipeline`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.data import datasets
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.files import write_json, write_text
from aspectra.info import EXPORT, is_export, read_info, task_of
from aspectra.manifest import Stage
from aspectra.models import identity, resolve
from aspectra.places import DEMO
from aspectra.progress import loading, say
from aspectra.readers.card import card
from aspectra.readers.opening import open_reader, student_folder
from aspectra.readers.reader import Reader
from aspectra.schema import Example
from aspectra.students.taggers.units import names
from aspectra.weights import INFO, RUN

CHECKED, CHECKED_TAGS = 200, 2000  # sentences to compare on: for a writer, for a tagger


def export(
    model: str,
    out: Path,
    *,
    compute: str = "auto",
    check: int | None = None,
    data: str | None = None,
    seed: int = 42,
    batch_size: int = 32,
    max_new_tokens: int = 100,
    threads: int | None = None,
    meanings: str | None = None,
    says: Mapping[str, str] | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """Export a student (a name or a folder) and return the manifest; its figures say how well the export agrees.

    On `check` sentences of `data` (default: the demo's hotels), drawn by seed, the answers of the student in 32 bits
    are compared with those of the export. A writer is compared on 200 test sentences. `auto` takes the smallest compute
    type that this machine supports with at least 98 % agreement of opinions, and float32 if there is none. A tagger is
    compared on 2,000 dev sentences; test labels are used only if there is no dev. `auto` takes int8 if that costs at
    most 0.5 points of F1 at 95 %. Confidences are calibrated on dev, if there is one (`trust`).

    `meanings` names an encoder that lends its vectors to the table of meanings of a tagger; None: the tagger's own.
    `says` describes the export: its name, its version, the language of the sentences that it is made for.

    Raises UserError if the model, the data or the type is not usable, if a tagger would be judged by categories that it
    did not learn, or if the 32-bit conversion does not agree with the student.
    """
    need("train", "export")
    folder = student_folder(model)
    if is_export(folder):
        raise UserError(f"{model} is already an export; name the student that it was made from")
    from aspectra.readers.taggers import export as taggers
    from aspectra.readers.writers import export as writers
    from aspectra.students.families import tags
    from aspectra.students.writers.writer import Writer

    tagging = tags(folder)
    tried = (taggers if tagging else writers).types(compute)
    lender = None if meanings is None else resolve(meanings)
    if lender is not None and not (tagging and tags(lender)):
        raise UserError("--meanings is for a tagger, and names an encoder, such as minilm-l6")
    name = task_of(read_info(folder), None)
    place = datasets.find(name, data or DEMO / (tasks.get(name).data or name) / "hotels")
    check = check or (CHECKED_TAGS if tagging else CHECKED)
    examples, files, held = sentences(place, check, seed, tagging)
    told = f"most opinions in {place} have no category that {model} was taught"
    if (strange := foreign(read_info(folder), name, held or examples)) and tagging:  # labels choose its type
        raise UserError(f"{told}; use --data with a set that has its categories")
    inputs: dict[str, Path | str] = {"model": identity(model)}
    inputs |= {} if meanings is None else {"meanings": identity(meanings)}
    inputs |= {f"gold {path.name}": path for path in files}
    config = {
        "compute": compute,
        "check": check,
        "data": data or "demo hotels",
        "seed": seed,
        "max_new_tokens": max_new_tokens,
        **(says or {}),
    }
    stage = Stage("export", out, inputs, config, replace=replace)
    if (done := stage.finished()) is not None:
        say(f"export: {out} is done already")
        return done
    stage.begin()
    loading(f"export: loading {model}")
    if strange and held:
        say(f"export: {told}; confidences are not calibrated. Use --data with a set that has its categories")
        held = []
    shutil.rmtree(out / writers.WORK, ignore_errors=True)
    with stage.given_back():
        if tagging:
            figures = taggers.work(folder, out, name, examples, held, compute, threads, batch_size, seed, lender)
        else:
            limits: dict[str, Any] = {"batch_size": batch_size, "max_new_tokens": max_new_tokens}
            student, choose = Writer.load(folder), compute == writers.AUTO
            figures = writers.work(student, out, name, examples, held, tried, choose, threads, seed, limits)
    if says:
        info = read_info(out)
        info[EXPORT] |= says
        write_json(out / INFO, info)
    write_text(out / "README.md", card(read_info(out), figures))
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    made = next(out / file for file in RUN if (out / file).is_file())
    figures |= {"data": config["data"], "bytes": {"student": weights, "export": made.stat().st_size}}
    return stage.finish(figures)


def sentences(place: Path, check: int, seed: int, tagging: bool) -> tuple[list[Example], list[Path], list[Example]]:
    """(sentences to compare on, the files that are read, sentences to calibrate on: dev, if there is one).

    A tagger's type is chosen by labels: those of dev, or of test if there is no dev. A writer is compared on test,
    where labels choose nothing, and calibrated on the same number of dev sentences.
    """
    held = datasets.split(place, "dev") if (place / "dev.json").is_file() else []
    side = "dev" if tagging and held else "test"
    files = datasets.files(place, side)
    if tagging and held:
        return datasets.draw(held, check, seed), files, held
    if tagging:
        say(f"export: {place} has no dev.json; its test labels choose the type")
    return datasets.draw(datasets.split(place, side), check, seed), files, datasets.draw(held, check, seed)


def foreign(info: Mapping[str, Any], task: str, gold: Sequence[Example]) -> bool:
    """Whether most gold opinions have categories that a student did not learn, so that they say little about it."""
    taught = names((info.get("labels") or {}).get("categories") or ())
    if "category" not in tasks.get(task).by or not taught:
        return False
    said = [names([opinion.category]) for example in gold for opinion in example.opinions]
    return sum(not set(each) & set(taught) for each in said) > len(said) / 2


@contextmanager
def opened(
    model: Path | str,
    task: str,
    texts: Sequence[str],
    engine: str | None = None,
    *,
    threads: int | None = None,
    device: str = "auto",
    bf16: bool = False,
    **limits: Any,
) -> Iterator[Reader]:
    """A reader of a model for some texts; the other arguments are those of `open_reader`.

    With an `engine` that is not the model's own (`opening.other_engine`), a temporary 32-bit export is made and
    compared with its student on a few of the texts. Raises UserError as `open_reader` and `export` do.
    """
    if engine is None:
        yield open_reader(model, task, threads=threads, device=device, bf16=bf16, **limits)
        return
    from aspectra.readers.writers import export as writers
    from aspectra.students.writers.writer import Writer

    folder = student_folder(model)
    check_writes(folder)
    with writers.passing(Writer.load(folder), task, texts, threads, **limits) as reader:
        yield reader


def check_writes(folder: Path) -> None:
    """Raise UserError for a tagger, which CTranslate2 cannot run."""
    from aspectra.students.families import tags

    if tags(folder):
        raise UserError(f"{folder} is a tagger; leave out --engine, or export it and evaluate the export")
