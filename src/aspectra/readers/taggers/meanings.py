"""Vectors of texts without running the student: a small table beside an export, and numpy.

`vocabulary` writes the table. The vector of a text is the sum of its pieces' vectors. Texts with similar meaning have
similar directions: `waiter` and `staff`, not `waiter` and `water`. `aspectra.meaning.grouping` groups by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra import places
from aspectra.errors import UserError
from aspectra.readers.taggers.signature import TOKENIZER
from aspectra.units import HALF

TABLE = "meanings.npz"
BATCH = 4096  # texts that are processed at once


def lent(folder: Path | None, language: str = "en") -> Path | None:
    """The folder with the table for a reader: its own. For English targets, if it has none, that of the shipped reader.
    None without either."""
    for one in (folder, places.MODEL if language == "en" else None):
        if one is not None and (one / TABLE).is_file():
            return one
    return None


class Meanings:
    """Texts to vectors."""

    def __init__(self, folder: Path) -> None:
        """Raises UserError if an export has no table: a writer, or a tagger of an earlier version."""
        import numpy as np
        from tokenizers import Tokenizer

        if not (folder / TABLE).is_file():
            raise UserError(f"{folder} has no {TABLE}, which topics need; export the tagger again")
        try:
            with np.load(folder / TABLE, allow_pickle=False) as table:
                self.rows, self.scales = table["rows"], table["scales"]
            self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # a damaged file makes numpy and zipfile raise many types
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UserError(f"cannot read {folder / TABLE} ({reason}); export the model again") from None
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.tokenizer.encode_special_tokens = True

    @property
    def width(self) -> int:
        """The dimension of a vector."""
        return int(self.rows.shape[1])

    def of(self, texts: Sequence[str]) -> Any:
        """An array (texts, width) of float32; each row has length one, or is zero if the text has no known piece."""
        import numpy as np

        found = np.zeros((len(texts), self.width), np.float32)
        for start in range(0, len(texts), BATCH):
            some = [HALF.sub("\ufffd", text) for text in texts[start : start + BATCH]]
            for row, encoding in enumerate(self.tokenizer.encode_batch(some, add_special_tokens=False), start):
                # A piece outside the table was added only to the tokenizer.
                ids = [n for n in encoding.ids if n < len(self.rows)]
                found[row] = self.scales[ids] @ self.rows[ids].astype(np.float32)
        return unit(found)


def unit(vectors: Any) -> Any:
    """The rows of (n, width), each scaled to length one; rows of zeros stay."""
    import numpy as np

    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
