"""A response file as a teacher: our own Parquet or JSONL, or the authors' Mixtral file as published.

Replays the file's answers, at no cost, through the same validation and store; missing ones are absent. Made by
`aspectra.teachers.make`, called by `aspectra.elicit.asking`. The offline quickstart uses it as a real teacher.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.files import sha256
from aspectra.markup import told
from aspectra.rows import jsonl_rows
from aspectra.teachers.teacher import AbsentError, Question, Reply

MIXTRAL = "mixtral-8x7b"
"""The model of the authors' file, which does not name it."""


class RecordedTeacher:
    """Answers from a file by (review text, kind). Keeps the answers in memory, the reviews as hashes."""

    instant = True
    free = True

    def __init__(self, config: ElicitConfig) -> None:
        if not config.model:
            raise UserError("--model is missing: name the file of recorded responses")
        path = Path(config.model)
        if not path.is_file():
            raise UserError(f"no file of recorded responses {path}")
        self._replies: dict[bytes, Reply] = {}
        models: set[str] = set()
        accepted: set[bytes] = set()
        for row in _rows(path, config.task):
            reply = Reply(
                text=row["text"],
                finish_reason=_words(row.get("finish_reason")),
                tokens_in=_count(row.get("tokens_in")),
                tokens_out=_count(row.get("tokens_out")),
                model=_words(row.get("model")),
                prompt_version=_words(row.get("prompt_version")),
                distribution=_words(row.get("distribution")),
            )
            models.add(reply.model or path.stem)
            # Questions have the review without HTML; the file may have it with HTML.
            key = _key(row.get("review_sha256") or _digest(told(row["review"])), row["kind"])
            # Of several answers to one question, the first accepted one counts, else the first.
            if key not in self._replies or (key not in accepted and row.get("status") == "done"):
                self._replies[key] = reply
            if row.get("status") == "done":
                accepted.add(key)
        if not self._replies:
            raise UserError(f"{path} has no responses")
        self.model = models.pop() if len(models) == 1 else path.stem
        self.settings: dict[str, object] = {"recorded": sha256(path)}

    async def ask(self, question: Question) -> Reply:
        reply = self._replies.get(_key(_digest(question.review), question.kind))
        if reply is None:
            raise AbsentError
        return reply

    async def close(self) -> None:
        return None


def _digest(review: str) -> str:
    """The `review_sha256` of a review, for files that must not contain the review."""
    return hashlib.sha256(review.strip().encode("utf-8", "replace")).hexdigest()


def _key(review: str, kind: str) -> bytes:
    return hashlib.sha256(f"{kind}\n{review}".encode()).digest()


def _rows(path: Path, task: str) -> Iterator[dict[str, Any]]:
    """Rows with `review`, `kind`, `text` and the file's other fields. Raises UserError if it is not a response file."""
    raw = _parquet(path) if path.suffix.lower() in (".parquet", ".pq") else _jsonl(path)
    for where, row in raw:
        if "mixtral_response" in row and "Text" in row:
            text = row["mixtral_response"]
            if isinstance(text, str):
                kind = "analysis" if text.lstrip().startswith("Opinion Target") else "rewriting"
                yield {
                    "review": str(row["Text"]),
                    "kind": kind,
                    "text": text,
                    "model": MIXTRAL,
                    "prompt_version": "paper",
                }
            continue
        name = "review_sha256" if "review_sha256" in row else "review"
        if not {name, "kind", "text"} <= row.keys():
            raise UserError(
                f"{path} {where}: a recorded response has 'review' (or 'review_sha256'), 'kind' and 'text', or "
                "'Text' and 'mixtral_response'; this has " + (", ".join(map(repr, list(row)[:6])) or "nothing")
            )
        usable = isinstance(row["text"], str) and isinstance(row[name], str) and row.get("status") != "failed"
        if usable and (row["kind"] != "extraction" or task_of(row.get("settings")) in (None, task)):
            yield row


def task_of(settings: Any) -> Any:
    """The task of a recorded `extraction`; None if the file does not say."""
    try:
        value = json.loads(settings) if isinstance(settings, str) else settings
    except ValueError:
        return None
    return value.get("task") if isinstance(value, dict) else None


def _jsonl(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in jsonl_rows(path, fixed=True):
        if row.fault:
            raise UserError(f"{path}, {row.place}: {row.detail}")
        yield row.place, row.values


def _words(value: Any) -> str | None:
    """A field of a foreign file if it is text, else None."""
    return value if isinstance(value, str) else None


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        number = 0
        for batch in file.iter_batches(batch_size=2000):
            for row in batch.to_pylist():
                number += 1
                yield f"row {number}", row
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"cannot read {path} as Parquet ({str(error).splitlines()[0]})") from None
