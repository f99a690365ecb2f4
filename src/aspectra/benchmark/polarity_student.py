"""A student's zero-shot judgments. Called by `aspectra.benchmark.zero_shot`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from aspectra.benchmark.judgments import Asked, Judged, Reading
from aspectra.readers.opening import open_untaught
from aspectra.readers.reader import Question


def judge(
    name: str,
    folder: Path,
    asked: Sequence[Asked],
    aspect: str,
    batch_size: int,
    device: str,
    threads: int | None,
) -> Judged:
    """A student's readings. Figures are those of `Untaught.lean`, and `seconds` without loading."""
    reader = open_untaught(name, folder, aspect, batch_size, device, threads)
    began = time.monotonic()
    leanings, figures = reader.lean([Question(j.text, j.target, j.category) for each in asked for j in each.judgments])
    readings = (Reading(each.polarity, each.probabilities, each.uncalibrated) for each in leanings)
    parts = [list(islice(readings, len(each.judgments))) for each in asked]
    seconds = round(time.monotonic() - began, 3)
    return Judged(name, parts, {"system": name, "kind": "student", "seconds": seconds} | figures)
