"""Groups targets into topics: a request has all targets to group, and nothing is stored.

Called by `aspectra.serve.app`, in the thread of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.meaning.grouping import Subject, find, given
from aspectra.meaning.named import topics_of
from aspectra.readers.taggers.meanings import Meanings


@dataclass(frozen=True)
class Asked:
    """Targets to group, under the `named` topics if there are any."""

    subjects: Sequence[Subject]
    named: Mapping[str, Sequence[str]] | None = None


@dataclass
class Grouper:
    """Groups by the table of meanings in a folder."""

    folder: Path

    @cached_property
    def meanings(self) -> Meanings:
        """The table (4 MB), loaded only when topics are requested."""
        return Meanings(self.folder)

    def group(self, asked: Sequence[Asked]) -> list[dict[str, Any] | UserError]:
        """For each request its `topics` with their targets, and those that fit no topic (`other`), in the given order;
        or the error that explains why its own topics cannot be used."""
        return [self.one(each) for each in asked]

    def one(self, asked: Asked) -> dict[str, Any] | UserError:
        """The same for one request."""
        subjects = list(asked.subjects)
        try:
            named = None if asked.named is None else topics_of(asked.named.items(), "topics")
        except UserError as error:
            return error
        found = find(subjects, self.meanings) if named is None else given(named, subjects, self.meanings)
        texts = [subject.text for subject in subjects]
        members: dict[str | None, list[str]] = {name: [] for name in (*found.names, None)}
        for text, name in zip(texts, found.topics(texts), strict=True):
            members[name].append(text)
        other = members.pop(None)
        return {"topics": [{"topic": name, "targets": some} for name, some in members.items()], "other": other}
