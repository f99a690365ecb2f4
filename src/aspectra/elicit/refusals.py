"""Rows that an endpoint refuses, until it is known whether it refuses them all: a wrong key may be told with 400.

Used by `aspectra.elicit.asking`, for one process.
"""

from __future__ import annotations

from aspectra.elicit.store import Outcome
from aspectra.errors import RefusedError
from aspectra.teachers.teacher import RowError

FIRST = 5  # rows refused, and none answered yet, that mean all of them
LATER = 25  # in a row, once some were answered


class Refusals:
    """Holds the outcomes of refused rows back until a row is answered: then it was the rows that were refused."""

    def __init__(self) -> None:
        self._held: list[Outcome] = []
        self._free: list[Outcome] = []
        self._answered = False
        self._why = ""

    def hold(self, outcome: Outcome, refusal: RowError) -> None:
        """Keep one back. Raises RefusedError once there are so many that the endpoint refuses all."""
        self._held.append(outcome)
        self._why = refusal.alike
        if len(self._held) >= (LATER if self._answered else FIRST):
            self._held.clear()
            raise RefusedError(self._why)

    def answered(self) -> None:
        """A row was answered."""
        self._answered = True
        self._free += self._held
        self._held.clear()

    def released(self) -> list[Outcome]:
        """Outcomes that may be stored by now, each once."""
        free, self._free = self._free, []
        return free

    def rest(self, known: bool) -> list[Outcome]:
        """What is left when everything was asked. `known`: the endpoint has answered such requests before.

        Raises RefusedError where not one row was ever answered.
        """
        if self._held and not (known or self._answered):
            raise RefusedError(self._why)
        self.answered()
        return self.released()
