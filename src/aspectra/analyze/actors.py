"""Makes parts with actors on a Ray cluster: each loads the predictor once, the driver writes the files.

Called by `aspectra.analyze.reading`. The model's folder must have the same path on every node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aspectra import cluster
from aspectra.analyze.opinions import extract
from aspectra.analyze.parts import Block, Parts, lines
from aspectra.errors import UserError
from aspectra.files import write_text
from aspectra.readers.extraction import Extractor

if TYPE_CHECKING:
    from pyarrow import Table


def across(parts: Parts, load: Callable[[], Extractor], where: cluster.Cluster) -> Iterator[int]:
    """Make the missing parts on the cluster. Yields each part's number of reviews once it is written, in any order.

    Raises UserError if a node cannot load the model, AspectraError if Ray fails.
    """
    with cluster.joined(where, "--engine ray") as workers:
        rows = cluster.read(partial(tables, parts))
        for row in cluster.results(cluster.mapped(rows, Actor, (load,), workers)):
            if row["error"] is not None:
                raise UserError(row["error"])
            write_text(Path(row["path"]), row["lines"])
            yield len(row["rows"])


def tables(parts: Parts) -> Iterator[Table]:
    """The parts to make, one per row."""
    import pyarrow as pa

    for block in parts.missing():
        yield pa.table({"path": [str(block.path)], "rows": [block.rows], "texts": [block.texts]})


class Actor:
    """Holds a predictor, loaded once."""

    def __init__(self, load: Callable[[], Extractor]) -> None:
        self._predictor: Extractor | None = None
        self._error: str | None = None
        try:
            self._predictor = load()
        except UserError as error:
            self._error = f"a node cannot load the model: {error}"

    def __call__(self, table: Table) -> Table:
        import pyarrow as pa

        row = table.to_pylist()[0]
        text = ""
        if self._predictor is not None:
            block = Block(Path(row["path"]), row["rows"], row["texts"])
            text = lines(block, extract(block.texts, self._predictor))
        made = {"path": row["path"], "rows": row["rows"], "lines": text, "error": self._error}
        types = [("path", pa.string()), ("rows", pa.list_(pa.int64())), ("lines", pa.string()), ("error", pa.string())]
        return pa.Table.from_pylist([made], pa.schema(types))
