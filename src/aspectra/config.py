"""Every setting of every stage, in one place: pydantic models that refuse unknown keys.

`aspectra.settings` fills them from YAML and `--set`; the workers take them as they are. Chains of stages: `recipes`; a
benchmark: `systems`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_serializer
from pydantic_core import PydanticKnownError

from aspectra.settings import shown
from aspectra.tasks import TASKS

Seed = Annotated[int, Field(ge=0, lt=2**32)]  # what numpy takes


def _task(name: Any) -> Any:
    if not isinstance(name, str) or name not in TASKS:
        raise PydanticKnownError("literal_error", {"expected": ", ".join(f"'{task}'" for task in TASKS)})
    return name


TaskName = Annotated[str, BeforeValidator(_task)]  # a Literal of the tasks, whichever there are
LATER: dict[str, Any] = {"later": True}  # marks a setting that earlier manifests do not have


class Config(BaseModel):
    """Base of all settings: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def dumped(self, **others: Any) -> dict[str, Any]:
        """As JSON has it, without settings that came later and are as if they were not there: so that what was made
        before them is known to be of the same settings. `others` are those of `model_dump`."""
        later = {name for name, field in type(self).model_fields.items() if (field.json_schema_extra or {}) == LATER}
        values = self.model_dump(mode="json", **others)
        return {k: v for k, v in values.items() if k not in later or v != type(self).model_fields[k].default}


class ElicitConfig(Config):
    """How a teacher is asked. Settings that shape the answer are part of a request's identity."""

    teacher: Literal["openai", "local", "transformers", "recorded", "vllm", "student"] = "openai"
    model: str = Field(
        default="", description="name at the endpoint, GGUF file, model or student folder, or recorded response file"
    )
    base_url: str | None = Field(default=None, description="of an OpenAI-compatible endpoint")
    key_env: str = Field(default="OPENAI_API_KEY", description="environment variable that holds the key")
    key_file: str | None = Field(default=None, description="file that holds the key")
    headers: dict[str, str] = Field(default={}, description="name -> environment variable", json_schema_extra=LATER)
    kinds: tuple[Literal["analysis", "rewriting", "extraction", "polarity"], ...] = ("analysis", "rewriting")
    task: TaskName = Field(default="atsa", description="whose opinions `extraction` asks for: atsa or acsa")
    categories: tuple[str, ...] = Field(default=(), description="categories that `extraction` may name (acsa)")
    prompts: dict[str, str] = Field(default={}, description="kind -> prompt version, the default where absent")
    demonstrations: str | None = Field(default=None, description="JSONL of {kind, review, answer}, shown before")
    nearest: int | None = Field(default=None, gt=0, description="show only so many, those most like the review")
    temperature: float = Field(default=0.0, ge=0, description="of sampling")
    max_tokens: int = Field(default=512, gt=0, description="of an answer")
    seed: int = Field(default=0, description="of sampling and of `select`")
    extra_body: dict[str, Any] = Field(default={}, description="what a server wants besides")
    concurrency: int = Field(default=8, gt=0, description="requests in flight")
    timeout: float = Field(default=120.0, gt=0, description="seconds for one request")
    retries: int = Field(default=5, ge=0, description="after a fault that may pass")
    attempts: int = Field(default=1, gt=0, description="answers asked for until one is valid")
    row_timeout: float = Field(default=1800.0, gt=0, description="seconds for one answer, further tries included")
    patience: float = Field(default=600.0, ge=0, description="seconds to wait for an endpoint that went down")
    rpm: float | None = Field(default=None, gt=0, description="requests a minute at most")
    tpm: float | None = Field(default=None, gt=0, description="tokens a minute at most, read and written")
    price_in: float | None = Field(default=None, ge=0, description="USD per million tokens read")
    price_out: float | None = Field(default=None, ge=0, description="USD per million tokens written")
    max_cost: float | None = Field(default=None, ge=0, description="USD; needs the prices")
    limit: int | None = Field(default=None, gt=0, description="the first reviews")
    select: int | None = Field(default=None, gt=0, description="reviews, drawn by seed")
    select_by: Literal["random", "tfidf", "embeddings"] = Field(
        default="random", description="at random, or spread over domain, rating, length and topics by such vectors"
    )
    encoder: str | None = Field(default=None, description="model folder whose embeddings `select_by` takes")
    text_column: str | None = Field(default=None, description="of the reviews; found by name without it")
    id_column: str | None = Field(default=None, description="likewise of their ids", json_schema_extra=LATER)
    encoding: str | None = Field(
        default=None, description="of the reviews' file; None: by its mark, else UTF-8", json_schema_extra=LATER
    )
    delimiter: str | None = Field(
        default=None, description="between the fields of CSV; None: by the header", json_schema_extra=LATER
    )
    skip_bad_rows: bool = Field(default=False, description="leave out rows that cannot be read")
    retry_rejected: bool = Field(default=False, description="ask again where the answer was not valid")

    @field_serializer("base_url")
    def _without_password(self, url: str | None) -> str | None:
        """What is written down of the settings holds no secret."""
        return None if url is None else shown(url)


class CorpusConfig(Config):
    """How responses become training text."""

    kinds: tuple[Literal["analysis", "rewriting", "rating"], ...] = ("analysis", "rewriting")
    dev_share: float = Field(default=0.1, gt=0, lt=1, description="of the reviews, held out")
    seed: int = Field(default=42, description="of the split")
    min_words: int = Field(default=3, ge=1, description="of a review")
    near_duplicates: float = Field(default=0.8, gt=0, le=1, description="Jaccard similarity of 5-word shingles")
    evaluation: tuple[str, ...] = Field(default=(), description="benchmark files or sets that must not leak in")
    ngram: int = Field(default=8, ge=2, description="words in a row that count as overlap with an evaluation text")


class TrainingConfig(Config):
    """What pretraining and fine-tuning share; the defaults are for a CPU, `presets` has others."""

    optimizer: Literal["adamw", "adamw_rms"] = Field(default="adamw", description="adamw_rms: step x RMS(weight)")
    learning_rate: float = Field(default=2e-4, gt=0)
    final_learning_rate: float = Field(default=0.0, ge=0, description="where the schedule ends")
    schedule: Literal["linear", "cosine", "constant"] = Field(default="linear", description="of the learning rate")
    weight_decay: float = Field(default=0.0, ge=0)
    adam_epsilon: float = Field(default=1e-8, gt=0)
    warmup_steps: int = Field(default=0, ge=0)
    warmup_share: float = Field(
        default=0.0, ge=0, lt=1, description="of all steps, where `warmup_steps` is 0", json_schema_extra=LATER
    )
    batch_size: int = Field(default=8, gt=0, description="rows at once on one device")
    accumulation: int = Field(default=1, gt=0, description="batches a step")
    clip: float = Field(default=1.0, gt=0, description="norm of the gradient at most")
    bf16: bool = Field(default=True, description="autocast where the device can")
    lora_rank: int = Field(default=0, ge=0, description="0: all weights are trained")
    dropout: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="of the layers; None: as it was published",
        json_schema_extra=LATER,
    )
    input_tokens: int = Field(default=256, gt=0, description="what is longer loses its end, and is counted")
    answer_tokens: int = Field(default=512, gt=0, description="likewise")
    marker: bool = Field(default=True, description="a task marker before the input")
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    threads: int | None = Field(default=None, gt=0, description="of the processor; None: as many as torch takes")
    seed: Seed = Field(default=42, description="of order and dropout; in fine-tuning of the shots too")


class PretrainConfig(TrainingConfig):
    """Multi-task pretraining: L = sum_k w_k L_k."""

    kinds: tuple[Literal["analysis", "rewriting", "rating", "denoise"], ...] = Field(
        default=("analysis", "rewriting"), min_length=1
    )
    weights: Literal["proportional", "equal"] | dict[str, float] = Field(
        default="proportional", description="w_k; proportional: each token counts alike, equal: each kind"
    )
    soft: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="share of a tagger's loss against a teacher's probabilities, where the corpus has them",
        json_schema_extra=LATER,
    )
    epochs: float = Field(default=1.0, gt=0, description="passes over the corpus")
    max_steps: int | None = Field(default=None, gt=0, description="stops earlier or later than the epochs")
    newline_token: bool = Field(default=False, description="newline as the token [NL], for vocabularies without one")
    eval_steps: int | None = Field(
        default=None, gt=0, description="held-out loss every so many steps; None: at the end"
    )
    save_steps: int = Field(default=200, gt=0, description="between two checkpoints")
    save_seconds: float = Field(default=120.0, ge=0, description="a step that ends so long after the last is saved too")
    keep_checkpoints: int = Field(default=2, gt=0)
    budget_kinds: tuple[Literal["analysis", "rewriting", "rating"], ...] = Field(
        default=("analysis", "rewriting"), description="whose steps and answer tokens `denoise` is given"
    )


class FinetuneConfig(TrainingConfig):
    """Fine-tuning on a task's sentences; the epoch of the best dev F1 is kept."""

    task: TaskName = "atsa"
    data: str = Field(default="", description="name of a set or folder with train.json and dev.json")
    shots: int | None = Field(default=None, gt=0, description="training sentences drawn by seed; None: all")
    dev_cap: int | None = Field(default=None, gt=0, description="dev sentences drawn by seed; None: all")
    epochs: float = Field(default=4.0, gt=0, description="passes over the sentences")
    max_new_tokens: int = Field(default=100, gt=0, description="of an answer that is judged")
    eval_batch_size: int = Field(default=32, gt=0, description="sentences at once")
    empty_answer: Literal["none", ""] = Field(default="none", description="what stands for no opinion")
    keep: Literal["best", "last"] = Field(
        default="best",
        description="the epoch that is best on dev, or the last: then no dev label is read",
        json_schema_extra=LATER,
    )
    eval_every: int = Field(default=1, gt=0, description="epochs between two looks at dev; the last is always judged")
    save_seconds: float = Field(default=60.0, ge=0, description="an epoch's end so long after the last is a checkpoint")
