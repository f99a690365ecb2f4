"""Recognizes files by their first bytes, for those whose suffix says something else.

Called by `aspectra.rows.texts`, `aspectra.rows.parquet` and `aspectra.analyze.intake`.
"""

from __future__ import annotations

PARQUET = "a Parquet file"
UNPACK = "uncompress it"
# Magic numbers: what the file is, and what to do if it was taken for text.
MAGIC = (
    (b"PAR1", PARQUET, "name it .parquet"),
    (b"PK\x03\x04", "a workbook or a ZIP file", "name it .xlsx, or unpack it"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook (.xls)", "save it as .xlsx or .csv"),
    (b"\x1f\x8b", "compressed by gzip", "add .gz to its name"),
    (b"BZh", "compressed by bzip2", "add .bz2 to its name"),
    (b"\xfd7zXZ\x00", "compressed by xz", "add .xz to its name"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", UNPACK),
    (b"\x04\x22\x4d\x18", "compressed by LZ4", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip file", "unpack it"),
    (b"Rar!\x1a\x07", "a RAR file", "unpack it"),
    (b"%PDF-", "a PDF file", "save its table as .csv"),
    (b"SQLite format 3\x00", "an SQLite database", "save its table as .csv"),
    (b"ARROW1", "an Arrow file", "save it as .parquet"),
    (b"Obj\x01", "an Avro file", "save it as .parquet"),
    (b"ORC", "an ORC file", "save it as .parquet"),
)
ASCII = (b"ORC", b"BZh", b"ARROW1", b"PAR1")  # letters that a text may begin with, too


def recognized(head: bytes) -> tuple[str, str] | None:
    """What a file is that is not text, and what to do with it; None if its first bytes may be text.

    >>> recognized(b"PAR1\\x15\\x04\\x15"), recognized(b"PAR1,text")
    (('a Parquet file', 'name it .parquet'), None)
    """
    for magic, what, advice in MAGIC:
        if head.startswith(magic) and not (magic in ASCII and printable(head)):
            return what, advice
    return None


def printable(head: bytes) -> bool:
    """Whether bytes have no control characters, as texts have none."""
    return not any(byte < 32 and byte not in b"\t\r\n" for byte in head)
