"""Counts the outcomes of a run, for its progress bar. Called by `aspectra.elicit.work` and `ray_engine`."""

from __future__ import annotations

import time
from collections.abc import Iterable

from aspectra.elicit.store import Outcome


class Tally:
    """Counts by status, and the tokens since the run began."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(("done", "rejected", "failed", "absent"), 0)
        self._tokens = 0
        self._began = time.monotonic()

    @property
    def total(self) -> int:
        """Requests with an outcome."""
        return sum(self._counts.values())

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count stored outcomes."""
        for outcome in outcomes:
            self._counts[outcome.status] += 1
            self._tokens += outcome.spent_out

    def note(self, speed: bool) -> str:
        """The counts in a line; with `speed`, also tokens per second."""
        parts = [f"{self._counts[name]} {name}" for name in ("done", "rejected", "failed")]
        if self._counts["absent"]:
            parts.append(f"{self._counts['absent']} absent")
        if speed:
            parts.append(f"{self._tokens / max(1e-9, time.monotonic() - self._began):.0f} tokens/s")
        return ", ".join(parts)
