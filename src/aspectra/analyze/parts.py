"""The opinions of the reviews in part files, written atomically: a killed run loses only the parts in progress.

A part is JSONL, one line per review: `{"row", "cut", "opinions"}`, and `under` if opinions were dropped. Called by
`aspectra.analyze.reading`, which makes them with `processes` or `actors`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from aspectra.analyze import opinions
from aspectra.analyze.opinions import Found, Opinion
from aspectra.analyze.table import Table
from aspectra.errors import UserError
from aspectra.files import sha256, write_json, write_text
from aspectra.manifest import read
from aspectra.readers.extraction import Extractor
from aspectra.rows import FOUND
from aspectra.tables import read_jsonl

WHOSE = "table.json"  # in the folder of the parts


class Block(NamedTuple):
    """The reviews of one part: their numbers and texts."""

    path: Path
    rows: list[int]
    texts: list[str]


@dataclass(frozen=True)
class Parts:
    """The opinions of a table in a folder, `size` reviews per part.

    Can be iterated repeatedly: (number of the review in its file, its opinions).
    """

    table: Table
    folder: Path
    size: int

    def path(self, number: int) -> Path:
        return self.folder / f"{number:07d}.part"

    def whose(self) -> dict[str, Any]:
        """Identifies the table and settings of these parts."""
        table, layout = self.table, self.table.layout
        whose = {"table": sha256(table.path), "text": layout.text_column, "limit": table.limit, "size": self.size}
        # Settings that are not in the file; parts of an earlier version do not have them.
        return whose if layout.form == FOUND else whose | asdict(layout.form)

    def check(self) -> None:
        """Raise UserError if the folder has parts of another table."""
        told = read(self.folder, WHOSE)
        if told is not None and told != self.whose():
            raise UserError(f"{self.folder} has opinions of another table or with other settings; name another folder")

    def claim(self) -> None:
        """Write down the table and settings of these parts."""
        if not (self.folder / WHOSE).exists():
            write_json(self.folder / WHOSE, self.whose())

    def left(self) -> int:
        """The number of reviews without a part."""
        firsts = enumerate(range(0, self.table.reviews, self.size))
        return sum(min(self.size, self.table.reviews - first) for n, first in firsts if not self.path(n).exists())

    def missing(self) -> Iterator[Block]:
        """The parts to make, in order."""
        supply = self.table.entries()
        for number in itertools.count():
            some = list(itertools.islice(supply, self.size))
            if not some:
                return
            path = self.path(number)
            if not path.exists():
                yield Block(path, [entry.row for entry in some], [entry.text for entry in some])

    def __iter__(self) -> Iterator[tuple[int, Found]]:
        for path in sorted(self.folder.glob("*.part")):
            for line in read_jsonl(path):
                found = [Opinion(*values) for values in line["opinions"]]
                yield line["row"], Found(found, line["cut"], line.get("under", 0))


def begin(block: Block, predictor: Extractor) -> Callable[[], int]:
    """Begin to read one part; the function returned writes it and returns its number of reviews."""
    found = opinions.begin(block.texts, predictor)

    def write() -> int:
        write_text(block.path, lines(block, found()))
        return len(block.rows)

    return write


def lines(block: Block, found: Sequence[Found]) -> str:
    """The content of a part."""
    said = (
        {"row": row, "cut": one.cut, "opinions": one.opinions} | ({"under": one.under} if one.under else {})
        for row, one in zip(block.rows, found, strict=True)
    )
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in said)
