"""The settings of whole chains: which stages, and what each is told. Called by `aspectra.pipeline` and `cli`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from aspectra.config import Config, CorpusConfig, ElicitConfig, FinetuneConfig, PretrainConfig, Seed


class RunConfig(Config):
    """`aspectra run`: the whole chain."""

    out: str = Field(default="runs/run", description="folder for everything")
    reviews: str = Field(description="CSV, JSONL or Parquet with a text column")
    student: str = Field(default="smollm2-135m", description="name, folder or Hub id")
    systems: tuple[Literal["base", "denoise", "distilled", "teacher"], ...] = Field(
        default=("base", "distilled"), min_length=1
    )
    seeds: tuple[Seed, ...] = Field(default=(42,), min_length=1)
    subsets: tuple[Literal["all", "implicit", "multi"], ...] = Field(default=("all", "implicit", "multi"), min_length=1)
    scoring: tuple[Literal["strict", "paper"], ...] = Field(default=("strict",), min_length=1)
    test_cap: int | None = Field(default=None, gt=0, description="test sentences drawn by seed; None: all")
    elicit: ElicitConfig = ElicitConfig()
    teacher: ElicitConfig | None = Field(default=None, description="asked for `extraction` of the test sentences")
    corpus: CorpusConfig = CorpusConfig()
    pretrain: PretrainConfig = PretrainConfig()
    finetune: FinetuneConfig = FinetuneConfig()
    analyze: Literal["base", "denoise", "distilled"] | None = Field(
        default=None, description="the student (of the first seed) that is exported and reads the reviews at the end"
    )


class DistilConfig(Config):
    """`aspectra distil`: an LLM's opinions of some of the reviews, learned by a student that tags."""

    reviews: str = Field(description="CSV, JSONL or Parquet with a text column")
    student: str = Field(default="minilm-l6", description="that tags: name, folder or Hub id")
    draw: int = Field(default=2000, gt=0, description="reviews that the LLM is asked about, all where there are fewer")
    labels: str | None = Field(
        default=None, description="set or folder with a person's labels: test.json, and train.json to learn from"
    )
    seed: Seed = Field(default=42, description="of the draw, of what is kept away, and of training")
    elicit: ElicitConfig = ElicitConfig(kinds=("extraction",))
    corpus: CorpusConfig = CorpusConfig()
    pretrain: dict[str, Any] = Field(default={}, description="what is other than in the preset `tagger`")
    finetune: dict[str, Any] = Field(default={}, description="likewise, where `labels` has a train.json")

    @model_validator(mode="after")
    def _settled_by_the_draw(self) -> DistilConfig:
        """What is drawn, and of which task, is not for the asking to say; a tagger learns what names targets."""
        for name in ("task", "limit", "select", "select_by", "encoder"):
            if getattr(self.elicit, name) != ElicitConfig.model_fields[name].default:
                raise ValueError(f"elicit.{name} is settled by distil; leave it out (`draw` says how many reviews)")
        if not {"extraction", "analysis"} & set(self.elicit.kinds):
            raise ValueError("elicit.kinds must name extraction (or analysis), which names the opinions to learn")
        return self
