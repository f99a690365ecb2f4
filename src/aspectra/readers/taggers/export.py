"""Exports a tagger for onnxruntime: converts it, checks it against the student, and calibrates its confidences.

Called by `aspectra.readers.export`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra import machine, tasks
from aspectra.errors import UserError, unknown
from aspectra.extras import need
from aspectra.progress import progress, say
from aspectra.readers.reader import Answer, predictions
from aspectra.readers.taggers.convert import COMPUTE, convert, shrink
from aspectra.readers.taggers.engine import Engine
from aspectra.readers.taggers.in_onnx import Exported
from aspectra.readers.taggers.in_torch import Whole
from aspectra.readers.taggers.parity import LOSS, compare, fault, worst
from aspectra.readers.taggers.reader import TaggingReader
from aspectra.readers.taggers.signature import GRAPH
from aspectra.readers.trust import settle
from aspectra.schema import Example
from aspectra.score.scoring import Counts, count, predicted, score
from aspectra.students.taggers.tagger import Tagger

WORK = ".work.unchosen"  # in the export's folder; the name has the form of a temporary file, so leftovers are ignored
AUTO = "auto"
RANGED = 500  # sentences that set the ranges of the quantization


def types(compute: str) -> list[str]:
    """The compute types to try, smallest first. Raises UserError for an unknown type."""
    if compute not in (AUTO, *COMPUTE):
        raise unknown("compute type", compute, (AUTO, *COMPUTE))
    need("train", "export of a tagger", "onnx")
    return list(COMPUTE) if compute == AUTO else [compute]


def work(
    folder: Path,
    out: Path,
    name: str,
    examples: Sequence[Example],
    held: Sequence[Example],
    compute: str,
    threads: int | None,
    batch_size: int,
    seed: int,
    lender: Path | None = None,
) -> dict[str, Any]:
    """Convert, compare on `examples`, choose, calibrate on `held`, fill the folder; return the manifest's figures.

    `lender` is the folder of an encoder that lends its vectors to the table of meanings.
    """
    tagger = Tagger.load(folder)
    texts = [example.text for example in examples]
    task = tasks.get(name)

    def answered(engine: Engine, some: Sequence[Example], label: str) -> list[Answer]:
        with progress(f"export: {label}", len({example.text for example in some})) as bar:
            return TaggingReader(engine, name).read([example.text for example in some], bar.advance)

    def measured(engine: Engine, label: str) -> tuple[list[Answer], list[Counts], dict[str, Any]]:
        started = time.perf_counter()
        answers = answered(engine, examples, label)
        seconds = round(time.perf_counter() - started, 3)
        said = predictions(answers, texts, [example.id for example in examples], task)
        counts = [count(e, predicted(p, task, "strict"), task, "strict") for e, p in zip(examples, said, strict=True)]
        return answers, counts, {"f1": score(examples, said, name).f1, "seconds": seconds}

    def tried(kind: str) -> dict[str, Any]:
        answers, counts, figures = measured(Exported(out / WORK / kind, threads, batch_size), kind)
        figures["f1_difference"] = figures["f1"] - reference["f1"]
        figures["f1_loss_at_most"] = worst(counts_of_student, counts, seed)
        size = (out / WORK / kind / GRAPH).stat().st_size
        return {"compute": kind, "bytes": size} | compare(answers_of_student, answers) | figures

    machine.use_threads(threads)
    for kind in COMPUTE:
        (out / WORK / kind).mkdir(parents=True)
    convert(tagger, out / WORK / "float32", None if lender is None else Tagger.load(lender))
    answers_of_student, counts_of_student, reference = measured(Whole(tagger, batch_size=batch_size), "torch")
    rows = [tried("float32")]
    if (wrong := fault(rows[0])) is not None:
        raise UserError(
            f"the graph of this {type(tagger.model.encoder).__name__} is wrong: in 32 bits, on {len(texts)} "
            f"sentences, {wrong}; it was not exported. Use the student's own folder"
        )
    if compute != "float32":
        shown = [each.text for each in (held or examples)[:RANGED]]
        shrink(tagger, out / WORK / "float32", out / WORK / "int8", shown, threads)
        rows.append(tried("int8"))
    chosen = choose(rows, compute)
    made = out / WORK / chosen["compute"]
    engine = Exported(made, threads, batch_size)
    figures = settle(made, held, answered(engine, held, "confidences"), name, seed) if held else None
    for file in made.iterdir():
        file.rename(out / file.name)
    shutil.rmtree(out / WORK)
    return {
        "task": name,
        "family": tagger.family,
        "compute": chosen["compute"],
        "parameters": tagger.parameters,
        "sentences": len(texts),
        "student": reference,
        **{
            key: chosen[key] for key in ("agreement", "confidence", "f1", "f1_difference", "f1_loss_at_most", "seconds")
        },
        "tried": rows,
        "confidences": figures,
    }


def choose(rows: Sequence[dict[str, Any]], compute: str) -> dict[str, Any]:
    """The row of the type to use: the requested one, else int8 if it costs at most `LOSS`."""
    last = rows[-1]
    if compute != AUTO or last["f1_loss_at_most"] <= LOSS:
        if last["f1_loss_at_most"] > LOSS:
            say(f"export: WARNING: {last['compute']} may cost {100 * last['f1_loss_at_most']:.1f} points of F1")
        return last
    say(
        f"export: 8 bits may cost {100 * last['f1_loss_at_most']:.1f} points of F1, more than {100 * LOSS:.1f}; "
        "the export is float32"
    )
    return rows[0]
