"""The settings of `aspectra benchmark`: systems, sets and seeds. In the style of `config`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from aspectra.config import LATER, Config, ElicitConfig, FinetuneConfig, Seed

LAYOUT = ("text_column", "id_column", "encoding", "delimiter", "skip_bad_rows")  # the benchmark writes this file
PAPER_SEEDS = (42, 52, 62, 72, 82, 142, 152, 162, 172, 182)

Shots = tuple[Annotated[int, Field(ge=0)] | None, ...]


class StudentSystem(Config):
    """A student that is fine-tuned in each cell."""

    kind: Literal["student"] = Field(description="a student that is fine-tuned in each run")
    student: str = Field(description="name or folder of the student, published or pretrained")
    pretrain: dict[str, Any] = Field(
        default={}, description="pretraining of its own for each seed: `corpus`, and the settings of `pretrain`"
    )
    finetune: dict[str, Any] = Field(default={}, description="settings that differ from the common `finetune`")
    shots: Shots | None = Field(default=None, description="shots of this system, in place of the common `shots`")
    seeds: tuple[Seed, ...] | None = Field(
        default=None,
        min_length=1,
        description="seeds of this system, in place of the common `seeds`",
        json_schema_extra=LATER,
    )


class LLMSystem(Config):
    """An LLM that is asked for the opinions of each test sentence."""

    kind: Literal["llm"] = Field(description="an LLM")
    elicit: ElicitConfig = Field(description="how the LLM is asked")
    shots: int = Field(default=0, ge=0, description="number of demonstrations, drawn by seed from train")
    nearest: bool = Field(
        default=False, description="show the demonstrations that are most like the sentence, in place of drawn ones"
    )

    @model_validator(mode="after")
    def _settled_by_the_cell(self) -> LLMSystem:
        """The cell decides what is asked about which sentences, so settings that would change that are rejected."""
        for name in ("kinds", "task", "limit", "select", "demonstrations", "nearest", *LAYOUT):
            if getattr(self.elicit, name) != ElicitConfig.model_fields[name].default:
                raise ValueError(f"the benchmark sets elicit.{name} itself; leave it out")
        return self


class FileSystem(Config):
    """Predictions of any other system."""

    kind: Literal["file"] = Field(description="predictions of any other system")
    predictions: str = Field(description="JSONL file; {task}, {data}, {seed} and {shots} in its name are filled in")
    shots: Shots | None = Field(
        default=None,
        description="shots of this system, in place of the common `shots`; needs {shots} in the name",
        json_schema_extra=LATER,
    )
    seeds: tuple[Seed, ...] | None = Field(
        default=None,
        min_length=1,
        description="seeds of this system, in place of the common `seeds`; needs {seed} in the name",
        json_schema_extra=LATER,
    )

    @property
    def learned(self) -> bool:
        """Whether each file name includes the number of training sentences."""
        return "{shots}" in self.predictions

    @property
    def runs(self) -> bool:
        """Whether there is a file for each seed."""
        return "{seed}" in self.predictions

    @model_validator(mode="after")
    def _has_a_place_for_each(self) -> FileSystem:
        for name, values, there in (("shots", self.shots, self.learned), ("seed", self.seeds, self.runs)):
            if values is not None and not there:
                raise ValueError(f"{self.predictions} has no {{{name}}}: add it to the name, or leave out the setting")
        return self


def _named(name: str) -> str:
    if not re.fullmatch(r"[\w+-][\w.+-]*", name):
        raise ValueError(
            f"{name!r} is not a valid name for a system: use letters, digits, _, +, - and, except at the start, ."
        )
    return name


SystemName = Annotated[str, AfterValidator(_named)]  # part of a folder's name
System = Annotated[StudentSystem | LLMSystem | FileSystem, Field(discriminator="kind")]


class BenchmarkConfig(Config):
    """`aspectra benchmark`: systems x tasks x sets x seeds x shots."""

    out: str = Field(default="runs/benchmark", description="folder for everything")
    systems: dict[SystemName, System] = Field(min_length=1, description="name -> system")
    sets: dict[str, tuple[str, ...]] = Field(min_length=1, description="task -> sets")
    seeds: tuple[Seed, ...] = Field(default=PAPER_SEEDS, min_length=1, description="seeds, a run for each")
    shots: Shots = Field(
        default=(None,),
        min_length=1,
        description="numbers of training sentences; 0: no fine-tuning, None: all sentences",
    )
    finetune: FinetuneConfig = Field(default=FinetuneConfig(), description="how students are fine-tuned")
    side: Literal["test", "dev"] = Field(
        default="test", description="sentences to evaluate on; dev is for choosing settings", json_schema_extra=LATER
    )
    given: bool = Field(
        default=False, description="also ask students for the polarity of the gold targets", json_schema_extra=LATER
    )
    test_cap: int | None = Field(
        default=None, gt=0, description="number of test sentences, drawn by seed 42; None: all"
    )
    compare: tuple[tuple[str, str], ...] | None = Field(
        default=None, description="pairs of systems to compare; None: all"
    )
    keep_models: bool = Field(
        default=True, description="keep the weights of each run; false: they are deleted after evaluation"
    )

    @model_validator(mode="after")
    def _settled_by_the_cell(self) -> BenchmarkConfig:
        settled = {"task": "sets", "data": "sets", "seed": "seeds", "shots": "shots"}
        students = [s for s in self.systems.values() if isinstance(s, StudentSystem)]
        if any("seed" in s.pretrain for s in students):
            raise ValueError("pretrain.seed differs by run; set `seeds`")
        own = {name for s in students for name in s.finetune}
        for name, right in settled.items():
            if name in own or getattr(self.finetune, name) != FinetuneConfig.model_fields[name].default:
                raise ValueError(f"finetune.{name} differs by run; set `{right}`")
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
            raise ValueError(f"sets.{empty[0]} has no set")
        for name, values in (*lists, *self.sets.items()):
            if len(set(values)) < len(values):
                raise ValueError(f"{name} has something twice")
        return self
