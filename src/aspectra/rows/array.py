"""A list of JSON objects, one object at a time: the list is never held whole. Called by `aspectra.rows`."""

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
    """A row an item. Raises UserError where the list breaks off: behind that place no item can be told from another."""
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
    """What is read of a list, and how far it is understood."""

    def __init__(self, path: Path, stream: IO[str]) -> None:
        self.path, self.stream = path, stream
        self.text, self.at, self.lines = "", 0, 1
        self.whole = False  # nothing more to read
        self.double = ""
        self.decoder = json.JSONDecoder(object_pairs_hook=self.object)

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # An error here would not say where the object ends.
        try:
            return distinct(pairs)
        except DoubleKeyError as error:
            self.double = str(error)
            return {}

    def item(self, place: str) -> Row:
        """The item that begins here."""
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
        """The next character that is no space; nothing at the end."""
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
        """Read on: as much again as is held, so that a long item is not begun anew for each chunk."""
        self.lines += self.text.count("\n", 0, self.at)
        self.text = self.text[self.at :]
        self.at = 0
        part = self.stream.read(max(CHUNK, len(self.text)))
        self.whole = not part
        self.text += part

    def broken(self, why: str, at: int) -> UserError:
        line = self.lines + self.text.count("\n", 0, at)
        return UserError(f"{self.path}, line {line}: the JSON list is incomplete or not JSON ({why}); correct it there")
