"""A fine-tuned student -> a folder that runs without torch, held against the student before it counts.

`aspectra export MODEL --out DIR`. Called by `aspectra.cli.export`, `aspectra.pipeline` and, for an export that only
lasts as long as an evaluation, by `aspectra evaluate --engine ct2`.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.data import datasets
from aspectra.errors import UserError, unknown
from aspectra.manifest import Stage
from aspectra.models import identity, need_train
from aspectra.places import DEMO
from aspectra.progress import progress, say
from aspectra.readers.answers import Answer, ask, predictions
from aspectra.readers.convert import COMPUTE, convert
from aspectra.readers.engine import Engine, is_export, need_deploy, student_folder
from aspectra.readers.in_ct2 import Exported
from aspectra.readers.in_torch import Whole
from aspectra.readers.parity import ENOUGH, compare, fault
from aspectra.schema import Example
from aspectra.score.scoring import score
from aspectra.students.writers.decode import task_of
from aspectra.students.writers.family import Student, load, read_info

WORK = ".work.unchosen"  # in the export's folder; by such a name it counts for as little as a torn file
AUTO = "auto"
FEW = 50  # sentences below which a single one that differs is more than 2 %
SAMPLE = 20  # sentences by which an export for one evaluation is held against its student

Asking = Callable[[Engine], list[Answer]]


def export(
    model: str,
    out: Path,
    *,
    compute: str = AUTO,
    check: int = 200,
    data: str | None = None,
    seed: int = 42,
    batch_size: int = 32,
    max_new_tokens: int = 100,
    threads: int | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """Export a student (a name or a folder) and return the manifest, whose figures say how well it was met.

    On `check` test sentences of `data` (the demo's hotels where it is None), drawn by seed, the student's own answers
    in 32 bits are compared with those of the export. `auto` takes the smallest compute type with at least 98 %
    agreement of opinions, of those that this machine knows, and float32 where there is none.

    Raises UserError where the model, the data or the type is not usable, or where the conversion in 32 bits does not
    say what the student says.
    """
    if compute not in (AUTO, *COMPUTE):
        raise unknown("compute type", compute, (AUTO, *COMPUTE))
    need_train("export")
    need_deploy("export")
    import ctranslate2

    here = ctranslate2.get_supported_compute_types("cpu")
    if compute not in (AUTO, *here):
        raise UserError(f"this machine does not compute in {compute}, so that it cannot be checked; take another type")
    if is_export(model):
        raise UserError(f"{model} is an export already; name the student that it was made of")
    folder = student_folder(model)
    name = task_of(read_info(folder), None)
    place = datasets.find(name, data or DEMO / (tasks.get(name).data or name) / "hotels")
    examples = datasets.draw(datasets.split(place, "test"), check, seed)
    inputs: dict[str, Path | str] = {"model": identity(model)}
    inputs |= {f"gold {path.name}": path for path in datasets.files(place, "test")}
    config = {
        "compute": compute,
        "check": check,
        "data": data or "demo hotels",
        "seed": seed,
        "max_new_tokens": max_new_tokens,
    }
    stage = Stage("export", out, inputs, config, replace=replace)
    if (done := stage.finished()) is not None:
        say(f"export: {out} is done already")
        return done
    student = load(folder)
    stage.begin()
    shutil.rmtree(out / WORK, ignore_errors=True)
    types = [kind for kind in COMPUTE if kind in here] if compute == AUTO else [compute]
    settings: dict[str, Any] = {"batch_size": batch_size, "max_new_tokens": max_new_tokens}
    with stage.given_back():
        figures = work(student, out, name, examples, types, compute == AUTO, threads, settings)
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    figures |= {"data": config["data"], "bytes": {"student": weights, "export": (out / "model.bin").stat().st_size}}
    return stage.finish(figures)


def work(
    student: Student,
    out: Path,
    name: str,
    examples: Sequence[Example],
    types: Sequence[str],
    choose: bool,
    threads: int | None,
    settings: dict[str, Any],
) -> dict[str, Any]:
    """Convert, compare, choose, and put the chosen files into the folder; returns the manifest's figures."""
    texts = [example.text for example in examples]
    task = tasks.get(name)
    ids = [example.id for example in examples]

    def answered(engine: Engine, label: str) -> tuple[list[Answer], dict[str, Any]]:
        started = time.perf_counter()
        with progress(f"export: {label}", len(set(texts))) as bar:
            answers = ask(engine, texts, task, tick=bar.advance, **settings)
        seconds = round(time.perf_counter() - started, 3)
        f1 = score(examples, predictions(answers, texts, ids, task), name, "strict", "all").f1
        return answers, {"f1": f1, "seconds": seconds}

    def tried(kind: str) -> dict[str, Any]:
        folder = out / WORK / kind
        folder.mkdir(parents=True)
        convert(student, folder, kind)
        exported = Exported(folder, None, threads)
        check_ids(whole, exported, task.marker, texts)
        answers, figures = answered(exported, kind)
        size = (folder / "model.bin").stat().st_size
        figures["f1_difference"] = figures["f1"] - reference["f1"]
        return {"compute": kind, "bytes": size} | compare(answers_of_student, answers) | figures

    from aspectra import machine

    machine.use_threads(threads)
    whole = Whole(student)
    answers_of_student, reference = answered(whole, "transformers")
    in_float32 = tried("float32")
    if (wrong := fault(in_float32)) is not None:
        raise UserError(
            f"the conversion of this {type(student.model).__name__} is wrong: in 32 bits, on {len(texts)} sentences, "
            f"{wrong}; it was not exported. Use the student's own folder"
        )
    rows = []
    for kind in types:
        rows.append(in_float32 if kind == "float32" else tried(kind))
        if rows[-1]["agreement"] >= ENOUGH or not choose:
            break
    chosen = rows[-1]
    if chosen["agreement"] < ENOUGH:
        say(f"export: WARNING: {chosen['compute']} agrees in {chosen['agreement']:.1%} of the sentences only")
    elif choose and len(rows) > 1 and chosen["compute"] == "float32":
        say("export: WARNING: no smaller compute type agrees in 98 % of the sentences; the export is float32")
    elif choose and len(texts) < FEW and chosen["compute"] != "float32":
        most = 1 - 0.05 ** (1 / max(1, len(texts)))  # all agree here; so much of all others may not, at 95 %
        say(
            f"export: WARNING: {chosen['compute']} was chosen by {len(texts)} sentences; of others up to {most:.0%} "
            "may differ. Compare on 200 (--check, --data)"
        )
    for file in (out / WORK / chosen["compute"]).iterdir():
        file.rename(out / file.name)
    shutil.rmtree(out / WORK)
    return {
        "task": name,
        "family": student.family,
        "compute": chosen["compute"],
        "parameters": student.parameters,
        "sentences": len(texts),
        "student": reference,
        **{key: chosen[key] for key in ("agreement", "same_answers", "confidence", "f1", "f1_difference", "seconds")},
        "tried": rows if in_float32 in rows else [in_float32, *rows],
    }


def check_ids(student: Engine, exported: Engine, marker: str, texts: Sequence[str]) -> None:
    """Raise UserError where an export's tokenizer does not give the ids that training saw."""
    for text in texts:
        if student.reader.prompt(marker, text) != exported.reader.prompt(marker, text):
            raise UserError(f"the tokenizer says something else in an export ({text[:60]!r}); it was not exported")


@contextmanager
def passing(student: Student, name: str, texts: Sequence[str], threads: int | None) -> Iterator[Exported]:
    """A float32 export that is gone afterwards, held against its student on a few of the sentences.

    Raises UserError as `export` does.
    """
    need_deploy("--engine ct2")
    task = tasks.get(name)
    with tempfile.TemporaryDirectory(prefix="aspectra-") as place:
        convert(student, Path(place), "float32")
        exported = Exported(Path(place), None, threads)
        whole = Whole(student)
        few = texts[:SAMPLE]
        check_ids(whole, exported, task.marker, texts)
        answers = [ask(engine, few, task, batch_size=SAMPLE, max_new_tokens=100) for engine in (whole, exported)]
        if few and (wrong := fault(compare(*answers))) is not None:
            raise UserError(f"the conversion of this {type(student.model).__name__} is wrong: {wrong}")
        yield exported
