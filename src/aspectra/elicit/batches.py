"""Batch files in OpenAI's format: pending requests are written to files, and result files are read.

`aspectra elicit --batch-out` and `--batch-in`, for providers that answer within a day at a lower price. The answers
pass the same validation and go into the same store as those of live requests.
"""

from __future__ import annotations

import asyncio
import glob
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aspectra.config import ElicitConfig
from aspectra.elicit import handoff, queue, status
from aspectra.elicit.asking import book, judge, refuse
from aspectra.elicit.budget import Budget
from aspectra.elicit.call import Call, prepare, registered
from aspectra.elicit.database import NAME, clean, mending
from aspectra.elicit.nearest import Prompts, size
from aspectra.elicit.store import Ask, Outcome, Store, request_key
from aspectra.errors import UserError
from aspectra.progress import progress, say
from aspectra.rows import jsonl_rows
from aspectra.tables import write_jsonl
from aspectra.teachers.completion import completion
from aspectra.teachers.openai import OpenAITeacher
from aspectra.teachers.refusal import Refusal, code_of, stands_in
from aspectra.teachers.teacher import NO_JSON, Question, Reply, RowError, TryError

URL = "/v1/chat/completions"
TOGETHER = 1000  # answers in one transaction
NAMED = 5  # broken lines that are reported one by one
Line = dict[str, Any]
Prices = tuple[float | None, float | None]


def batch_out(
    reviews: Path, config: ElicitConfig, out: Path, file: Path, batch_size: int | None = None
) -> dict[str, Any]:
    """Write all pending requests to `file`, or `batch_size` each to FILE-001, FILE-002 ... Nothing is sent.

    Returns `requests`, `files`, and `left_out`: requests that --max-cost might not cover if all had the highest cost.
    The reviews are registered in `out`, where `batch_in` looks them up. Raises UserError like `elicit`, and if such
    files exist: they may have been sent.
    """
    if config.teacher != "openai":
        raise UserError(f"--batch-out needs --teacher openai; a {config.teacher} teacher has no batch files")
    pattern = glob.escape(file.stem) + ("" if batch_size is None else "-[0-9][0-9][0-9]*") + glob.escape(file.suffix)
    if there := sorted(file.parent.glob(pattern)):
        raise UserError(f"{there[0]} exists; name another --batch-out, or delete the file if it was never sent")
    call = prepare(reviews, config, out)
    files: list[str] = []
    requests = 0

    def counted(lines: Iterator[Line]) -> Iterator[Line]:
        nonlocal requests
        for line in lines:
            requests += 1
            yield line

    try:
        with registered(call) as (store, run, asks):
            left = queue.left(store, run, asks, config.retry_rejected)
            lines = counted(_lines(call, store, run, asks))
            for first in lines:
                name = file if batch_size is None else file.with_name(f"{file.stem}-{len(files) + 1:03}{file.suffix}")
                rest = lines if batch_size is None else itertools.islice(lines, batch_size - 1)
                write_jsonl(name, itertools.chain([first], rest))
                files.append(str(name))
    finally:
        asyncio.run(call.close())
    return {"requests": requests, "files": files, "left_out": left - requests}


def _lines(call: Call, store: Store, run: int, asks: list[Ask]) -> Iterator[Line]:
    """The pending requests that --max-cost certainly covers."""
    config, prompts, teacher = call.config, Prompts(call.config, call.demonstrations), call.teacher
    assert isinstance(teacher, OpenAITeacher)
    budget = Budget(config, status.spent(call.out))
    dearest = budget.spent
    for pending in queue.pending(store, run, asks, config.retry_rejected):
        kind, messages = pending.ask.kind, prompts.messages(pending.ask, pending.text)
        dearest += budget.worst(size(messages))
        if config.max_cost is not None and dearest > config.max_cost:
            return
        question = Question(kind, pending.text, messages, kind == "extraction", _attempts(store, pending.request))
        yield {
            "custom_id": request_key(pending.text, pending.ask).hex(),
            "method": "POST",
            "url": URL,
            "body": teacher.parameters(question),
        }


def _attempts(store: Store, request: int) -> int:
    """Number of earlier attempts, so that a retry gets another seed."""
    row = store.connection.execute("SELECT attempts FROM responses WHERE request = ?", (request,)).fetchone()
    return 0 if row is None else int(row[0])


def batch_in(file: Path, out: Path, price_in: float | None = None, price_out: float | None = None) -> dict[str, Any]:
    """Store the results in `file`, in any order, in the folder that has their requests.

    Returns the counts of `status.status`, and under `batch` counts of lines: `taken` (newly stored), `already` (stored
    before: done, or with the same answer), `unknown` (no such request in this folder) and `torn` (not JSON). Without
    prices, those of the folder's last run are used. Raises UserError for a folder without a store, and for a file
    without any result of its requests.
    """
    status.open_to_read(out).close()
    found: Counter[str] = Counter()
    with Store(out) as store, mending(out / NAME):
        prices = _prices(store, price_in, price_out)
        group: dict[int, Outcome] = {}
        torn: list[str] = []
        with progress("batch", None) as bar:
            for row in jsonl_rows(file, fixed=True):
                if row.fault:
                    found["torn"] += 1
                    if found["torn"] <= NAMED:
                        torn.append(f"{file}, {row.place}: {row.detail}; skipped")
                elif "body" in row.values and not {"response", "error"} & row.values.keys():
                    raise UserError(
                        f"{file}, {row.place} is a request that --batch-out wrote; name the file of results"
                    )
                else:
                    found[_take(store, row.values, prices, group)] += 1
                if len(group) >= TOGETHER:
                    store.save(group.values())
                    group.clear()
                bar.advance()
        store.save(group.values())
        if not found["taken"] and not found["already"]:
            raise UserError(
                f"{file} {_nothing(found)} {out}; name the batch's results, and the --out of its --batch-out"
            )
        for line in torn:
            say(line)
        counts = status.status(out)
        if found["taken"]:
            handoff.write(out)
    return {**counts, "batch": {name: found[name] for name in ("taken", "already", "unknown", "torn")}}


def _nothing(found: Counter[str]) -> str:
    if found["unknown"]:
        return f"has {found['unknown']} lines, and none answers a request of"
    return "has no results for"  # empty, or no line is JSON


def _prices(store: Store, price_in: float | None, price_out: float | None) -> Prices:
    row = store.connection.execute("SELECT config FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    last: dict[str, Any] = {} if row is None else json.loads(row[0])
    return (
        last.get("price_in") if price_in is None else price_in,
        last.get("price_out") if price_out is None else price_out,
    )


def _take(store: Store, line: Line, prices: Prices, group: dict[int, Outcome]) -> str:
    """Add a line's result to the group if it is new. Returns the count of `batch_in` that the line belongs to."""
    request = _request(store, line.get("custom_id"))
    if request is None:
        return "unknown"
    number, review, kind, state, text = request
    if number in group:
        state, text = group[number].status, clean(group[number].raw or "")
    answer, spent = _answer(line)
    if state == "done" or (state == "failed" and isinstance(answer, RowError) and not answer.final):
        return "already"
    if state == "rejected" and (isinstance(answer, RowError) or clean(answer.text) == text):
        return "already"
    if number in group:  # keep the costs of the earlier one
        store.save(group.values())
        group.clear()
    outcome = Outcome(number, "failed")
    if isinstance(answer, RowError):
        refuse(outcome, answer)
        if spent is not None:
            book(outcome, spent, _cost(spent, prices))
    else:
        judge(outcome, kind, review, answer, _cost(answer, prices))
    group[number] = outcome
    return "taken"


def _request(store: Store, name: Any) -> tuple[int, str, str, str | None, str] | None:
    """(row, review, kind, status, raw answer) of a custom_id; None if the store does not have it."""
    try:
        key = bytes.fromhex(name)
    except (TypeError, ValueError):
        return None
    row = store.connection.execute(
        "SELECT q.id, t.text, a.kind, r.status, coalesce(r.raw, r.text, '') FROM requests q "
        "JOIN texts t ON t.id = q.text JOIN asks a ON a.id = q.ask LEFT JOIN responses r ON r.request = q.id "
        "WHERE q.key = ?",
        (key,),
    ).fetchone()
    return None if row is None else (int(row[0]), str(row[1]), str(row[2]), row[3], str(row[4]))


def _answer(line: Line) -> tuple[Reply | RowError, Reply | None]:
    """The answer of a result line, or why there is none, and the tokens that were used anyway."""
    response, error = line.get("response"), line.get("error")
    if isinstance(response, dict) and not error:
        code, body = response.get("status_code"), response.get("body")
        if code == 200 and not stands_in(body):
            try:
                return completion(body), None
            except TryError as fault:
                return RowError(_line(str(fault))), fault.spent
            except (AttributeError, LookupError, TypeError):
                return RowError("the result is not a chat completion"), None
        refusal, told = Refusal.of(code if isinstance(code, int) else 0, body), str(code)
    else:
        refusal = Refusal.of(code_of(error), error or "the result has neither answer nor error")
        told = str(error.get("code") or "") if isinstance(error, dict) else ""
    reason = f"{told}: {refusal.text}" if told and told != refusal.text else refusal.text
    if refusal.meaning == "json":
        return Reply(refusal.answer, NO_JSON), None
    if refusal.meaning in ("filtered", "too long"):
        return RowError(_line(f"{refusal.meaning} ({reason})"), final=True), None
    return RowError(_line(reason)), None


def _line(text: str) -> str:
    """A provider's message as one line of at most 300 characters."""
    return " ".join(text.split())[:300]


def _cost(reply: Reply, prices: Prices) -> float | None:
    """Cost of an answer in USD; None if a price or the token counts are unknown."""
    if None in (*prices, reply.tokens_in, reply.tokens_out):
        return None
    assert prices[0] is not None and prices[1] is not None
    return ((reply.tokens_in or 0) * prices[0] + (reply.tokens_out or 0) * prices[1]) / 1e6
