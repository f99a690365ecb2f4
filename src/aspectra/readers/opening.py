"""From a path to a reader: for an export by its engine, for a student's own folder by its family.

Called by `predictor`, `export`, `aspectra.benchmark` and `aspectra.analyze.source`.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from aspectra.errors import UserError, unknown
from aspectra.extras import need
from aspectra.info import is_export, named, of_export, read_info
from aspectra.models import NAMES, resolve
from aspectra.models.shipped import READER, reader
from aspectra.readers.reader import Reader, Untaught
from aspectra.readers.taggers.signature import ENGINE
from aspectra.readers.writers.engine import Engine

ENGINES = ("transformers", "ct2")


def absent(model: Path | str) -> UserError:
    """The error for a folder that does not exist; the short name of a model is none."""
    if str(model) in NAMES:
        return UserError(
            f"{model} has not learned to find opinions yet; train it (aspectra distil, aspectra finetune) and name "
            "the new folder, or leave out --model to use the reader that comes with Aspectra"
        )
    near = difflib.get_close_matches(str(model), NAMES, n=1, cutoff=0.7)
    hint = f"did you mean '{near[0]}'?" if near else "name the folder of a fine-tuned or exported student"
    return UserError(f"no model in {model}; {hint}")


def chosen(model: Path | str | None) -> Path | str:
    """The model to read with: the shipped reader if none is given or if its name is given.

    Raises UserError if the name is empty, or if this installation has no such reader.
    """
    if model is not None and not str(model):
        raise UserError("--model is empty; name a folder, or leave it out to use the reader that comes with Aspectra")
    return reader() if model is None or (str(model) == READER and not is_export(model)) else model


def unnamed() -> str:
    """A line that names the reader if the user names none; for stderr when the reading begins."""
    name = " ".join(filter(None, named(reader())))
    return f"no model is named: using {name}, which comes with Aspectra"


def student_folder(model: Path | str) -> Path:
    """The folder of an export, of a student, or of a model by its short name. Raises UserError if there is none.

    Hub ids are not accepted: a mistyped folder name looks like one.
    """
    path = Path(chosen(model)).expanduser()
    if is_export(path):
        return path
    check_there(model)
    return resolve(str(model))


def check_there(model: Path | str) -> None:
    """Raise UserError for what is neither a folder nor a short name."""
    if str(model) not in NAMES and not Path(model).expanduser().exists():
        raise absent(model)


def open_reader(
    model: Path | str,
    task: str | None = None,
    *,
    compute: str | None = None,
    threads: int | None = None,
    device: str = "auto",
    bf16: bool = False,
    batch_size: int = 32,
    max_new_tokens: int = 100,
    constrained: bool = False,
    spread: bool = False,
) -> Reader:
    """The reader of an export, or of a student's folder or name, which needs torch.

    `task` is for a student without a task of its own. `compute` is the type to run an export in (`int8`, `float32`...);
    None means the type that it was made for. `device` and `bf16` (16-bit weights on devices where they are faster) are
    for a student's own folder, `spread` for a tagger's export (see `aspectra.load`). Raises UserError if the model
    cannot be used, if this machine does not support `compute`, or if a package is missing (MissingExtraError).
    """
    from aspectra.readers.taggers.reader import TaggingReader
    from aspectra.readers.writers.reader import WritingReader

    model = chosen(model)
    if not is_export(model):
        check_there(model)
        need("train", "a student that is not exported")
        from aspectra.students.families import tags

        if tags(folder := student_folder(model)):
            from aspectra.readers.taggers.in_torch import Whole

            check_whole(model, compute)
            return TaggingReader(Whole.open(folder, threads, device, bf16, batch_size), task)
    elif of_tagger(folder := student_folder(model)):
        from aspectra.readers.taggers.in_onnx import Exported

        return TaggingReader(Exported(folder, threads, batch_size, compute, spread), task)
    engine = open_engine(model, compute=compute, threads=threads, device=device, bf16=bf16)
    return WritingReader(engine, task, batch_size=batch_size, max_new_tokens=max_new_tokens, constrained=constrained)


def of_tagger(folder: Path) -> bool:
    """Whether an export is a tagger's."""
    return of_export(folder).get("engine") == ENGINE


def open_engine(
    model: Path | str,
    *,
    compute: str | None = None,
    threads: int | None = None,
    device: str = "auto",
    bf16: bool = False,
) -> Engine:
    """The engine of an export, or of a student's folder or name, which needs torch.

    Raises UserError if the model cannot be used, if this machine does not support `compute`, or if a package is
    missing.
    """
    if is_export(model):
        from aspectra.readers.writers.in_ct2 import exported

        return exported(Path(model).expanduser(), compute, threads)
    check_whole(model, compute)
    from aspectra.readers.writers.in_torch import Whole

    return Whole.open(student_folder(model), threads, device, bf16)


def check_whole(model: Path | str, compute: str | None) -> None:
    """Raise UserError if a compute type is given for a student's own folder."""
    if compute is not None:
        raise UserError(
            f"{model} is not an export, and --compute is only for exports; make one with: aspectra export {model}"
        )


def other_engine(model: Path | str, engine: str | None, device: str, bf16: bool) -> str | None:
    """The requested engine, if it is not the model's own.

    Raises UserError for an engine that does not exist, and for an export with options of a student's own folder. Raises
    MissingExtraError if the engine is not installed.
    """
    if engine is not None and engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    exported = is_export(chosen(model))
    if exported and (engine == "transformers" or bf16):
        raise UserError(f"{model} is an export, and runs in its own type; leave out --engine and --bf16")
    if exported and engine == "ct2" and of_tagger(student_folder(model)):
        raise UserError(f"{model} is the export of a tagger, and runs with onnxruntime; leave out --engine")
    if (exported or engine == "ct2") and device not in ("auto", "cpu"):
        raise UserError("an export runs on the CPU; leave out --device, or evaluate its student without --engine ct2")
    if not exported:
        need("train", "evaluate")
        from aspectra import machine

        machine.device(device)
    return engine if engine == "ct2" and not exported else None


def untaught_folder(name: str) -> Path:
    """The folder of a student without labels, or of its export.

    Raises UserError if it was fine-tuned, or made from one that was, and for the export of a writer.
    """
    exported = is_export(name)
    folder = Path(name).expanduser() if exported else resolve(name)
    info = read_info(folder)
    made = info.get("provenance", {})
    # A tagger that a teacher pretrained has the task of the teacher's labels, but saw no human labels.
    tuned = None if made.get("stage") == "pretrain" else info.get("task")
    if (task := tuned or made.get("taught")) is not None:
        advice = "name the folder that it was fine-tuned from" if tuned else "measure this one with `aspectra evaluate`"
        raise UserError(
            f"{name} was fine-tuned on labeled sentences ({task}), or made from one that was; zero-shot is for "
            f"a student that has seen no labels: {advice}"
        )
    if exported and not of_tagger(folder):
        raise UserError(f"{name} is the export of a writer, and zero-shot needs torch; name the student's own folder")
    return folder


def open_untaught(
    name: str, folder: Path, aspect: str, batch_size: int = 8, device: str = "auto", threads: int | None = None
) -> Untaught:
    """The student in a folder from `untaught_folder`, for zero-shot polarity. `aspect` is the aspect of a target, with
    `{target}` filled in. Raises UserError if the model or the device cannot be used."""
    from aspectra.readers.taggers.reader import TaggingReader

    if is_export(folder):
        from aspectra.readers.taggers.in_onnx import Exported

        if device not in ("auto", "cpu"):
            raise UserError(f"{name} is an export, which runs on the CPU; leave out --device")
        return TaggingReader(Exported(folder, threads, batch_size))
    from aspectra.readers.writers.untaught import UntaughtWriter
    from aspectra.students.families import tags

    if tags(folder):
        from aspectra.readers.taggers.in_torch import Whole

        return TaggingReader(Whole.open(folder, threads, device, batch_size=batch_size))
    return UntaughtWriter(name, folder, aspect, batch_size, device, threads)
