"""A corpus and a set for the generated students to learn."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.tiny import REVIEWS

os.environ.setdefault("OMP_NUM_THREADS", "1")

ANSWERS = {
    "analysis": 'Opinion Target 1: "{}"\nAspect: quality\nSentiment: Positive\nReasoning: the guest says so.',
    "rewriting": "In plain words: {} I was not indifferent to any of this.",
    "rating": "{}",
}


@pytest.fixture(params=["causal", "seq2seq"])
def student_folder(request: pytest.FixtureRequest) -> Path:
    """Each family in turn."""
    folder: Path = request.getfixturevalue(request.param)
    return folder


def make_corpus(folder: Path, rows: int = 20) -> Path:
    """A corpus as `aspectra corpus` writes it: two kinds of answers, and ratings, for each review."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    for side, count in (("train", rows), ("dev", 4)):
        lines = [
            {
                "id": f"{side}{i}#{kind}",
                "review_id": f"{side}{i}",
                "kind": kind,
                "input": REVIEWS[i % len(REVIEWS)],
                "output": form.format(i % 5 + 1 if kind == "rating" else REVIEWS[i % len(REVIEWS)].split()[1]),
            }
            for i in range(count)
            for kind, form in ANSWERS.items()
        ]
        pq.write_table(pa.Table.from_pylist(lines), folder / f"{side}.parquet")
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("corpus"))


def sentence(number: int) -> dict[str, Any]:
    """A labeled sentence in the benchmark's form; every fifth has no opinion."""
    target, polarity = [("soup", "positive"), ("bed", "negative"), ("staff", "positive"), ("lift", "negative")][
        number % 4
    ]
    if number % 5 == 4:
        return {"ID": str(number), "sentence": f"We came on day {number}.", "aspects": []}
    text = f"The {target} was {'fine' if polarity == 'positive' else 'bad'} on day {number}."
    aspect = {"from": 4, "to": 4 + len(target), "target": target, "category": "HOTEL#QUALITY", "polarity": polarity}
    return {"ID": str(number), "sentence": text, "aspects": [aspect | {"opinion_words": None}]}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 24 training, 8 dev and 10 test sentences."""
    folder = tmp_path_factory.mktemp("set")
    for name, numbers in (("train", range(24)), ("dev", range(30, 38)), ("test", range(40, 50))):
        (folder / f"{name}.json").write_text(json.dumps([sentence(n) for n in numbers]), encoding="utf-8")
    return folder


@pytest.fixture
def weights() -> Callable[[Path], dict[str, Any]]:
    """The tensors of a model folder by name."""
    from safetensors.torch import load_file

    return lambda folder: load_file(folder / "model.safetensors")
