"""The settings of pipelines: their stages, and the settings of each. Called by `aspectra.pipeline` and `cli`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from aspectra.config import Config, CorpusConfig, ElicitConfig, FinetuneConfig, PretrainConfig, Seed


class RunConfig(Config):
    """`aspectra run`: the whole pipeline."""

    out: str = Field(default="runs/run", description="folder for everything")
    reviews: str = Field(description="CSV, JSONL or Parquet file with a text column")
    student: str = Field(default="smollm2-135m", description="name, folder or Hub id of the student")
    systems: tuple[Literal["base", "denoise", "distilled", "shipped", "teacher"], ...] = Field(
        default=("base", "distilled"),
        min_length=1,
        description="systems to compare; shipped: the reader that comes with Aspectra, unchanged",
    )
    seeds: tuple[Seed, ...] = Field(default=(42,), min_length=1, description="seeds of fine-tuning, a student for each")
    subsets: tuple[Literal["all", "implicit", "multi"], ...] = Field(
        default=("all", "implicit", "multi"), min_length=1, description="subsets of the test sentences to report"
    )
    scoring: tuple[Literal["strict", "paper"], ...] = Field(
        default=("strict",), min_length=1, description="scorings to report"
    )
    test_cap: int | None = Field(default=None, gt=0, description="number of test sentences, drawn by seed; None: all")
    elicit: ElicitConfig = Field(default=ElicitConfig(), description="how the LLM is asked about the reviews")
    teacher: ElicitConfig | None = Field(
        default=None, description="LLM that is asked for the opinions of the test sentences (`extraction`)"
    )
    corpus: CorpusConfig = Field(default=CorpusConfig(), description="how answers become training text")
    pretrain: PretrainConfig = Field(default=PretrainConfig(), description="how students are pretrained")
    finetune: FinetuneConfig = Field(default=FinetuneConfig(), description="how students are fine-tuned")
    analyze: Literal["base", "denoise", "distilled", "shipped"] | None = Field(
        default=None,
        description="student that is exported and reads the reviews at the end (of the first seed); shipped: the "
        "reader that comes with Aspectra reads them first",
    )


class DistilConfig(Config):
    """`aspectra distil`: a tagger learns an LLM's opinions of some of the reviews."""

    reviews: str = Field(description="CSV, JSONL or Parquet file with a text column")
    student: str = Field(default="reader-en", description="name, folder or Hub id of a tagger")
    draw: int = Field(default=2000, gt=0, description="number of reviews to ask the LLM about; all if there are fewer")
    sentences: bool = Field(default=False, description="ask about one sentence of each review, not the whole review")
    labels: str | None = Field(
        default=None, description="set or folder with human labels: test.json, and train.json to learn from"
    )
    seed: Seed = Field(default=42, description="seed of the draw, of the held-out reviews, and of training")
    elicit: ElicitConfig = Field(default=ElicitConfig(kinds=("extraction",)), description="how the LLM is asked")
    corpus: CorpusConfig = Field(default=CorpusConfig(), description="how answers become training text")
    pretrain: dict[str, Any] = Field(
        default={}, description="settings of `pretrain` that differ from the preset `tagger`"
    )
    finetune: dict[str, Any] = Field(
        default={},
        description="settings of `finetune` that differ from the preset `tagger`, if `labels` has a train.json",
    )

    @model_validator(mode="after")
    def _settled_by_the_draw(self) -> DistilConfig:
        """`elicit` must not set the draw or the task, and must ask for opinions with targets, which a tagger learns."""
        for name in ("task", "limit", "select", "select_by", "encoder"):
            if getattr(self.elicit, name) != ElicitConfig.model_fields[name].default:
                raise ValueError(f"elicit.{name} is set by distil; leave it out (`draw` is the number of reviews)")
        if not {"extraction", "analysis"} & set(self.elicit.kinds):
            raise ValueError("elicit.kinds must have extraction (or analysis), because the student learns from it")
        return self


class CutConfig(Config):
    """A student made of some layers of a larger one."""

    of: str = Field(
        default="teacher", description="name or folder of the larger model; `teacher`: the config's own teacher"
    )
    layers: int = Field(gt=0, description="number of layers to keep, evenly spread from the first")


class ExportConfig(Config):
    """How a recipe's student is exported."""

    compute: Literal["auto", "int8", "float32"] = Field(
        default="int8", description="type of the weights; auto: 8 bits if they cost at most half a point of F1"
    )
    meanings: str | None = Field(
        default=None, description="encoder whose word vectors find topics; None: the student's own"
    )
    name: str | None = Field(default=None, description="name of the model in outputs; None: the folder's name")
    version: str | None = Field(default=None, description="version of the model in outputs")
    language: str | None = Field(default=None, description="code of the language of its sentences (en, de ...)")


class ReaderConfig(Config):
    """`aspectra run` with a config that names `labels`: a reader from labeled sentences."""

    out: str = Field(default="runs/reader", description="folder for everything")
    labels: str = Field(
        description="set or folder with labels: train.json for training, dev.json to calibrate the export"
    )
    student: str | CutConfig = Field(
        default="minilm-l6", description="name, folder or Hub id of a tagger, or some layers of one"
    )
    teacher: str | None = Field(
        default=None,
        description="larger tagger whose probabilities are learned too: another such config, or a folder",
    )
    texts: tuple[str, ...] = Field(
        default=(),
        description="files of unlabeled reviews for the teacher to read: tables, or .txt with one review a line",
    )
    dev: tuple[str, ...] = Field(
        default=(), description="sets whose dev sentences evaluate the reader; empty: those of `labels`"
    )
    corpus: CorpusConfig = Field(default=CorpusConfig(), description="how labels become training text")
    pretrain: dict[str, Any] = Field(
        default={}, description="settings of `pretrain` that differ from the preset `tagger`"
    )
    export: ExportConfig | None = Field(default=None, description="how the student is exported; None: not at all")

    @model_validator(mode="after")
    def _of_a_teacher(self) -> ReaderConfig:
        """Settings that need a teacher require one."""
        if self.teacher is None and self.texts:
            raise ValueError("texts have no labels, so a teacher must read them; name one with `teacher`")
        if self.teacher is None and isinstance(self.student, CutConfig) and self.student.of == "teacher":
            raise ValueError("`student.of` is the teacher, and there is none; name one with `teacher`")
        if len({name.rpartition("/")[2] for name in self.dev}) < len(self.dev):
            raise ValueError("`dev` has two sets with the same name")
        return self
