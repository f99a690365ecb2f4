"""Reviews in, responses out: registers the requests, lets `work.py` send them, writes the Parquet files.

`elicit()` is the worker behind `aspectra elicit` and the first stage of `aspectra run`. `aspectra.benchmark` asks LLMs
through it. The store is the source of truth: a stopped run resumes, a complete one has nothing to do.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra import manifest
from aspectra.circumstances import circumstances
from aspectra.config import ElicitConfig
from aspectra.elicit import handoff, reasons, status
from aspectra.elicit.budget import Budget
from aspectra.elicit.call import Call, prepare, registered
from aspectra.elicit.handoff import PARQUET, REVIEWS
from aspectra.elicit.store import Ask, Store
from aspectra.elicit.work import Work
from aspectra.errors import AspectraError
from aspectra.files import sha256, write_json
from aspectra.progress import say
from aspectra.teachers.teacher import Teacher


@dataclass(frozen=True, slots=True)
class Done:
    """How the run ended: the number of answers `saved`, Ctrl-C, an error, or why the budget ended it."""

    saved: int
    interrupted: bool = False
    fatal: AspectraError | None = None
    short: str | None = None


def elicit(
    reviews: Path,
    config: ElicitConfig,
    out: Path,
    allow_failed: bool = False,
    teacher: Teacher | None = None,
    ask: Asker | None = None,
) -> dict[str, Any]:
    """Ask for every kind of every review. Writes `responses.sqlite`, `responses.parquet` and `manifest.json` to `out`.

    Returns the counts of `status.status`. Failed rows raise AspectraError after everything is written, unless
    `allow_failed`: then the caller checks `failed`. A given `teacher` is asked under its own name and settings, and
    stays open; without one it is made from the config. `ask` replaces asking in this process. Raises UserError for
    input that the user can fix (a new folder is removed again), AspectraError for failures outside, and
    KeyboardInterrupt after Ctrl-C, once requests in flight are stored.
    """
    began = time.time()
    call = prepare(reviews, config, out, teacher)
    with registered(call) as (store, run, asks):
        done = (ask or locally)(call, store, run, asks)
        if done.fatal is not None:
            raise done.fatal
        counts = status.status(out)
        _finish(out, config, call.inputs, counts, began, changed=done.saved > 0, whole=not done.interrupted)
    if done.interrupted:
        say(f"{counts['pending']} answers are pending")
        raise KeyboardInterrupt
    if done.short is not None:
        say(f"{done.short}; {counts['pending']} answers are pending: raise --max-cost to go on")
    if counts["rejected"]:
        for line in reasons.rejected(reasons.judged(out)):
            say(f"{line}; look at them in {out / PARQUET}")
    if counts["failed"]:
        why = f"{counts['failed']} answers failed, most often: {reasons.failed(out)}"
        if not allow_failed:
            raise AspectraError(f"{why} ({out}); run the same command to try them again")
        say(f"{why}; run the same command to try them again")
    return counts


Asker = Callable[[Call, Store, int, list[Ask]], Done]
"""Asks the pending requests of a run; `aspectra.elicit.ray_engine` has another one."""


def locally(call: Call, store: Store, run: int, asks: list[Ask]) -> Done:
    """Ask from this process."""
    budget = Budget(call.config, paid(call))
    work = Work(store, call.teacher, call.config, asks, run, call.demonstrations, budget)

    async def asked() -> None:
        try:
            await work.all()
        finally:
            await call.close()  # in the event loop in which it was used

    asyncio.run(asked())
    return Done(work.saved, work.interrupted, work.fatal, budget.why() if budget.used_up else None)


def paid(call: Call) -> float:
    """USD that already count against --max-cost."""
    return status.spent(call.out) if call.config.price_in is not None else 0.0


def _finish(
    out: Path,
    config: ElicitConfig,
    inputs: dict[str, str],
    counts: dict[str, Any],
    began: float,
    changed: bool,
    whole: bool,
) -> None:
    """Write the Parquet files and, last, the manifest; neither if nothing changed since they were written."""
    parquet, settings, before = out / PARQUET, config.dumped(), manifest.read(out)
    if not changed and before is not None and parquet.exists():
        same_input = before.get("inputs") == inputs
        if same_input and before.get("figures") == counts and before.get("config") == settings:
            return
    handoff.write(out)
    if not whole:
        return
    write_json(
        out / manifest.MANIFEST,
        {
            "stage": "elicit",
            "inputs": inputs,
            "config": settings,
            "figures": counts,
            "thinking_characters": status.thinking(out),
            "left_out": status.left_out(out),
            # Not the store: its bytes change without its answers, and later stages read the Parquet file.
            "outputs": {name: sha256(out / name) for name in (PARQUET, REVIEWS)},
            **circumstances(began),
        },
    )
