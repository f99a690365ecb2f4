"""Streams a JSON list of objects, without loading the whole list. Called by `aspectra.rows`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from aspectra.errors import UserError
from aspectra.rows.lines import DoubleKeyError, distinct
from aspectra.rows.row import LONGEST_FIELD, Row
from aspectra.rows.texts import text_file

CHUNK = 1 << 16  # characters
SPACE = re.compile(r"\s*")


def array_rows(path: Path, encoding: str | None = None) -> Iterator[Row]:
    """A row for each item. Raises UserError if the list is broken: after that place, items cannot be told apart."""
    with text_file(path, encoding) as stream:
        items = Items(path, stream)
        items.expect("[")
        if items.next() == "]":
            items.end()
            return
        number = 0
        while True:
            number += 1
            yield items.item(f"item {number}")
            if items.next() == "]":
                items.end()
                return
            items.expect(",")


class Items:
    """The buffer of a list, and the position in it."""

    def __init__(self, path: Path, stream: IO[str]) -> None:
        self.path, self.stream = path, stream
        self.text, self.at, self.lines = "", 0, 1
        self.whole = False  # nothing more to read
        self.double = ""
        self.decoder = json.JSONDecoder(object_pairs_hook=self.object)

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # An exception here would lose the end of the object.
        try:
            return distinct(pairs)
        except DoubleKeyError as error:
            self.double = str(error)
            return {}

    def item(self, place: str) -> Row:
        """Parse the item at this position."""
        self.next()
        while True:
            self.double = ""
            try:
                value, self.at = self.decoder.raw_decode(self.text, self.at)
                break
            except (json.JSONDecodeError, RecursionError) as error:
                if self.whole or len(self.text) - self.at > LONGEST_FIELD or isinstance(error, RecursionError):
                    raise self.broken(str(getattr(error, "msg", error)), getattr(error, "pos", self.at)) from None
                self.more()
        if self.double:
            return Row(place, fault="double key", detail=f"the key '{self.double}' appears twice in an object")
        if not isinstance(value, dict):
            return Row(place, fault="not an object", detail="an item of the list must be a JSON object")
        return Row(place, value)

    def next(self) -> str:
        """The next character that is not a space; empty at the end."""
        while True:
            match = SPACE.match(self.text, self.at)
            assert match is not None
            self.at = match.end()
            if self.at < len(self.text) or self.whole:
                return self.text[self.at : self.at + 1]
            self.more()

    def expect(self, mark: str) -> None:
        if self.next() != mark:
            raise self.broken(f"Expecting '{mark}'", self.at)
        self.at += 1

    def end(self) -> None:
        self.at += 1
        if self.next():
            raise self.broken("there is something after the list", self.at)

    def more(self) -> None:
        """Read more: double the buffer, so that a long item is not parsed again for each chunk."""
        self.lines += self.text.count("\n", 0, self.at)
        self.text = self.text[self.at :]
        self.at = 0
        part = self.stream.read(max(CHUNK, len(self.text)))
        self.whole = not part
        self.text += part

    def broken(self, why: str, at: int) -> UserError:
        line = self.lines + self.text.count("\n", 0, at)
        return UserError(f"{self.path}, line {line}: the JSON list is incomplete or not JSON ({why}); correct it there")
