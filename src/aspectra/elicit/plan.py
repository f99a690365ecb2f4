"""`aspectra elicit --plan`: the pending requests and their cost, before the first request.

Nothing is sent or written. What cannot be counted is estimated, and the plan names the rule.
"""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from aspectra.config import ElicitConfig
from aspectra.elicit import selection, status
from aspectra.elicit.budget import HEADROOM
from aspectra.elicit.call import Call, prepare
from aspectra.elicit.database import NAME, clean, mending
from aspectra.elicit.nearest import Prompts, size
from aspectra.elicit.store import Ask, request_key
from aspectra.elicit.tokens import SAMPLE, Count, a_byte, counter, written
from aspectra.errors import UserError
from aspectra.progress import progress
from aspectra.reviews import mark
from aspectra.teachers.teacher import Teacher

A_TOKEN = 4  # bytes, if nothing else is known
PAUSE = 120  # seconds between two answers: with longer gaps, the run was stopped
SEEN = 10  # seconds of answers needed to measure the speed


@dataclass(slots=True)
class Part:
    """The pending requests of one ask: their number, the bytes of their reviews, and a sample of the reviews.

    Prompts are rendered only for the sample. For the others, the bytes of the review count.
    """

    ask: Ask
    requests: int = 0
    bytes: int = 0
    drawn: list[str] = field(default_factory=list)

    def add(self, text: str, draw: random.Random) -> None:
        """Count one more. Reservoir sampling: each review is in the sample with the same chance."""
        self.requests += 1
        self.bytes += _bytes(text)
        if len(self.drawn) < SAMPLE:
            self.drawn.append(text)
        elif (place := draw.randrange(self.requests)) < SAMPLE:
            self.drawn[place] = text


def plan(
    reviews: Path, config: ElicitConfig, out: Path, tokenizer: Path | None = None, teacher: Teacher | None = None
) -> dict[str, Any]:
    """What `elicit` would do with the same arguments. None stands for what cannot be known.

    `rows`, `texts` (distinct), `answered` (requests that have an answer), `requests` (to be sent), `tokens_in`,
    `tokens_out`, `cost_usd`, `spent_usd` (in the folder so far), `max_cost`, `enough_for` (requests that --max-cost
    covers), `hours`, `bound` (the limit that decides them), `seconds_per_request` (as measured in the folder), and
    under `kinds` the figures of each kind with their rules, `tokens_in_by` and `tokens_out_by`. `tokenizer` is a GGUF
    file, or a folder with a tokenizer for `transformers`. `teacher` is one that the caller made. Raises UserError like
    `elicit`.
    """
    check(config)
    call = prepare(reviews, config, out, teacher)
    try:
        counted = counter(call.teacher, config.model, tokenizer)
        if not (out / NAME).exists():
            return _plan(call, None, counted)
        with mending(out / NAME), closing(status.open_to_read(out)) as db:
            return _plan(call, db, counted)
    finally:
        asyncio.run(call.close())


def check(config: ElicitConfig) -> None:
    """Raise UserError for a teacher without tokens and cost."""
    if config.teacher in ("recorded", "student"):
        what = "recorded answers" if config.teacher == "recorded" else "a student"
        raise UserError(f"--plan is for an LLM: {what} needs no tokens and no money")


def _plan(call: Call, db: Connection | None, counted: tuple[Count, str] | None) -> dict[str, Any]:
    config, prompts = call.config, Prompts(call.config, call.demonstrations)
    parts, rows, answered, texts = _parts(call, db)
    kinds = {part.ask.kind: _kind(part, config, prompts, db, counted) for part in parts}
    requests, tokens_in, tokens_out = (
        sum(kind[name] for kind in kinds.values()) for name in ("requests", "tokens_in", "tokens_out")
    )
    cost = None if config.price_in is None or config.price_out is None else sum(k["cost_usd"] for k in kinds.values())
    spent = status.spent(call.out) if db is not None else 0.0
    enough = None
    if config.max_cost is not None and cost:
        enough = _enough(config, requests, tokens_in, cost, config.max_cost - spent)
    seconds = _seconds(db)
    hours, bound = _hours(config, requests, tokens_in + tokens_out, seconds)
    return {
        "rows": rows,
        "texts": texts,
        "answered": answered,
        "requests": requests,
        "tokens_in": tokens_in,
        "tokens_out": tokens_out,
        "cost_usd": cost,
        "spent_usd": spent,
        "max_cost": config.max_cost,
        "enough_for": enough,
        "hours": hours,
        "bound": bound,
        "seconds_per_request": seconds,
        "kinds": kinds,
    }


def _enough(config: ElicitConfig, requests: int, tokens_in: int, cost: float, left: float) -> int:
    """The number of requests that `left` USD covers: a request is sent while its highest possible cost fits."""
    assert config.price_in is not None and config.price_out is not None
    dearest = (HEADROOM * tokens_in / requests * config.price_in + config.max_tokens * config.price_out) / 1e6
    return min(requests, 1 + int((left - dearest) * requests / cost)) if left >= dearest else 0


def _parts(call: Call, db: Connection | None) -> tuple[list[Part], int, int, int]:
    """The pending requests of each ask, and the numbers of rows, answered requests, and distinct texts."""
    config, draw = call.config, random.Random(call.config.seed)
    again = ("failed", "rejected") if config.retry_rejected else ("failed",)
    parts = [Part(ask) for ask in call.asks]
    rows = answered = 0
    seen: set[int] = set()
    with progress("plan", None) as bar:
        for review in selection.chosen(call.reviews, config):
            rows += 1
            bar.advance()
            text = clean(review.text)
            if (digest := mark(text)) in seen:
                continue
            seen.add(digest)
            for part in parts:
                state = None if db is None else _state(db, text, part.ask)
                if state is None or state in again:
                    part.add(text, draw)
                else:
                    answered += 1
    return parts, rows, answered, len(seen)


def _state(db: Connection, text: str, ask: Ask) -> str | None:
    """The status of a request's answer; None if there is none."""
    row = db.execute(
        "SELECT r.status FROM requests q JOIN responses r ON r.request = q.id WHERE q.key = ?",
        (request_key(text, ask),),
    ).fetchone()
    return None if row is None else str(row[0])


def _kind(
    part: Part, config: ElicitConfig, prompts: Prompts, db: Connection | None, counted: tuple[Count, str] | None
) -> dict[str, Any]:
    """Tokens and cost of the requests of one kind."""
    messages = [prompts.messages(part.ask, text) for text in part.drawn]
    drawn = sum(map(size, messages))
    # Prompt text around the reviews: constant, or as long on average as in the sample.
    around = (drawn - sum(map(_bytes, part.drawn))) / max(1, len(part.drawn))
    length = part.bytes + part.requests * around
    if counted is not None:
        count, who = counted
        ratio = sum(map(count, messages)) / max(1, drawn)
        rule = f"counted with {who}" + (
            f" in {SAMPLE} of {part.requests} prompts, the others by their length" if part.requests > SAMPLE else ""
        )
    elif seen := a_byte(db, part.ask, prompts):
        ratio, rule = seen
    else:
        ratio, rule = 1 / A_TOKEN, f"estimated: one token for every {A_TOKEN} bytes of the prompt"
    answer, answer_rule = written(db, part.ask.kind, config.max_tokens)
    tokens_in, tokens_out = round(length * ratio), round(part.requests * answer)
    return {
        "requests": part.requests,
        "tokens_in": tokens_in,
        "tokens_out": tokens_out,
        "cost_usd": None
        if config.price_in is None or config.price_out is None
        else (tokens_in * config.price_in + tokens_out * config.price_out) / 1e6,
        "tokens_in_by": rule,
        "tokens_out_by": answer_rule,
    }


def _seconds(db: Connection | None) -> float | None:
    """Seconds for one request, from the times of the folder's last answers; None if these are too few."""
    if db is None:
        return None
    config = db.execute("SELECT config FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    came = db.execute("SELECT created FROM responses WHERE spent_out > 0 ORDER BY created DESC LIMIT ?", (SAMPLE,))
    times = sorted(datetime.fromisoformat(row[0]) for row in came)
    gaps = [gap for a, b in pairwise(times) if (gap := (b - a).total_seconds()) < PAUSE]
    if config is None or sum(gaps) < SEEN:
        return None
    return float(json.loads(config[0])["concurrency"] * sum(gaps) / len(gaps))


def _hours(config: ElicitConfig, requests: int, tokens: int, seconds: float | None) -> tuple[float | None, str | None]:
    """Hours that the requests take, and the limit that decides it."""
    if not requests:
        return 0.0, None
    times = {
        "--rpm": requests / config.rpm / 60 if config.rpm else None,
        "--tpm": tokens / config.tpm / 60 if config.tpm else None,
        "--concurrency": requests * seconds / config.concurrency / 3600 if seconds is not None else None,
    }
    known = {name: hours for name, hours in times.items() if hours is not None}
    if not known:
        return None, None
    bound = max(known, key=known.__getitem__)
    return known[bound], bound


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
