"""Encodings of text files: from a byte-order mark, by detection, and the error for a wrong one.

Called by `aspectra.rows.texts`.
"""

from __future__ import annotations

import codecs
import io
import re
from pathlib import Path

from aspectra.errors import UserError
from aspectra.rows.contents import printable
from aspectra.rows.likely import likely

# Longer ones first: the mark of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDE = ("utf-16", "utf-32")
SAMPLE = 1 << 14  # bytes of lines that are not ASCII
ASCII = re.compile(r"[\t\r\n -~]{2}")


def check_encoding(name: str) -> None:
    """Raise UserError for an encoding that Python does not know, or that is not for text."""
    try:
        known = codecs.lookup(name)._is_text_encoding
    except LookupError:
        known = False
    if not known:
        raise UserError(f"no encoding '{name}'; examples: utf-8, utf-16, cp1252 (Windows), shift_jis, gb18030")


def marked(head: bytes) -> tuple[str, bytes] | None:
    """The encoding of a file's byte-order mark, and all marks at its beginning; None without one."""
    for mark, name in MARKS:
        if head.startswith(mark):
            # A program that adds a mark without looking leaves two.
            end = len(mark)
            while head.startswith(mark, end):
                end += len(mark)
            return name, head[:end]
    return None


def suspected(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte-order mark, which UTF-8 may accept; else None.

    It is known by the ASCII of a header or a line end, since texts may have little else in ASCII.
    """
    if printable(head):
        return None
    for name in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        text = codecs.getincrementaldecoder(name)("replace").decode(head)
        line, end, _ = text.partition("\n")
        if "\0" in line or "\ufffd" in line:
            continue
        if ASCII.match(text) or (end and not stray(head)):
            return name
    return None


def stray(head: bytes) -> bool:
    """Whether a text is UTF-8 but for some bytes of zero."""
    bare = head.replace(b"\0", b"")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(bare)
    except UnicodeDecodeError:
        return False
    return printable(bare)


def settled(path: Path, head: bytes, given: str | None) -> str:
    """The encoding of a file without a byte-order mark: the `given` one, else UTF-8. `head` is its beginning.

    Raises UserError if it is UTF-16 or UTF-32, and not said to be.
    """
    name = codecs.lookup(given or "utf-8").name.replace("utf-8-sig", "utf-8")
    if (found := suspected(head)) is None or found == name:
        return name
    what = f"is {name} without a byte-order mark," if name in WIDE else f"is not {shown(name, given)} but"
    raise UserError(f"{path} {what} likely {found}: name it with --encoding {found}")


def unlike(name: str, head: bytes) -> bool:
    """Whether a file that is said to be UTF-16 or UTF-32 is not, though its bytes may fit: even a line end would have
    zeros.
    """
    return name.startswith(WIDE) and head != b"" and printable(head)


def shown(name: str, given: str | None) -> str:
    """How an encoding is called in a message."""
    return "UTF-8" if name == "utf-8" else given or name


def unreadable(path: Path, stream: io.BufferedReader, name: str, given: str | None) -> UserError:
    """The error for bytes that do not fit an encoding: the first place, and the likely encoding."""
    wide = name.startswith(WIDE)
    if wide and marked(stream.peek()) is not None:
        return UserError(f"{path} is not {name.upper()[:6]} to its end; is the file complete?")
    before, where, sample = 0, "", bytearray()
    utf8 = other = 0  # lines that are not ASCII
    for number, line in enumerate(stream, 1):
        if not line.isascii() and len(sample) <= SAMPLE:
            sample += line
            fits = unfit(line, "utf-8") is None
            utf8, other = utf8 + fits, other + (not fits)
        if not wide and not where and (place := unfit(line, name)) is not None:
            where = f" (line {number}, byte {before + place + 1} of the file is 0x{line[place]:02x})"
        before += len(line)
        if len(sample) > SAMPLE and (wide or where):
            break
    if name == "utf-8" and utf8 > other:
        advice = "other lines are UTF-8: correct this one"
    else:
        advice = advised(bytes(sample), name) if other else "it is likely UTF-8: leave out --encoding"
    return UserError(f"{path} is not {shown(name, given)}{where}; {advice}")


def unfit(line: bytes, name: str) -> int | None:
    """The place of the first byte that does not fit an encoding; None if all do."""
    try:
        line.decode(name)
    except UnicodeDecodeError as error:
        return error.start
    return None


def advised(sample: bytes, name: str) -> str:
    """What to do about text that is neither UTF-8 nor in the encoding of this name."""
    found = likely(sample)
    if not found:
        return "save it as UTF-8, or name its --encoding"
    if codecs.lookup(found[0].name).name == name:
        return f"other lines are {name}: correct this one"
    first, *others = found
    if not others:
        return f"it is likely {first.name}: add --encoding {first.name}"
    more = " or ".join(f"{guess.name} ('{guess.words}')" for guess in others)
    return f"it is likely {first.name} ('{first.words}'): add --encoding {first.name}; if that reads wrong, try {more}"
