"""The result of one benchmark cell, as a typed and versioned record: `result.json` in the cell's folder.

A cell is one system on one task and set, with one seed and number of shots. Written by `cells`, read by `protocol`,
`merge` and the report. `PROTOCOL` increases if the same outputs would score differently or a field changes its meaning:
a table never mixes records of two versions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

PROTOCOL = 2
RESULT = "result.json"
ITEMS = "predictions.jsonl"
FREE = ("seed", "dev_f1", "device", "concurrency", "data", "demonstrations")
"""Settings that may differ between cells of one system. The last two are paths, not contents."""
READING = ("student", "pretrain", "max_new_tokens")
"""Settings of a student that learns from no label: those of fine-tuning are not used."""


def cell_name(system: str, task: str, data: str, seed: int | None, shots: int | None) -> str:
    """The name of a cell's folder. `data` is a set's name or its folder."""
    parts = [system, task, Path(data).name]
    parts += [f"shots-{shots}"] if shots is not None else []
    parts += [f"seed-{seed}"] if seed is not None else []
    return ".".join(parts)


def learned(kind: str, stated: bool) -> bool:
    """Whether it is known how many labeled sentences a system learned from: it is a student, or a file that says so."""
    return kind == "student" or stated


class Record(BaseModel):
    """Base: frozen, rejects unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Scores(Record):
    """One scoring on one subset: fractions and the counts behind them, as defined in `scoring.Score`."""

    scoring: Literal["strict", "paper"]
    subset: Literal["all", "implicit", "multi"]
    precision: float
    recall: float
    f1: float
    gold: int
    predicted: int
    correct: int
    found: int
    sentences: int


class Part(Record):
    """Strict micro scores of a part of the opinions: of one polarity, of one category, or subjects alone.

    Precision and recall are 0 if their denominator is 0.
    """

    precision: float
    recall: float
    f1: float
    gold: int
    predicted: int
    correct: int


class Overlap(Part):
    """Scores in which overlapping terms count: `correct` predicted pairs are right, `found` gold pairs are found."""

    found: int


class Given(Record):
    """Polarity of gold subjects, asked one by one: positive, negative or neutral, without conflicts.

    `right` of `items`. Macro-F1 is the mean over the classes in the gold.
    """

    accuracy: float
    macro_f1: float
    items: int
    right: int


class Polarity(Record):
    """Polarity given the subject: of the gold subjects that were found, the share with exactly the right polarities.

    `confusion[gold][predicted]` counts (subject, polarity) of subjects with one gold and one predicted polarity.
    """

    accuracy: float
    subjects: int
    right: int
    confusion: dict[str, dict[str, int]]


class Faults(Record):
    """Shares of all outputs (`outputs`), as fractions.

    `unparsed`: a piece does not parse or has no known polarity, or an LLM's answer has no JSON. `not_in_sentence`: a
    term is not in the sentence. `cut`: cut off by the length limit. `unanswered`: no answer, an empty one, or a
    refusal.
    """

    outputs: int
    unparsed: float
    not_in_sentence: float
    cut: float
    unanswered: float


class Cost(Record):
    """The cost of the cell. None if unknown.

    `seconds` are those of decoding (a student) or of asking (an LLM, at its concurrency), `training_seconds` those of
    fine-tuning, `pretraining_seconds` those of the run's own pretraining, which all cells of the system with this seed
    share. Tokens and USD are an LLM's, over the test sentences.
    """

    seconds: float | None = None
    training_seconds: float | None = None
    pretraining_seconds: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    usd: float | None = None
    parameters: int | None = None


class Result(Record):
    """One cell.

    `inputs` are hashes of its input files, `threads` those of a student's training and decoding. `doubts` are signs of
    a wrong format in a file of predictions. `stated`: the file states the number of training sentences; no `shots` then
    means all, as for a student.
    """

    protocol: int = PROTOCOL
    system: str
    kind: Literal["student", "llm", "file"]
    task: str
    data: str
    seed: int | None = None
    shots: int | None = None
    stated: bool = False
    sentences: int
    gold_sha256: str
    scores: list[Scores]
    polarities: dict[str, Part]
    categories: dict[str, Part]
    subjects: Part
    polarity: Polarity
    faults: Faults
    overlap: Overlap | None = None
    given: Given | None = None
    cost: Cost
    settings: dict[str, Any]
    inputs: dict[str, str] = {}
    threads: int | None = None
    doubts: list[str] = []
    versions: dict[str, str]
    commit: str | None
    machine: dict[str, Any]
    created: str

    @property
    def learned(self) -> bool:
        """Whether the number of labeled sentences that its system learned from is known."""
        return learned(self.kind, self.stated)

    def identity(self) -> dict[str, Any]:
        """What all cells of one system share: settings, and files by hash rather than by path."""
        settings = self.settings.items()
        if self.kind == "student" and self.shots == 0:
            return {key: value for key, value in settings if key in READING} | self.inputs
        return {key: value for key, value in settings if key not in FREE} | self.inputs
