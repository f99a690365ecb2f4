"""Reviews in, responses out: registers what is to be asked, lets `work.py` ask it, writes the hand-off.

`elicit()` is the worker behind `aspectra elicit`, the first stage of `aspectra run`, and how `aspectra.benchmark` asks
LLMs. The store is the truth: a stopped run goes on where it stopped, a complete one has nothing to do.
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
    """How the asking ended: answers `saved`, by Ctrl-C, by an error, or for want of money and why."""

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
    """Ask for every kind of every review and leave `responses.sqlite`, `responses.parquet`, `manifest.json` in `out`.

    Returns the counts of `status.status`. Failed rows are an AspectraError, after all is written, unless they are
    allowed: then the caller looks at `failed`. A `teacher` that the caller made is asked, under its own name and
    settings, and left open for the next call; without one it is made of the config. Asks in this process, or as `ask`
    does it.
    Raises UserError for input that the user can mend (nothing is left behind then if the folder was new),
    AspectraError where the world went away, KeyboardInterrupt after Ctrl-C once what was in flight is stored.
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
"""Asks what is pending of a run of the store; `aspectra.elicit.ray_engine` has another."""


def locally(call: Call, store: Store, run: int, asks: list[Ask]) -> Done:
    """Ask from this process."""
    budget = Budget(call.config, paid(call))
    work = Work(store, call.teacher, call.config, asks, run, call.demonstrations, budget)

    async def asked() -> None:
        try:
            await work.all()
        finally:
            await call.close()  # in the loop in which it was asked

    asyncio.run(asked())
    return Done(work.saved, work.interrupted, work.fatal, budget.why() if budget.used_up else None)


def paid(call: Call) -> float:
    """USD that count against --max-cost already."""
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
    """Write the hand-off and, last, the manifest; neither where nothing changed since they were written."""
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
