"""A table of counts that never holds more than so many entries. Called by `topics` and `columns`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Tally = TypeVar("Tally")


class Bounded(Generic[Key, Tally]):
    """Entries made on demand; of more than `limit` the rarer half is forgotten, and what that costs is known.

    `forgotten` is the weight that went with them, `at_most` how much the count of any entry that is still there can
    be short: one that was forgotten may have come back. An entry above that in truth is never missing.
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
        """The entries, the weightiest first, ties by key."""
        return sorted(self.entries.items(), key=lambda pair: (-self.weight(pair[1]), str(pair[0])))

    def __len__(self) -> int:
        return len(self.entries)
