"""A student's zero-shot judgments: how likely it is to write a polarity's words in an analysis begun for the subject.

Called by `aspectra.benchmark.zero_shot`; the formula stands in `verbalizers`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aspectra.benchmark import verbalizers
from aspectra.benchmark.judgments import Asked, Judged, Judgment, Reading
from aspectra.errors import UserError
from aspectra.models import resolve
from aspectra.progress import progress

if TYPE_CHECKING:
    from aspectra.students.writers.family import Encoder

MARKER = "analysis"


def untaught(name: str) -> Path:
    """The folder of a student that saw no labels; raises UserError for one that was fine-tuned, or was made of one."""
    from aspectra.students.writers.family import read_info

    folder = resolve(name)
    info = read_info(folder)
    if (task := info.get("task") or info.get("provenance", {}).get("taught")) is not None:
        raise UserError(
            f"{name} was fine-tuned on labeled sentences ({task}), or made of one that was; zero-shot is for a student "
            "that has seen none: name the folder that it was fine-tuned from"
        )
    return folder


def judge(
    name: str,
    folder: Path,
    asked: Sequence[Asked],
    aspect: str,
    batch_size: int,
    device: str,
    threads: int | None,
) -> Judged:
    """A student's readings. A question that stands twice is asked once, and so is each content-free context.

    Figures: `seconds` without loading; `questions`; `inputs_cut`, those that lost their end; `words_probability`, the
    mean probability that the student goes on with any of the words, low where the form is strange to it.
    """
    from aspectra import machine
    from aspectra.quiet import quiet
    from aspectra.students.writers.family import load
    from aspectra.students.writers.likelihood import Stem, endings, log_likelihoods

    place = machine.device(device)
    machine.use_threads(threads)
    student = load(folder, place)
    encoder = student.encoder(int(student.info.get("input_tokens", 256)), 1, bool(student.info.get("marker", True)))
    labels, words = zip(*ways(encoder), strict=True)
    began = time.monotonic()
    keys = [[key(judgment, aspect) for judgment in each.judgments] for each in asked]
    wanted = list(dict.fromkeys(each for part in keys for each in part))
    analyses = list(dict.fromkeys(begun for _, begun in wanted))
    free = [(text, begun) for begun in analyses for text in verbalizers.CONTENT_FREE]
    with quiet(), progress(f"zero-shot: {name}", len(analyses) + len(wanted) + len(free)) as bar:
        encoded = {}
        for begun in analyses:
            encoded[begun] = endings(encoder, begun, words)
            bar.advance()
        stems = [Stem(encoder.prompt(MARKER, text), *encoded[begun]) for text, begun in (*wanted, *free)]
        logs = log_likelihoods(student, stems, batch_size, bar.advance)
    masses = {each: verbalizers.mass(labels, log) for each, log in zip((*wanted, *free), logs, strict=True)}
    said = [math.exp(verbalizers.log_sum(masses[each].values())) for each in wanted]
    figures = {
        "system": name,
        "kind": "student",
        "parameters": student.parameters,
        "seconds": round(time.monotonic() - began, 3),
        "questions": len(wanted),
        "inputs_cut": encoder.cut_inputs,
        "words_probability": sum(said) / len(said),
    }
    return Judged(name, [[reading(masses, *each) for each in part] for part in keys], figures)


def ways(encoder: Encoder) -> list[tuple[str, str]]:
    """(label, continuation) as this student can write them; T5's vocabulary has no newline."""
    return verbalizers.ways(newline=encoder.ids("a\nb") != encoder.ids("a b"))


def key(judgment: Judgment, aspect: str) -> tuple[str, str]:
    """(text, begun analysis): judgments with the same are one question."""
    return judgment.text, verbalizers.begun_for(judgment.target, judgment.category, aspect)


def reading(masses: dict[tuple[str, str], dict[str, float]], text: str, begun: str) -> Reading:
    """The calibrated answer to one question."""
    before = verbalizers.prior([masses[free, begun] for free in verbalizers.CONTENT_FREE])
    scores = verbalizers.calibrated(masses[text, begun], before)
    return Reading(verbalizers.best(scores), scores, masses[text, begun])
