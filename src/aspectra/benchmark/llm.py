"""An LLM on the benchmark: its `extraction` answers to the test sentences, scored like a student's.

Called by `aspectra.pipeline` and by the benchmark's cells. It uses the engine, store and prompts of elicitation, so an
answer is paid for once. All cells of a system share one store, named by a hash of questions and model. So renaming the
system costs nothing, and the engine's `max_cost` covers all cells. The store has one writer at a time, so these cells
run one after another; the requests of a cell run in parallel.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.config import ElicitConfig
from aspectra.data import datasets
from aspectra.elicit import call, prompt
from aspectra.elicit.engine import elicit
from aspectra.elicit.handoff import responses
from aspectra.elicit.store import now
from aspectra.errors import AspectraError, UserError
from aspectra.files import canonical, sha256
from aspectra.places import locate
from aspectra.schema import Example, Prediction, Response
from aspectra.score.metrics import PARSED, answered, readable
from aspectra.score.predictions import write_predictions
from aspectra.score.results import Cost
from aspectra.score.scoring import score_rows
from aspectra.systems import LLMSystem
from aspectra.tables import write_jsonl
from aspectra.teachers import make as teachers
from aspectra.teachers.teacher import Teacher

TOKENS = ("tokens_in", "tokens_out")
UNREAD = ("no JSON", "truncated")  # reasons for rejecting an existing answer
ASKED = {"teacher", "base_url", "categories", "temperature", "max_tokens", "seed", "extra_body"}
JUDGED = {"attempts", "retry_rejected", "price_in", "price_out"}  # affect a cell's figures, not its questions


def judge(
    settings: ElicitConfig,
    data: str,
    subsets: Sequence[str],
    scoring: Sequence[str],
    cap: int | None,
    out: Path,
    teacher: Teacher | None = None,
) -> dict[str, Any]:
    """Score a teacher on a set: the given one, or that of the settings. Without a valid answer there are no
    predictions.

    Returns {"rows": scores, "parameters": None, "seconds_per_sentence": None, "answered", "sentences"}.
    """
    examples = datasets.draw(datasets.split(datasets.find(settings.task, data), "test"), cap)
    predictions, _, _ = interview(settings, examples, out, teacher)
    write_predictions(out / "predictions.jsonl", predictions)
    return {
        "rows": score_rows(examples, predictions, settings.task, subsets, scoring),
        "parameters": None,
        "seconds_per_sentence": None,
        "answered": sum(answered(p) and readable(p) for p in predictions),
        "sentences": len(examples),
    }


def interview(
    settings: ElicitConfig, examples: Sequence[Example], out: Path, teacher: Teacher | None = None
) -> tuple[list[Prediction], Cost, dict[str, Any]]:
    """Ask for the opinions of every sentence; the answers are stored in `out`, and stored ones are not asked for again.

    Returns the predictions, their cost and the counts of `elicit`. A prediction without a valid answer has no opinions:
    `extra["answered"]` is false if there was none, `extra["parsed"]` if it could not be parsed. `extra["cut"]` marks
    the length limit, `extra["answer"]` is the answer. The seconds are known only if all answers came in this call. A
    given `teacher` is used and stays open, as in `elicit`.
    """
    sentences, store = out / "sentences.jsonl", out / "elicit"
    names = {example.text: name_of(example.text) for example in examples}
    write_jsonl(sentences, ({"id": name, "text": text} for text, name in names.items()))
    began, clock, new = time.monotonic(), now(), not store.exists()
    counts = elicit(sentences, settings, store, allow_failed=True, teacher=teacher)
    seconds = round(time.monotonic() - began, 3)
    answers = {answer.review_id: answer for answer in responses(store, last=True)}
    fresh = new or all(answer.created > clock for answer in answers.values())
    tokens = {side: counts[side] or sum(getattr(a, side) or 0 for a in answers.values()) for side in TOKENS}
    usd = counts["cost_usd"] if settings.teacher == "openai" else None
    if settings.teacher == "recorded" and settings.price_in is not None and settings.price_out is not None:
        usd = (tokens["tokens_in"] * settings.price_in + tokens["tokens_out"] * settings.price_out) / 1e6
    predictions = [predict(example, answers.get(names[example.text]), settings.task) for example in examples]
    known = fresh and settings.teacher != "recorded"
    cost = Cost(seconds=seconds if known else None, usd=usd, **{side: n or None for side, n in tokens.items()})
    return predictions, cost, counts


def lacking(settings: ElicitConfig, examples: Sequence[Example], said: Sequence[Prediction], absent: int) -> list[str]:
    """A note on the sentences that a file of recorded answers lacks: they count as sentences without opinions.

    `absent` counts the texts without an answer. Raises AspectraError if that is every one: a wrong file has no score.
    """
    if not absent:
        return []
    whole = len({example.text for example in examples})
    if absent >= whole:
        raise AspectraError(f"{settings.model} has an answer for none of the {whole} sentences; name another file")
    lacking = sum(not answered(prediction) for prediction in said)
    return [
        f"{Path(settings.model).name} has no answer to {lacking} of {len(said)} sentences, so these have no opinion"
    ]


def name_of(text: str) -> str:
    """A sentence's id in the store: a hash of its text, because several sets share one store."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def predict(example: Example, answer: Response | None, task: str) -> Prediction:
    """The opinions in an answer about a sentence; none without a valid answer."""
    from aspectra.elicit.extraction import extraction, read_json

    if answer is None or not answer.text:
        return Prediction(example.id, example.text, extra={"answered": False})
    valid = answer.status == "done"
    # An older version stored some answers as done that cannot be read.
    unread = read_json(answer.text) is None if valid else answer.status == "rejected" and answer.reason in UNREAD
    opinions = extraction(answer.text, example.text, task) if valid else []
    said = {"answered": valid or unread, "cut": answer.finish_reason == "length", "answer": answer.text}
    return Prediction(example.id, example.text, tuple(opinions), extra=said | ({PARSED: False} if unread else {}))


def shown(system: LLMSystem, task: str, train: Sequence[Example], seed: int | None, file: Path) -> ElicitConfig:
    """The settings of an LLM's cell: the task, its categories, and demonstrations, which are written to `file`.

    Demonstrations are training sentences drawn by seed, the same for every LLM. With `nearest`, `file` has all of them,
    and the engine shows those most similar to each sentence.
    """
    settings = wanted(system, task, train)
    if not system.shots:
        return settings
    pool = train if system.nearest else datasets.draw(train, system.shots, 42 if seed is None else seed)
    write_jsonl(file, (demonstration(example, task) for example in pool))
    nearest = system.shots if system.nearest else None
    return settings.model_copy(update={"demonstrations": str(file), "nearest": nearest})


def wanted(system: LLMSystem, task: str, train: Sequence[Example]) -> ElicitConfig:
    """The settings of an LLM's cell without the demonstrations."""
    rules = tasks.get(task)
    categories = sorted({s for e in train for o in e.opinions if (s := rules.subject(o))}) if task == "acsa" else []
    change = {"kinds": ("extraction",), "task": task, "categories": system.elicit.categories or tuple(categories)}
    return teachers.located(system.elicit).model_copy(update=change)


def needs_train(system: LLMSystem, task: str) -> bool:
    """Whether demonstrations, or the categories in the prompt, come from the training sentences."""
    lists = task == "acsa" and not system.elicit.categories and system.elicit.teacher != "recorded"
    return system.shots > 0 or lists


def check(system: LLMSystem, task: str, folder: Path, out: Path) -> None:
    """Raise UserError, before anything is asked or loaded, if a system is not usable or does not fit the set."""
    train: list[Example] = []
    if needs_train(system, task):
        if not (folder / "train.json").is_file():
            what = "demonstrations" if system.shots else "the categories in its prompt"
            raise UserError(f"{what} come from train.json, and the set {folder} has none")
        train = datasets.split(folder, "train")
        if system.shots > len(train):
            raise UserError(f"shots: {system.shots} is more than the {len(train)} training sentences of {folder}")
    settings = wanted(system, task, train)
    teachers.check_here(settings)
    teachers.make_teacher(settings)
    call.check(settings, home(out, system) / "elicit")


def asked(system: LLMSystem) -> dict[str, Any]:
    """What determines the answers besides task and set: the model, its settings, the prompt, the examples."""
    found = system.elicit.model_dump(mode="json", include=ASKED)
    found |= {"model": weights(system.elicit) or system.elicit.model, "shots": system.shots, "nearest": system.nearest}
    return found | {"prompt": prompt.choose("extraction", system.elicit.prompts.get("extraction"))}


def home(out: Path, system: LLMSystem) -> Path:
    """The folder with a system's answers."""
    name = re.sub(r"[^\w.-]+", "-", Path(system.elicit.model).name).strip(".-")[:40]
    return out / "answers" / f"{name or 'llm'}-{hashlib.sha256(canonical(asked(system)).encode()).hexdigest()[:12]}"


def weights(settings: ElicitConfig) -> str | None:
    """Digest of a GGUF file, a record or a model folder; None for an endpoint or a Hub name."""
    path = locate(settings.model).expanduser()
    if settings.teacher == "openai" or not path.exists():
        return None
    if path.is_dir():
        from aspectra.teachers.transformers import digest

        return digest(path)
    found = path.stat()
    return digest_of(path, found.st_size, found.st_mtime_ns)


@cache
def digest_of(path: Path, size: int, changed: int) -> str:
    """Digest of a file, cached by size and time: a 40 GB file is read once per process, not once per cell."""
    return sha256(path)


def demonstration(example: Example, task: str) -> dict[str, str]:
    """A training sentence and the expected answer to the prompt."""
    rules = tasks.get(task)
    name = "category" if task == "acsa" else "target"
    opinions = [{name: rules.subject(o), "polarity": o.polarity} for o in rules.ordered(example.opinions)]
    answer = json.dumps({"opinions": opinions}, ensure_ascii=False)
    return {"kind": "extraction", "review": example.text, "answer": answer}
