"""A model that knows some words and takes a fixed time, and a service of it in a process of its own.

`python -m tests.serve.stand_in --batch_cost=0.005` serves it: for tests and for `benchmarks/serve.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from threading import Timer
from typing import Any

from aspectra.errors import UserError
from aspectra.readers.extraction import Extraction, Found
from aspectra.readers.reader import Judged, Question
from aspectra.serve.limits import Limits
from aspectra.serve.server import TOKEN, listening, run
from aspectra.serve.topics import Grouper
from aspectra.tasks.linear import Field

ROOT = Path(__file__).resolve().parents[2]
CLAIM = re.compile(r"\b(\w+) (?:was|is) (superb|fine|rude|cold)\b")
POLARITY = {"superb": "positive", "fine": "neutral", "rude": "negative", "cold": "negative"}
SLOW, BROKEN = "(slow)", "(broken)"  # in a text: it takes a second; the model fails


class StandIn:
    """Reads `The X was superb`; a batch takes `batch` seconds and each text in it `each` more."""

    name, task = "stand-in", "atsa"
    about: Mapping[str, Any] = {"name": "stand-in", "version": "1", "digest": "0123456789abcdef"}
    by: tuple[Field, ...] = ("target",)

    def __init__(self, batch: float = 0.0, each: float = 0.0, words: Path | None = None) -> None:
        """`words` is a folder with a table of meanings."""
        self.batch, self.each = batch, each
        self.grouper = Grouper(words) if words is not None else None

    def extract(self, texts: Sequence[str]) -> Sequence[Extraction]:
        time.sleep(self.batch + self.each * len(texts) + sum(SLOW in text for text in texts))
        if any(BROKEN in text for text in texts):
            raise RuntimeError("broken")
        return [Extraction(text, tuple(map(found, CLAIM.finditer(text))), ("",), False) for text in texts]

    def classify(self, questions: Sequence[Question]) -> Sequence[Judged | UserError]:
        return [
            Judged(q.text, {"positive": 0.75, "negative": 0.25})
            if (q.target or "").strip()
            else UserError("name the target to judge")
            for q in questions
        ]


def found(match: re.Match[str]) -> Found:
    return Found(match[1], None, POLARITY[match[2]], *match.span(1), 0.875)


class Service:
    """A service that runs; `process` is it, `url` where."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process, self.url = process, url
        self.port = int(url.rpartition(":")[2])


@contextmanager
def started(command: Sequence[str], token: str | None = None) -> Iterator[Service]:
    """Run a command that prints its address as JSON, until it serves; it is stopped at the end."""
    # Buffered as a person's Python is: an address that waits in a buffer is told to nobody.
    kept = {name: value for name, value in os.environ.items() if name not in (TOKEN, "PYTHONUNBUFFERED")}
    environment = kept | {"OMP_NUM_THREADS": "1"}
    if token is not None:
        environment[TOKEN] = token
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    patience = Timer(120, process.kill)
    patience.start()
    try:
        told = ""
        while line := process.stdout.readline():
            told += line
            if line.rstrip() == "}":
                break
        patience.cancel()  # a service that tells nothing was ended, and its reading with it
        if not told:
            raise RuntimeError(f"it does not serve: {process.communicate()[1]}")
        yield Service(process, json.loads(told)["url"])
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)


@contextmanager
def service(token: str | None = None, batch: float = 0.0, each: float = 0.0, **limits: Any) -> Iterator[Service]:
    """A service of the stand-in, with other limits than the usual; with `words`, one that knows topics."""
    settings = {"batch_cost": batch, "each_cost": each} | limits
    flags = [f"--{name}={value}" for name, value in settings.items()]
    with started(["tests.serve.stand_in", *flags], token) as running:
        yield running


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch_cost", type=float, default=0.0)
    parser.add_argument("--each_cost", type=float, default=0.0)
    for field in fields(Limits):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    parser.add_argument("--words", type=Path, help="folder with a table of meanings")
    parser.add_argument("--origins", type=str, default="", help="commas between")
    given = vars(parser.parse_args())
    origins = [origin for origin in given.pop("origins").split(",") if origin]
    model = StandIn(given.pop("batch_cost"), given.pop("each_cost"), given.pop("words"))
    with listening("127.0.0.1", 0) as listener:
        address = "127.0.0.1"
        run(
            model,
            Limits(**given),
            os.environ.get(TOKEN),
            listener,
            address,
            lambda told: print(json.dumps(told, indent=1), flush=True),
            origins,
        )
