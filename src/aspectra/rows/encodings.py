"""Encodings of text files: from a byte-order mark, by detection, and the error for a wrong one.

Called by `aspectra.rows.texts`.
"""

from __future__ import annotations

import codecs
import io
from pathlib import Path

from aspectra.errors import UserError

UTF8 = ("utf-8", "utf8", "utf-8-sig")
# Longer ones first: the mark of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 1 << 16  # bytes of lines that are not ASCII
# Common desktop encodings; the first wins a tie.
COMMON = (
    "cp1252", "cp1251", "cp1250", "shift_jis", "gb18030", "big5", "euc_kr", "cp1253", "cp1254", "cp1255", "cp1256",
)  # fmt: skip


def check_encoding(name: str) -> None:
    """Raise UserError for an encoding that Python does not know, or that is not for text."""
    try:
        known = codecs.lookup(name)._is_text_encoding
    except LookupError:
        known = False
    if not known:
        raise UserError(f"no encoding '{name}'; examples: utf-8, utf-16, cp1252 (Windows), shift_jis, gb18030")


def marked(head: bytes) -> str | None:
    """The encoding of a file's byte-order mark; None without one."""
    return next((name for mark, name in MARKS if head.startswith(mark)), None)


def suspected(head: bytes) -> str | None:
    """UTF-16 without a byte-order mark, recognized by its zero bytes, which UTF-8 would accept. Else None."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if not even + odd or even + odd < len(head) // 5:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def unreadable(path: Path, stream: io.BufferedReader, name: str) -> UserError:
    """The error for bytes that do not fit an encoding: the first place, and the likely encoding."""
    shown = "UTF-8" if name in UTF8 else name
    if shown in ("utf-16", "utf-32"):  # from a byte-order mark
        return UserError(f"{path} is not {shown.upper()} to its end; is the file complete?")
    if shown != "UTF-8":
        return UserError(f"{path} is not {shown}; name its encoding with --encoding")
    before, where = 0, ""
    sample = bytearray()
    for number, line in enumerate(stream, 1):
        if not line.isascii() and len(sample) < SAMPLE:
            sample += line
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            where = where or f"line {number}, byte {before + error.start + 1} of the file is 0x{line[error.start]:02x}"
        before += len(line)
        if where and len(sample) >= SAMPLE:
            break
    likely = guessed(bytes(sample))
    advice = f"it is likely {likely}: add --encoding {likely}" if likely else "save it as UTF-8, or name its --encoding"
    return UserError(f"{path} is not UTF-8 ({where}); {advice}")


def guessed(sample: bytes) -> str | None:
    """The likely encoding of some lines that are not UTF-8; None if nothing fits."""
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_isolation=list(COMMON))
    ranks = {name: (round(one.chaos, 2), -one.coherence) for one in found for name in one.could_be_from_charset}
    return min(ranks, key=lambda name: (ranks[name], COMMON.index(name)), default=None)
