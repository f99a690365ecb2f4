"""The corpus that a student is pretrained on: a table of answers, and silver sentences.

Called by `pretrain`, `families` and `aspectra.benchmark.pretraining`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra.data import soft
from aspectra.data.examples import load
from aspectra.data.soft import Soft
from aspectra.errors import UserError
from aspectra.schema import Example

COLUMNS = ["review_id", "kind", "input", "output"]
CONTROL = "denoise"  # the kind that is made from the corpus' reviews, without a teacher


@dataclass(frozen=True)
class Side:
    """One side of a corpus: its `table` of answers (Arrow; columns `COLUMNS`), and silver sentences, loaded on
    demand."""

    folder: Path
    side: str
    table: Any

    def silver(self) -> list[Example]:
        """Sentences with the teacher's opinions. Raises UserError if the corpus has none."""
        path = self.folder / "silver" / f"{self.side}.json"
        if not path.is_file():
            raise UserError(
                f"the corpus {self.folder} has no silver labels, and a tagger learns from these; make them with "
                "answers of the kinds extraction and analysis"
            )
        return load(path)

    def soft(self) -> dict[str, Soft]:
        """The teacher's probabilities by sentence id, for the silver sentences that have them."""
        return soft.load(self.folder / "silver" / f"{self.side}.soft.jsonl")


def read(corpus: Path, side: str) -> Side:
    """One side of a corpus. Raises UserError if the folder is not a corpus."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = corpus / f"{side}.parquet"
    if not path.is_file():
        there = f"has no {path.name}; did `aspectra corpus` make it?" if corpus.is_dir() else "does not exist"
        raise UserError(f"the corpus {corpus} {there}")
    try:
        return Side(corpus, side, pq.read_table(path, columns=COLUMNS))
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"cannot read {path} (columns {', '.join(COLUMNS)}): {error}") from None
