"""The corpus that a student is pretrained on, as a table, and whether it has what the settings ask for.

Called by `pretrain`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aspectra.config import PretrainConfig
from aspectra.errors import UserError, unknown

COLUMNS = ["review_id", "kind", "input", "output"]
CONTROL = "denoise"  # the kind that is made of the corpus' reviews, without a teacher


def read(corpus: Path, side: str) -> Any:
    """One side of a corpus as an Arrow table; raises UserError where it is not one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = corpus / f"{side}.parquet"
    if not path.is_file():
        there = (
            f"has no {path.name}; is it a folder made by `aspectra corpus`?" if corpus.is_dir() else "does not exist"
        )
        raise UserError(f"the corpus {corpus} {there}")
    try:
        return pq.read_table(path, columns=COLUMNS)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"cannot read {path} (columns {', '.join(COLUMNS)}): {error}") from None


def check_kinds(table: Any, config: PretrainConfig) -> None:
    """Raise UserError for a kind that the corpus does not have, or a weight without a kind."""
    from aspectra.students.objective import weigh

    there = set(table["kind"].to_pylist())
    for kind in config.kinds:
        if kind == "rating" and kind not in there:
            raise UserError("the corpus has no ratings; make it with --kinds rating too, of reviews that have one")
        if kind != CONTROL and kind not in there:
            raise unknown("kind in this corpus", kind, there | {CONTROL})
    if CONTROL in config.kinds and not there & set(config.budget_kinds):
        raise unknown("kind in budget_kinds", config.budget_kinds[0] if config.budget_kinds else "", there)
    weigh(config.weights, config.kinds)
