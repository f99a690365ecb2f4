"""An LLM on the benchmark: its `extraction` answers to the test sentences, scored like a student's.

Called by `aspectra.pipeline` and by the benchmark's cells. The same engine, store and prompts as elicitation: an
answer is paid for once. All cells of a system have one store, which is named by what is asked and of whom: so another
name for the system pays nothing anew, and the engine's own `max_cost` holds for all of them. It has one writer at a
time, so that such cells are done one after another; the requests of each go out side by side.
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
from aspectra.errors import UserError
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
UNREAD = ("no JSON", "truncated")  # why validation rejects an answer that is there
ASKED = {"teacher", "base_url", "categories", "temperature", "max_tokens", "seed", "extra_body"}
JUDGED = {"attempts", "retry_rejected", "price_in", "price_out"}  # change what a cell reports, not what was asked


def judge(
    settings: ElicitConfig,
    data: str,
    subsets: Sequence[str],
    scoring: Sequence[str],
    cap: int | None,
    out: Path,
    teacher: Teacher | None = None,
) -> dict[str, Any]:
    """Score a teacher on a set, one that the caller made or that of the settings; a sentence without a valid answer
    counts as one without predictions.

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
    """Ask for the opinions of every sentence; the answers lie in `out`, and what is there is not asked again.

    Returns the predictions, their cost and the counts of `elicit`. A prediction without a valid answer has no opinions:
    `extra["answered"]` is false where there was none, `extra["parsed"]` where there was one that cannot be read;
    `extra["cut"]` tells of the length limit, `extra["answer"]` is what was said. The seconds are known only where every
    answer was had in this one go. A `teacher` that is given is asked and stays open, as `elicit` says.
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


def name_of(text: str) -> str:
    """A sentence's id in the store: made of its words, since several sets are asked about in one."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def predict(example: Example, answer: Response | None, task: str) -> Prediction:
    """What an answer says of a sentence; nothing where there is no valid answer."""
    from aspectra.elicit.extraction import extraction

    if answer is None or not answer.text:
        return Prediction(example.id, example.text, extra={"answered": False})
    valid = answer.status == "done"
    unread = answer.status == "rejected" and answer.reason in UNREAD
    opinions = extraction(answer.text, example.text, task) if valid else []
    said = {"answered": valid or unread, "cut": answer.finish_reason == "length", "answer": answer.text}
    return Prediction(example.id, example.text, tuple(opinions), extra=said | ({PARSED: False} if unread else {}))


def shown(system: LLMSystem, task: str, train: Sequence[Example], seed: int | None, file: Path) -> ElicitConfig:
    """The settings of an LLM's cell: the task, its categories, and demonstrations written to `file`.

    Demonstrations are training sentences drawn by seed, the same for every LLM; or, with `nearest`, all of them, from
    which the engine shows the most like each sentence.
    """
    settings = wanted(system, task, train)
    if not system.shots:
        return settings
    pool = train if system.nearest else datasets.draw(train, system.shots, 42 if seed is None else seed)
    write_jsonl(file, (demonstration(example, task) for example in pool))
    nearest = system.shots if system.nearest else None
    return settings.model_copy(update={"demonstrations": str(file), "nearest": nearest})


def wanted(system: LLMSystem, task: str, train: Sequence[Example]) -> ElicitConfig:
    """The settings of an LLM's cell but for the demonstrations."""
    rules = tasks.get(task)
    categories = sorted({s for e in train for o in e.opinions if (s := rules.subject(o))}) if task == "acsa" else []
    change = {"kinds": ("extraction",), "task": task, "categories": system.elicit.categories or tuple(categories)}
    return teachers.located(system.elicit).model_copy(update=change)


def needs_train(system: LLMSystem, task: str) -> bool:
    """Whether demonstrations or the categories that the prompt lists are taken from the training sentences."""
    lists = task == "acsa" and not system.elicit.categories and system.elicit.teacher != "recorded"
    return system.shots > 0 or lists


def check(system: LLMSystem, task: str, folder: Path, out: Path) -> None:
    """What is wrong with a system, or with a set for it, as a UserError before anything is asked or loaded."""
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
    """What decides the answers besides task and set: of whom is asked, how, in which words, with which examples."""
    found = system.elicit.model_dump(mode="json", include=ASKED)
    found |= {"model": weights(system.elicit) or system.elicit.model, "shots": system.shots, "nearest": system.nearest}
    return found | {"prompt": prompt.choose("extraction", system.elicit.prompts.get("extraction"))}


def home(out: Path, system: LLMSystem) -> Path:
    """The folder that keeps a system's answers."""
    name = re.sub(r"[^\w.-]+", "-", Path(system.elicit.model).name).strip(".-")[:40]
    return out / "answers" / f"{name or 'llm'}-{hashlib.sha256(canonical(asked(system)).encode()).hexdigest()[:12]}"


def weights(settings: ElicitConfig) -> str | None:
    """Digest of what answers: a GGUF file, a record, a model folder; None for an endpoint or a name on the Hub."""
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
    """Digest of a file as it is now: one of 40 GB is read once a process, not once a cell."""
    return sha256(path)


def demonstration(example: Example, task: str) -> dict[str, str]:
    """A training sentence and the answer that the prompt asks for."""
    rules = tasks.get(task)
    name = "category" if task == "acsa" else "target"
    opinions = [{name: rules.subject(o), "polarity": o.polarity} for o in rules.ordered(example.opinions)]
    answer = json.dumps({"opinions": opinions}, ensure_ascii=False)
    return {"kind": "extraction", "review": example.text, "answer": answer}
