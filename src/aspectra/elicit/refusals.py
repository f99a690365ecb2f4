"""Holds back refused rows until it is known whether the endpoint refuses all: some report a wrong key with status 400.

Used by `aspectra.elicit.asking`, once for each process.
"""

from __future__ import annotations

from aspectra.elicit.store import Outcome
from aspectra.errors import RefusedError
from aspectra.teachers.teacher import RowError

FIRST = 5  # refused rows that mean that all are refused, if none was answered yet
LATER = 25  # the same, in a row, once some were answered


class Refusals:
    """Holds back the outcomes of refused rows until a row is answered: then the rows were at fault."""

    def __init__(self) -> None:
        self._held: list[Outcome] = []
        self._free: list[Outcome] = []
        self._answered = False
        self._why = ""

    def hold(self, outcome: Outcome, refusal: RowError) -> None:
        """Hold back an outcome. Raises RefusedError once there are so many that the endpoint refuses all."""
        self._held.append(outcome)
        self._why = refusal.alike
        if len(self._held) >= (LATER if self._answered else FIRST):
            self._held.clear()
            raise RefusedError(self._why)

    def answered(self) -> None:
        """Note that a row was answered, and release the held outcomes."""
        self._answered = True
        self._free += self._held
        self._held.clear()

    def released(self) -> list[Outcome]:
        """Outcomes that may be stored now, each returned once."""
        free, self._free = self._free, []
        return free

    def rest(self, known: bool) -> list[Outcome]:
        """The remaining outcomes, after everything was asked. `known`: the endpoint has answered such requests before.

        Raises RefusedError if no row was ever answered.
        """
        if self._held and not (known or self._answered):
            raise RefusedError(self._why)
        self.answered()
        return self.released()
