"""The settings of whole chains: which stages, and what each is told. Called by `aspectra.pipeline` and `cli`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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
