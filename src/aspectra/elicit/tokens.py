"""Tokens that requests need, in and out: counted, from earlier answers in the folder, or estimated, with the rule.

Called by `aspectra.elicit.plan`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from statistics import mean

from aspectra.config import ElicitConfig
from aspectra.elicit.nearest import Prompts, size
from aspectra.elicit.store import Ask
from aspectra.errors import MissingExtraError, UserError
from aspectra.places import locate
from aspectra.tables import read_jsonl
from aspectra.teachers.local import LocalTeacher
from aspectra.teachers.teacher import Messages, Teacher

SAMPLE = 1000  # requests of a kind that are sampled
Count = Callable[[Messages], int]


def counter(teacher: Teacher, model: str, tokenizer: Path | None) -> tuple[Count, str] | None:
    """A token counter for this teacher and model, and its name; None if there is none.

    Raises UserError if the given tokenizer is not one, MissingExtraError if it needs transformers.
    """
    if tokenizer is None and isinstance(teacher, LocalTeacher):
        return teacher.count, teacher.model
    # An endpoint may name a model by the folder from which it serves it.
    served = Path(model)
    folder = tokenizer or (served if (served / "tokenizer_config.json").is_file() else None)
    if folder is None:
        return None
    if folder.is_file():
        return LocalTeacher(ElicitConfig(teacher="local", model=str(folder), concurrency=1)).count, folder.name
    wrong = f"--tokenizer {folder} is neither a GGUF file nor a folder with a tokenizer"
    if not folder.is_dir():
        raise UserError(wrong)
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise MissingExtraError("train", "a tokenizer's folder") from None
    try:
        loaded = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, ImportError) as error:
        raise UserError(f"{wrong} ({' '.join(str(error).split())[:200]})") from None

    def count(messages: Messages) -> int:
        if loaded.chat_template:
            return len(loaded.apply_chat_template(messages, add_generation_prompt=True, return_dict=False))
        return len(loaded("\n".join(message["content"] for message in messages))["input_ids"])

    return count, f"the tokenizer of {folder}"


def a_byte(db: Connection | None, ask: Ask, prompts: Prompts) -> tuple[float, str] | None:
    """Tokens per byte as the endpoint counted them for prompts of this ask, including all attempts; and the rule."""
    if db is None:
        return None
    rows = db.execute(
        "SELECT t.text, r.spent_in FROM asks a JOIN requests q ON q.ask = a.id JOIN responses r ON r.request = q.id "
        "JOIN texts t ON t.id = q.text WHERE (a.kind, a.prompt_version, a.model, a.settings) = (?, ?, ?, ?) "
        "AND r.spent_in > 0 LIMIT ?",
        (ask.kind, ask.prompt_version, ask.model, ask.settings, SAMPLE),
    ).fetchall()
    if not rows:
        return None
    ratio = sum(spent for _, spent in rows) / sum(size(prompts.messages(ask, text)) for text, _ in rows)
    return ratio, f"estimated: tokens per byte as the endpoint counted in {len(rows)} such prompts"


def written(db: Connection | None, kind: str, most: int) -> tuple[float, str]:
    """Mean tokens of an answer of this kind, and the rule."""
    if db is not None:
        row = db.execute(
            "SELECT avg(r.spent_out), count(*) FROM asks a JOIN requests q ON q.ask = a.id "
            "JOIN responses r ON r.request = q.id WHERE a.kind = ? AND r.spent_out > 0",
            (kind,),
        ).fetchone()
        if row[1]:
            return float(row[0]), f"estimated: the mean of {row[1]} stored answers"
    recorded = [
        row["tokens_out"]
        for row in read_jsonl(locate("demo:responses.jsonl"))
        if row["kind"] == kind and row["tokens_out"] is not None
    ]
    if recorded:
        told = f"estimated: the mean of {len(recorded)} recorded answers of the demo, from another teacher"
        return min(float(most), mean(recorded)), told
    return float(most), "at most: every answer has --max-tokens"
