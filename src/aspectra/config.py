"""Every setting of every stage, in one place: pydantic models that reject unknown keys.

`aspectra.settings` fills them from YAML and `--set`. `recipes` has the settings of pipelines, `systems` those of a
benchmark.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_serializer
from pydantic_core import PydanticKnownError

from aspectra.settings import shown
from aspectra.tasks import TASKS

Seed = Annotated[int, Field(ge=0, lt=2**32)]  # numpy's limit


def _task(name: Any) -> Any:
    if not isinstance(name, str) or name not in TASKS:
        raise PydanticKnownError("literal_error", {"expected": ", ".join(f"'{task}'" for task in TASKS)})
    return name


TaskName = Annotated[str, BeforeValidator(_task)]  # a Literal of the names in TASKS
LATER: dict[str, Any] = {"later": True}  # marks a setting that older manifests lack


class Config(BaseModel):
    """Base of all settings: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def dumped(self, **others: Any) -> dict[str, Any]:
        """The settings as JSON, without later additions that have their default value.

        So manifests from before these additions still match. `others` are arguments of `model_dump`.
        """
        later = {name for name, field in type(self).model_fields.items() if (field.json_schema_extra or {}) == LATER}
        values = self.model_dump(mode="json", **others)
        return {k: v for k, v in values.items() if k not in later or v != type(self).model_fields[k].default}


class ElicitConfig(Config):
    """Asking a teacher. Settings that affect the answer are part of a request's identity."""

    teacher: Literal["openai", "local", "transformers", "recorded", "vllm", "student"] = Field(
        default="openai", description="kind of LLM, or a trained student"
    )
    model: str = Field(
        default="",
        description="name at the endpoint, GGUF file, folder of a model or a student, or file of recorded responses",
    )
    base_url: str | None = Field(default=None, description="address of an OpenAI-compatible endpoint")
    key_env: str = Field(default="OPENAI_API_KEY", description="environment variable that holds the key")
    key_file: str | None = Field(default=None, description="file that holds the key")
    headers: dict[str, str] = Field(
        default={},
        description="HTTP headers: name -> environment variable that holds the value",
        json_schema_extra=LATER,
    )
    kinds: tuple[Literal["analysis", "rewriting", "extraction", "polarity"], ...] = Field(
        default=("analysis", "rewriting"), description="kinds of answers to ask for"
    )
    task: TaskName = Field(default="atsa", description="task whose opinions `extraction` asks for: atsa or acsa")
    categories: tuple[str, ...] = Field(default=(), description="categories that `extraction` may name (acsa)")
    prompts: dict[str, str] = Field(
        default={}, description="prompt versions: kind -> version; kinds left out have the default"
    )
    demonstrations: str | None = Field(
        default=None, description="file of examples to show before the review: JSONL of {kind, review, answer}"
    )
    nearest: int | None = Field(
        default=None, gt=0, description="number of examples to show, those most like the review; None: all"
    )
    temperature: float = Field(default=0.0, ge=0, description="sampling temperature")
    max_tokens: int = Field(default=512, gt=0, description="longest answer, in tokens")
    seed: int = Field(default=0, description="seed of sampling and of `select`")
    extra_body: dict[str, Any] = Field(
        default={}, description="further settings for the server; a null value leaves a key out"
    )
    concurrency: int = Field(default=8, gt=0, description="requests in flight at most")
    timeout: float = Field(default=120.0, gt=0, description="seconds for one request")
    retries: int = Field(default=5, ge=0, description="tries again after a temporary fault")
    attempts: int = Field(default=1, gt=0, description="answers asked for until one is valid")
    row_timeout: float = Field(default=1800.0, gt=0, description="seconds for one answer, further tries included")
    patience: float = Field(default=600.0, ge=0, description="seconds to wait for an endpoint that is down")
    rpm: float | None = Field(default=None, gt=0, description="requests a minute at most")
    tpm: float | None = Field(default=None, gt=0, description="tokens a minute at most, read and written")
    price_in: float | None = Field(default=None, ge=0, description="USD per million tokens read")
    price_out: float | None = Field(default=None, ge=0, description="USD per million tokens written")
    max_cost: float | None = Field(default=None, ge=0, description="limit in USD; needs the prices")
    limit: int | None = Field(
        default=None, gt=0, description="number of reviews to ask about, the first ones; None: all"
    )
    select: int | None = Field(
        default=None, gt=0, description="number of reviews to ask about, drawn by seed; None: all"
    )
    select_by: Literal["random", "tfidf", "embeddings"] = Field(
        default="random",
        description="way to draw reviews: random, or spread over domain, rating, length and topic by these vectors",
    )
    encoder: str | None = Field(default=None, description="model folder whose embeddings `select_by` uses")
    text_column: str | None = Field(default=None, description="column with the text of a review; None: found by name")
    id_column: str | None = Field(
        default=None, description="column with the id of a review; None: found by name", json_schema_extra=LATER
    )
    encoding: str | None = Field(
        default=None,
        description="encoding of the reviews' file; None: by its byte-order mark, else UTF-8",
        json_schema_extra=LATER,
    )
    delimiter: str | None = Field(
        default=None,
        description="character between the fields of CSV; None: found in the header",
        json_schema_extra=LATER,
    )
    skip_bad_rows: bool = Field(default=False, description="skip rows that cannot be read")
    retry_rejected: bool = Field(default=False, description="ask again if the stored answer is not valid")

    @field_serializer("base_url")
    def _without_password(self, url: str | None) -> str | None:
        """Never write a password to disk."""
        return None if url is None else shown(url)


class CorpusConfig(Config):
    """How responses become training text."""

    kinds: tuple[Literal["analysis", "rewriting", "rating"], ...] = Field(
        default=("analysis", "rewriting"), description="kinds of answers that become training text"
    )
    dev_share: float = Field(default=0.1, gt=0, lt=1, description="share of the reviews that is held out")
    seed: int = Field(default=42, description="seed of the split")
    min_words: int = Field(default=3, ge=1, description="fewest words of a review")
    near_duplicates: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="Jaccard similarity of 5-word shingles from which on two reviews are duplicates",
    )
    evaluation: tuple[str, ...] = Field(
        default=(), description="benchmark files or sets that must not leak into the corpus"
    )
    ngram: int = Field(default=8, ge=2, description="words in a row that count as overlap with an evaluation text")


class TrainingConfig(Config):
    """Shared by pretraining and fine-tuning. The defaults are for a CPU; `presets` has others."""

    optimizer: Literal["adamw", "adamw_rms"] = Field(
        default="adamw", description="optimizer; adamw_rms scales each step by RMS(weight)"
    )
    learning_rate: float = Field(default=2e-4, gt=0, description="learning rate at the start, after warm-up")
    final_learning_rate: float = Field(default=0.0, ge=0, description="learning rate at the end of the schedule")
    schedule: Literal["linear", "cosine", "constant"] = Field(
        default="linear", description="schedule of the learning rate"
    )
    weight_decay: float = Field(default=0.0, ge=0, description="weight decay")
    adam_epsilon: float = Field(default=1e-8, gt=0, description="epsilon of the optimizer")
    warmup_steps: int = Field(default=0, ge=0, description="number of warm-up steps")
    warmup_share: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of all steps for warm-up, if `warmup_steps` is 0",
        json_schema_extra=LATER,
    )
    batch_size: int = Field(default=8, gt=0, description="rows in a batch on one device")
    accumulation: int = Field(default=1, gt=0, description="batches for one step")
    clip: float = Field(default=1.0, gt=0, description="largest norm of the gradient")
    bf16: bool = Field(default=True, description="bf16 autocast, if the device supports it")
    lora_rank: int = Field(default=0, ge=0, description="rank of LoRA adapters; 0: all weights are trained")
    dropout: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="dropout of the layers; None: as in the published model",
        json_schema_extra=LATER,
    )
    input_tokens: int = Field(
        default=256, gt=0, description="longest input, in tokens; longer ones are cut at the end and counted"
    )
    least: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="lowest confidence of a target that a tagger names; None: pretraining finds it on held-out "
        "sentences, and fine-tuning keeps it",
        json_schema_extra=LATER,
    )
    answer_tokens: int = Field(
        default=512, gt=0, description="longest answer, in tokens; longer ones are cut at the end and counted"
    )
    marker: bool = Field(default=True, description="put a task marker before the input")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(default="auto", description="device to train on")
    threads: int | None = Field(default=None, gt=0, description="number of processor threads; None: torch's own choice")
    seed: Seed = Field(default=42, description="seed of order and dropout; in fine-tuning also of the shots")


class PretrainConfig(TrainingConfig):
    """Multi-task pretraining: L = sum_k w_k L_k."""

    kinds: tuple[Literal["analysis", "rewriting", "rating", "denoise"], ...] = Field(
        default=("analysis", "rewriting"), min_length=1, description="kinds of text to learn"
    )
    weights: Literal["proportional", "equal"] | dict[str, float] = Field(
        default="proportional",
        description="weights w_k of the kinds; proportional: each token has the same weight, equal: each kind has "
        "the same weight",
    )
    soft: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="share of a tagger's loss that is against a teacher's probabilities, if the corpus has them",
        json_schema_extra=LATER,
    )
    noisy: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of a tagger's sentences that it also learns as a noisy copy: typing errors, lower case "
        "or no punctuation",
        json_schema_extra=LATER,
    )
    epochs: float = Field(default=1.0, gt=0, description="passes over the corpus")
    max_steps: int | None = Field(default=None, gt=0, description="number of steps in place of `epochs`")
    newline_token: bool = Field(default=False, description="newline as the token [NL], for vocabularies without one")
    eval_steps: int | None = Field(
        default=None, gt=0, description="steps between two measurements of the held-out loss; None: only at the end"
    )
    save_steps: int = Field(default=200, gt=0, description="steps between two checkpoints")
    save_seconds: float = Field(
        default=120.0, ge=0, description="seconds since the last checkpoint after which a step saves one too"
    )
    keep_checkpoints: int = Field(default=2, gt=0, description="number of checkpoints to keep")
    budget_kinds: tuple[Literal["analysis", "rewriting", "rating"], ...] = Field(
        default=("analysis", "rewriting"), description="kinds whose number of steps and answer tokens `denoise` copies"
    )


class FinetuneConfig(TrainingConfig):
    """Fine-tuning on a task's sentences; the epoch with the best dev F1 is kept."""

    task: TaskName = Field(default="atsa", description="task to learn")
    data: str = Field(default="", description="name of a set, or folder with train.json and dev.json")
    shots: int | None = Field(default=None, gt=0, description="number of training sentences, drawn by seed; None: all")
    dev_cap: int | None = Field(default=None, gt=0, description="number of dev sentences, drawn by seed; None: all")
    epochs: float = Field(default=4.0, gt=0, description="passes over the sentences")
    max_new_tokens: int = Field(default=100, gt=0, description="longest answer in evaluation, in tokens")
    eval_batch_size: int = Field(default=32, gt=0, description="sentences read at once in evaluation")
    empty_answer: Literal["none", ""] = Field(default="none", description="answer for a sentence without opinions")
    keep: Literal["best", "last"] = Field(
        default="best",
        description="epoch to keep: the best on dev, or the last; with `last` no dev label is read",
        json_schema_extra=LATER,
    )
    start_share: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of the weights from before fine-tuning in those that are kept",
        json_schema_extra=LATER,
    )
    eval_every: int = Field(
        default=1, gt=0, description="epochs between two evaluations on dev; the last epoch is always evaluated"
    )
    save_seconds: float = Field(
        default=60.0,
        ge=0,
        description="seconds since the last checkpoint after which the end of an epoch saves one too",
    )
