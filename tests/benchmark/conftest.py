"""A small benchmark: two sets of invented sentences, a generated student, a recorded LLM, a file of predictions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest
from tests import forked

from aspectra.benchmark import workers
from aspectra.data.examples import save
from aspectra.schema import Example, Opinion, Prediction
from aspectra.score.predictions import write_predictions
from aspectra.settings import build
from aspectra.systems import BenchmarkConfig

THINGS = ["soup", "bed", "staff", "lift", "pool", "view", "bread", "room"]
POLARITIES = ["positive", "negative", "neutral"]
Small = Callable[..., BenchmarkConfig]


def sentence(number: int, name: str) -> Example:
    thing, polarity = THINGS[number % 8], POLARITIES[number % 3]
    text = f"Day {number} at the {name}: the {thing} was what it was."
    start = text.index(thing)
    words = () if number % 4 == 0 else ("was what it was",)
    opinion = Opinion(thing, f"{thing.upper()}#GENERAL", polarity, start, start + len(thing), words)
    return Example(str(number), text, () if number % 7 == 6 else (opinion,))


@pytest.fixture
def small(tmp_path: Path, causal: Path) -> Callable[..., BenchmarkConfig]:
    """Settings of a benchmark whose every file lies in `tmp_path`; changes are made to the whole."""
    answers = []
    for task in ("atsa", "acsa"):
        for name in ("inn", "cafe"):
            sets = {"train": range(12), "dev": range(12, 18), "test": range(18, 32)}
            for side, numbers in sets.items():
                save(tmp_path / task / name / f"{side}.json", [sentence(n, name) for n in numbers])
            test = [sentence(n, name) for n in sets["test"]]
            write_predictions(
                tmp_path / "other" / f"{task}-{name}.jsonl",
                [Prediction(e.id, e.text, e.opinions if int(e.id) % 2 else ()) for e in test],
            )
            for example in test[1:]:  # the LLM has no answer to the first
                said = [{"target": o.target, "category": o.category, "polarity": "positive"} for o in example.opinions]
                row = {"review": example.text, "kind": "extraction", "text": json.dumps({"opinions": said})}
                answers.append(row | {"settings": {"task": task}, "tokens_in": 50, "tokens_out": 10})
    (tmp_path / "llm.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")

    def settings(**changes: Any) -> BenchmarkConfig:
        recorded = {"teacher": "recorded", "model": str(tmp_path / "llm.jsonl"), "price_in": 1.0, "price_out": 2.0}
        whole: dict[str, Any] = {
            "systems": {
                "tiny": {"kind": "student", "student": str(causal)},
                "llm": {"kind": "llm", "elicit": recorded},
                "other": {"kind": "file", "predictions": str(tmp_path / "other" / "{task}-{data}.jsonl")},
            },
            "sets": {task: [str(tmp_path / task / name) for name in ("inn", "cafe")] for task in ("atsa", "acsa")},
            "seeds": [1, 2],
            "shots": [4],
            "finetune": {"epochs": 1, "max_new_tokens": 4, "threads": 1, "device": "cpu", "save_seconds": 0},
        }
        return build(BenchmarkConfig, whole | changes)

    return settings


@pytest.fixture(autouse=True)
def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are forked, where they would import torch anew: processes as any, and five seconds sooner at work.

    Users' workers are spawned, and so are those of the tests that start a whole benchmark in a process of its own.
    """
    monkeypatch.setattr(workers, "start", start)


spawned = workers.start


def start(config: BenchmarkConfig, out: Path, count: int) -> workers.Worker:
    ours, theirs = Pipe()
    process = forked.process(serve, theirs, config, out, workers.threads_of(count), daemon=True)
    process.start()
    theirs.close()
    return workers.Worker(process, ours)


def serve(pipe: Any, config: BenchmarkConfig, out: Path, threads: int) -> None:
    workers.serve(pipe, os.getppid(), config, out, threads)


def cut_down(small: Small, **changes: Any) -> BenchmarkConfig:
    """One set and no student: quick."""
    whole = small()
    systems = {name: s.model_dump() for name, s in whole.systems.items() if name != "tiny"}
    return small(**({"systems": systems, "sets": {"atsa": whole.sets["atsa"][:1]}} | changes))


def same(results: dict[str, Any]) -> Any:
    """What must not depend on when and where cells were run."""
    cells = [
        {key: value for key, value in cell.items() if key in ("system", "data", "seed", "scores", "faults", "subjects")}
        for cell in results["cells"]
    ]
    rows = [{key: value for key, value in row.items() if "per_1000" not in key} for row in results["table"]]
    return cells, rows, results["comparisons"], results["missing"]
