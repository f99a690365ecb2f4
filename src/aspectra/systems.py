"""The settings of `aspectra benchmark`: which systems, on which sets, with which seeds. Like those of `config`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from aspectra.config import LATER, Config, ElicitConfig, FinetuneConfig, Seed

LAYOUT = ("text_column", "id_column", "encoding", "delimiter", "skip_bad_rows")  # of a benchmark's sentences, our own
PAPER_SEEDS = (42, 52, 62, 72, 82, 142, 152, 162, 172, 182)

Shots = tuple[Annotated[int, Field(ge=0)] | None, ...]


class StudentSystem(Config):
    """A student that is fine-tuned in each cell."""

    kind: Literal["student"]
    student: str = Field(description="name or folder, as published or pretrained")
    pretrain: dict[str, Any] = Field(default={}, description="in each run, by its seed: `corpus`, and as in `pretrain`")
    finetune: dict[str, Any] = Field(default={}, description="what this one has other than the common `finetune`")
    shots: Shots | None = Field(default=None, description="its own in place of the common `shots`")
    seeds: tuple[Seed, ...] | None = Field(
        default=None, min_length=1, description="its own in place of the common `seeds`", json_schema_extra=LATER
    )


class LLMSystem(Config):
    """An LLM that is asked for the opinions of each test sentence."""

    kind: Literal["llm"]
    elicit: ElicitConfig
    shots: int = Field(default=0, ge=0, description="demonstrations drawn by seed from train")
    nearest: bool = Field(default=False, description="those most like the sentence instead")

    @model_validator(mode="after")
    def _settled_by_the_cell(self) -> LLMSystem:
        """The cell decides what is asked of which sentences; a setting that would distort that is no setting."""
        for name in ("kinds", "task", "limit", "select", "demonstrations", "nearest", *LAYOUT):
            if getattr(self.elicit, name) != ElicitConfig.model_fields[name].default:
                raise ValueError(f"a benchmark decides on elicit.{name} itself; leave it out")
        return self


class FileSystem(Config):
    """Predictions that some other system made."""

    kind: Literal["file"]
    predictions: str = Field(description="JSONL; {task}, {data}, {seed} and {shots} in its name are filled in")
    shots: Shots | None = Field(
        default=None, description="with {shots}: its own in place of the common `shots`", json_schema_extra=LATER
    )
    seeds: tuple[Seed, ...] | None = Field(
        default=None,
        min_length=1,
        description="with {seed}: its own in place of the common `seeds`",
        json_schema_extra=LATER,
    )

    @property
    def learned(self) -> bool:
        """Whether each file says from how many sentences its system learned."""
        return "{shots}" in self.predictions

    @property
    def runs(self) -> bool:
        """Whether there is a file for each seed."""
        return "{seed}" in self.predictions

    @model_validator(mode="after")
    def _has_a_place_for_each(self) -> FileSystem:
        for name, values, there in (("shots", self.shots, self.learned), ("seed", self.seeds, self.runs)):
            if values is not None and not there:
                raise ValueError(f"{self.predictions} has no {{{name}}} to put them in: write it, or leave them out")
        return self


def _named(name: str) -> str:
    if not re.fullmatch(r"[\w+-][\w.+-]*", name):
        raise ValueError(f"{name!r} is no name for a system: letters, digits, _, +, - and, but for the first, .")
    return name


SystemName = Annotated[str, AfterValidator(_named)]  # part of a folder's name
System = Annotated[StudentSystem | LLMSystem | FileSystem, Field(discriminator="kind")]


class BenchmarkConfig(Config):
    """`aspectra benchmark`: systems x tasks x sets x seeds x shots."""

    out: str = Field(default="runs/benchmark", description="folder for everything")
    systems: dict[SystemName, System] = Field(min_length=1)
    sets: dict[str, tuple[str, ...]] = Field(min_length=1, description="task: its sets")
    seeds: tuple[Seed, ...] = Field(default=PAPER_SEEDS, min_length=1)
    shots: Shots = Field(default=(None,), min_length=1, description="training sentences; 0: as pretrained, None: all")
    finetune: FinetuneConfig = FinetuneConfig()
    side: Literal["test", "dev"] = Field(
        default="test", description="which sentences are read: dev, to choose settings by", json_schema_extra=LATER
    )
    given: bool = Field(
        default=False, description="ask students for the polarity of the gold's targets too", json_schema_extra=LATER
    )
    test_cap: int | None = Field(default=None, gt=0, description="test sentences drawn by seed 42; None: all")
    compare: tuple[tuple[str, str], ...] | None = Field(default=None, description="pairs of systems; None: all")
    keep_models: bool = Field(default=True, description="false: each cell's weights are deleted once it is judged")

    @model_validator(mode="after")
    def _settled_by_the_cell(self) -> BenchmarkConfig:
        settled = {"task": "sets", "data": "sets", "seed": "seeds", "shots": "shots"}
        students = [s for s in self.systems.values() if isinstance(s, StudentSystem)]
        if any("seed" in s.pretrain for s in students):
            raise ValueError("pretrain.seed is each cell's own; set `seeds`")
        own = {name for s in students for name in s.finetune}
        for name, right in settled.items():
            if name in own or getattr(self.finetune, name) != FinetuneConfig.model_fields[name].default:
                raise ValueError(f"finetune.{name} is each cell's own; set `{right}`")
        lists: tuple[tuple[str, tuple[Any, ...]], ...] = (
            ("seeds", self.seeds),
            ("shots", self.shots),
            *(
                (f"systems.{name}.{what}", getattr(s, what) or ())
                for name, s in self.systems.items()
                if not isinstance(s, LLMSystem)
                for what in ("shots", "seeds")
            ),
        )
        if empty := [task for task, names in self.sets.items() if not names]:
            raise ValueError(f"sets.{empty[0]} names no set")
        for name, values in (*lists, *self.sets.items()):
            if len(set(values)) < len(values):
                raise ValueError(f"{name} names something twice")
        return self
