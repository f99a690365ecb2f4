"""A table of counts with a limited number of entries. Called by `topics` and `columns`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Tally = TypeVar("Tally")


class Bounded(Generic[Key, Tally]):
    """Entries are created on demand. At `limit` entries the rarer half is dropped, and the possible error is recorded.

    `forgotten` is the total weight of the dropped entries. `at_most` is the maximum by which a remaining entry's count
    can be too low: it may have been dropped before and come back. An entry whose true count is higher is never missing.
    """

    def __init__(self, make: Callable[[], Tally], weight: Callable[[Tally], int], limit: int) -> None:
        self.make, self.weight, self.limit = make, weight, limit
        self.entries: dict[Key, Tally] = {}
        self.forgotten = self.at_most = 0

    def __getitem__(self, key: Key) -> Tally:
        found = self.entries.get(key)
        if found is None:
            if len(self.entries) >= self.limit:
                self.prune()
            found = self.entries[key] = self.make()
        return found

    def prune(self) -> None:
        ordered = self.ranked()
        kept, lost = ordered[: self.limit // 2], [self.weight(tally) for _, tally in ordered[self.limit // 2 :]]
        self.entries = dict(kept)
        self.forgotten += sum(lost)
        self.at_most += max(lost, default=0)

    def ranked(self) -> list[tuple[Key, Tally]]:
        """The entries by descending weight, ties by key."""
        return sorted(self.entries.items(), key=lambda pair: (-self.weight(pair[1]), str(pair[0])))

    def __len__(self) -> int:
        return len(self.entries)
