"""Encodings of text files, from a byte-order mark or by detection. Called by `aspectra.rows.texts`."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from aspectra.errors import UserError
from aspectra.rows.contents import printable

# Longer ones first: the mark of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
WIDE = ("utf-16", "utf-32")
AGAIN = "save it again, as UTF-8"
NOT_FOR_FILES = ("undefined", "punycode", "idna")  # codecs of Python that are for text, but not of files
LINE_END = re.compile("[\r\n]")
ASCII = re.compile(r"[\t\r\n -~]{2}")


def check_encoding(name: str) -> None:
    """Raise UserError for an encoding that Python does not know, or that is not for text."""
    try:
        known = codecs.lookup(name)._is_text_encoding
    except LookupError:
        known = False
    if not known or codecs.lookup(name).name in NOT_FOR_FILES:
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


def suspected(head: bytes, ends: bool = True) -> str | None:
    """UTF-16 or UTF-32 without a byte-order mark, which UTF-8 may accept; else None.

    It is known by the ASCII of a header, or (`ends`) of a line end, since texts may have little else in ASCII.
    """
    if printable(head):
        return None
    for name in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        text = codecs.getincrementaldecoder(name)("replace").decode(head)
        line = LINE_END.split(text, maxsplit=1)[0]
        if "\0" in line or "\ufffd" in line:
            continue
        if ASCII.search(line) or (ends and len(line) < len(text) and not stray(head)):
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


def settled(path: Path, head: bytes, given: str | None, fixed: bool = False) -> str:
    """The encoding of a file without a byte-order mark: the `given` one, else UTF-8. `head` is its beginning.
    `fixed`: no command that reads it has --encoding.

    Raises UserError if it is UTF-16 or UTF-32, and not said to be.
    """
    name = codecs.lookup(given or "utf-8").name.replace("utf-8-sig", "utf-8")
    # If only line ends speak for it, another encoding is believed if it is given: they may be zeros in its text.
    if (found := suspected(head, ends=name == "utf-8" or name.startswith(WIDE))) is None or found == name:
        return name
    what = (
        f"is {name} without a byte-order mark,"
        if name in WIDE and found.startswith(name)
        else f"is not {shown(name, given)} but"
    )
    raise UserError(f"{path} {what} likely {found}: " + (AGAIN if fixed else f"name it with --encoding {found}"))


def unlike(name: str, head: bytes) -> bool:
    """Whether a file that is said to be UTF-16 or UTF-32 is not, though its bytes may fit: even a line end would have
    zeros.
    """
    return name.startswith(WIDE) and head != b"" and printable(head)


def shown(name: str, given: str | None) -> str:
    """How an encoding is called in a message."""
    return "UTF-8" if name == "utf-8" else given or name
