"""What words mean to a student, without running it: a small table beside an export, and numpy.

`vocabulary` writes the table. A text is the sum of its pieces' vectors, so that texts alike in meaning point the
same way: `waiter` and `staff`, not `waiter` and `water`. `aspectra.meaning.grouping` groups by it.
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
BATCH = 4096  # texts that are put together at once


def lent(folder: Path | None, language: str = "en") -> Path | None:
    """The folder whose table goes with a reader: its own, or for English targets, where it has none, that of the reader
    that comes with Aspectra; None without either."""
    for one in (folder, places.MODEL if language == "en" else None):
        if one is not None and (one / TABLE).is_file():
            return one
    return None


class Meanings:
    """Texts to vectors."""

    def __init__(self, folder: Path) -> None:
        """Raises UserError where an export has no table (one of an earlier version, or one that writes)."""
        import numpy as np
        from tokenizers import Tokenizer

        if not (folder / TABLE).is_file():
            raise UserError(f"{folder} has no {TABLE}, which topics need; export the tagger again")
        try:
            with np.load(folder / TABLE, allow_pickle=False) as table:
                self.rows, self.scales = table["rows"], table["scales"]
            self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # numpy and zipfile raise whatever a torn file leads to, tokenizers nothing special
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise UserError(f"cannot read {folder / TABLE} ({reason}); export the model again") from None
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.tokenizer.encode_special_tokens = True

    @property
    def width(self) -> int:
        """Numbers of a vector."""
        return int(self.rows.shape[1])

    def of(self, texts: Sequence[str]) -> Any:
        """An array (texts, width) of float32; each row is of length one, or zero where a text has no known piece."""
        import numpy as np

        found = np.zeros((len(texts), self.width), np.float32)
        for start in range(0, len(texts), BATCH):
            some = [HALF.sub("\ufffd", text) for text in texts[start : start + BATCH]]
            for row, encoding in enumerate(self.tokenizer.encode_batch(some, add_special_tokens=False), start):
                # A piece beyond the table is one that was added to the tokenizer alone.
                ids = [n for n in encoding.ids if n < len(self.rows)]
                found[row] = self.scales[ids] @ self.rows[ids].astype(np.float32)
        return unit(found)


def unit(vectors: Any) -> Any:
    """The rows of (n, width), each of length one; a row of zeros stays."""
    import numpy as np

    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
