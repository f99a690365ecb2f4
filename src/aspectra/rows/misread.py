"""The error for a text file whose bytes do not fit its encoding: the first place, and what to do.

Called by `aspectra.rows.texts`.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from pathlib import Path

from aspectra.errors import UserError
from aspectra.rows.encodings import AGAIN, WIDE, marked, shown, suspected
from aspectra.rows.likely import Guess, likely

SAMPLE = 1 << 14  # bytes of lines that are not ASCII
ESCAPED = re.compile("[\udc80-\udcff]")  # a byte that is not UTF-8
WORDS = re.compile(rb".*[\x00-\x2c;]", re.DOTALL)  # up to the last end of a word
UNFINISHED = ("truncated data", "unexpected end of data")  # in the decoder's words


@dataclass
class Evidence:
    """What the lines of a file that are not ASCII are: their characters of UTF-8 and the bytes that are not, how many
    lines do not fit an encoding, the first such place, and parts of the lines that are not UTF-8, fitting or not.
    """

    utf8: int = 0
    other: int = 0
    misfits: int = 0
    where: str = ""
    fitting: bytearray = field(default_factory=bytearray)
    rest: bytearray = field(default_factory=bytearray)

    @property
    def mostly_utf8(self) -> bool:
        """Whether it is UTF-8 but for some bytes: no text in another encoding has many characters of it by chance."""
        return self.utf8 >= self.other


def unreadable(
    path: Path,
    stream: io.BufferedReader,
    name: str,
    given: str | None,
    error: UnicodeError | None,
    fixed: bool = False,
) -> UserError:
    """The error for bytes that do not fit the encoding of this name.

    `stream` is at the beginning of the file, `given` is what the user said, `error` is the decoder's, if it was asked.
    `fixed`: no command that reads the file has --encoding.
    """
    head = stream.peek()
    mark = marked(head)
    if name.startswith(WIDE) and (mark is not None or suspected(head) == name):
        if any(said in str(error) for said in UNFINISHED):
            return UserError(f"{path} is not {name.upper()[:6]} to its end; is the file complete?")
        return UserError(f"{path} has bytes that are not {name.upper()[:6]}; {AGAIN}")
    found = examined(stream, name, stream.read(len(mark[1]) if mark else 0))
    what = advice(found, name, given, mark is not None)
    if fixed and "--encoding" in what:
        what = AGAIN
    return UserError(f"{path} is not {shown(name, given)}{found.where}; {what}")


def examined(stream: io.BufferedReader, name: str, before: bytes) -> Evidence:
    """The evidence in the lines of a stream, after some bytes, up to the first place and a large enough sample."""
    found, offset, seen = Evidence(), len(before), 0
    wide = name.startswith(WIDE)
    for number, line in enumerate(stream, 1):
        if not line.isascii():
            seen += len(line)
            text = line.decode("utf-8", "surrogateescape")
            bad = len(ESCAPED.findall(text))
            found.other += bad
            found.utf8 += sum(not sign.isascii() for sign in text) - bad
            place = None if wide else unfit(line, name)
            found.misfits += place is not None
            if place is not None and not found.where:
                found.where = f" (line {number}, byte {offset + place + 1} of the file is 0x{line[place]:02x})"
            if bad:
                part = found.rest if place is not None else found.fitting
                part += whole_words(line, SAMPLE - len(part))
        offset += len(line)
        if seen >= SAMPLE and (wide or found.where):
            break
    return found


def whole_words(line: bytes, most: int) -> bytes:
    """The beginning of a line, of at most so many bytes, to the end of a word."""
    if len(line) <= most:
        return line
    return match[0] if (match := WORDS.match(line[:most])) else b""


def unfit(line: bytes, name: str) -> int | None:
    """The place of the first byte that does not fit an encoding; None if all do."""
    try:
        line.decode(name)
    except UnicodeError as error:
        return getattr(error, "start", 0)
    return None


def advice(found: Evidence, name: str, given: str | None, mark: bool) -> str:
    """What to do about a text. `mark`: it begins with the byte-order mark of UTF-8."""
    these = "this place" if found.misfits == 1 else "the lines that are not"
    if found.mostly_utf8:
        if name == "utf-8":
            return f"the rest is UTF-8: correct {these}"
        if not found.other:
            return "it is likely UTF-8: leave out --encoding"
        return "it is mostly UTF-8: leave out --encoding, and correct the lines that are not"
    if mark:
        return f"it begins with the byte-order mark of UTF-8, but is not: {AGAIN}"
    guesses = likely(bytes(found.fitting or found.rest))
    if not guesses:
        return f"save it as UTF-8, or name {'another' if given else 'its'} --encoding"
    if given and shown(name, given) == guesses[0].name:
        return f"the rest is {given}: correct {these}"
    return suggestion(*guesses)


def suggestion(first: Guess, *others: Guess) -> str:
    """Which --encoding to try: the likely ones, the best first."""
    if not others:
        return f"it is likely {first.name}: add --encoding {first.name}"
    more = " or ".join(f"{guess.name} ('{guess.words}')" for guess in others)
    return f"it is likely {first.name} ('{first.words}'): add --encoding {first.name}; if that reads wrong, try {more}"
