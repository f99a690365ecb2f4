"""Exports a writer for CTranslate2: converts it, and checks it against the student.

Called by `aspectra.readers.export` and, for a temporary export, by `aspectra evaluate --engine ct2`.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.errors import UserError, unknown
from aspectra.extras import need
from aspectra.progress import progress, say
from aspectra.readers.reader import Answer, Reader, predictions
from aspectra.readers.trust import settle
from aspectra.readers.writers.convert import COMPUTE, convert
from aspectra.readers.writers.engine import Engine
from aspectra.readers.writers.in_ct2 import exported
from aspectra.readers.writers.in_torch import Whole
from aspectra.readers.writers.parity import ENOUGH, compare, fault
from aspectra.readers.writers.reader import WritingReader
from aspectra.schema import Example
from aspectra.score.scoring import score
from aspectra.students.writers.writer import Writer

WORK = ".work.unchosen"  # in the export's folder; the name has the form of a temporary file, so leftovers are ignored
AUTO = "auto"
FEW = 50  # with fewer sentences, a single difference is more than 2 %
SAMPLE = 20  # sentences to compare a temporary export with its student on


def types(compute: str) -> list[str]:
    """The compute types to try, smallest first. Raises UserError for one that is unknown or not supported here."""
    if compute not in (AUTO, *COMPUTE):
        raise unknown("compute type", compute, (AUTO, *COMPUTE))
    need("deploy", "export of a writer")
    import ctranslate2

    here = ctranslate2.get_supported_compute_types("cpu")
    if compute not in (AUTO, *here):
        raise UserError(f"this machine does not support {compute}, so the export cannot be checked; use another type")
    return [kind for kind in COMPUTE if kind in here] if compute == AUTO else [compute]


def work(
    student: Writer,
    out: Path,
    name: str,
    examples: Sequence[Example],
    held: Sequence[Example],
    types: Sequence[str],
    choose: bool,
    threads: int | None,
    seed: int,
    settings: dict[str, Any],
) -> dict[str, Any]:
    """Convert, compare on `examples`, choose, calibrate on `held`, and move the chosen files into the folder; return
    the manifest's figures."""
    texts = [example.text for example in examples]
    task = tasks.get(name)
    ids = [example.id for example in examples]

    def answered(engine: Engine, label: str) -> tuple[list[Answer], dict[str, Any]]:
        started = time.perf_counter()
        with progress(f"export: {label}", len(set(texts))) as bar:
            answers = WritingReader(engine, name, **settings).read(texts, bar.advance)
        seconds = round(time.perf_counter() - started, 3)
        f1 = score(examples, predictions(answers, texts, ids, task), name, "strict", "all").f1
        return answers, {"f1": f1, "seconds": seconds}

    def tried(kind: str) -> dict[str, Any]:
        folder = out / WORK / kind
        folder.mkdir(parents=True)
        convert(student, folder, kind)
        made = exported(folder, None, threads)
        check_ids(whole, made, task.marker, texts)
        answers, figures = answered(made, kind)
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
        say(f"export: WARNING: {chosen['compute']} agrees in {chosen['agreement']:.1%} of the sentences")
    elif choose and len(rows) > 1 and chosen["compute"] == "float32":
        say("export: WARNING: no smaller compute type agrees in 98 % of the sentences; the export is float32")
    elif choose and len(texts) < FEW and chosen["compute"] != "float32":
        most = 1 - 0.05 ** (1 / max(1, len(texts)))  # all agree here; at 95 %, this share of others may not
        say(
            f"export: WARNING: {chosen['compute']} was chosen by {len(texts)} sentences; among others up to "
            f"{most:.0%} could differ. Compare on 200 (--check, --data)"
        )
    trust = None
    if held:
        said = [example.text for example in held]
        engine = exported(out / WORK / chosen["compute"], None, threads)
        with progress("export: confidences", len(set(said))) as bar:
            answers = WritingReader(engine, name, **settings).read(said, bar.advance)
        trust = settle(out / WORK / chosen["compute"], held, answers, name, seed)
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
        "confidences": trust,
    }


def check_ids(student: Engine, made: Engine, marker: str, texts: Sequence[str]) -> None:
    """Raise UserError if an export's tokenizer does not give the same ids as in training."""
    for text in texts:
        if student.encoder.prompt(marker, text) != made.encoder.prompt(marker, text):
            raise UserError(f"the tokenizer gives other tokens in the export ({text[:60]!r}); it was not exported")


@contextmanager
def passing(student: Writer, task: str, texts: Sequence[str], threads: int | None, **limits: Any) -> Iterator[Reader]:
    """A temporary float32 export, compared with its student on a few of the sentences.

    Raises UserError as `export` does.
    """
    need("deploy", "--engine ct2")
    with tempfile.TemporaryDirectory(prefix="aspectra-") as place:
        convert(student, Path(place), "float32")
        made, whole = exported(Path(place), None, threads), Whole(student)
        few = texts[:SAMPLE]
        check_ids(whole, made, tasks.get(task).marker, texts)
        answers = [
            WritingReader(engine, task, batch_size=SAMPLE, max_new_tokens=100).read(few) for engine in (whole, made)
        ]
        if few and (wrong := fault(compare(*answers))) is not None:
            raise UserError(f"the conversion of this {type(student.model).__name__} is wrong: {wrong}")
        yield WritingReader(made, task, **limits)
