"""The parts of `analyze`, made by actors on a Ray cluster: each loads the predictor once, the driver writes the files.

Called by `aspectra.analyze.parts`. The model's folder must lie at the same path on every node.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aspectra import cluster
from aspectra.analyze.parts import Block, blocks, lines
from aspectra.analyze.source import Source
from aspectra.analyze.table import Reading
from aspectra.errors import UserError
from aspectra.files import write_text

if TYPE_CHECKING:
    from pyarrow import Table

    from aspectra.readers.extraction import Extractor


def across(reading: Reading, folder: Path, size: int, source: Source, where: cluster.Cluster) -> Iterator[Block]:
    """Make the parts on the cluster; yields each once it is written, in whatever order.

    Raises UserError for a model that a node cannot load, AspectraError where Ray breaks.
    """
    with cluster.joined(where, "--engine ray") as workers:
        rows = cluster.read(partial(tables, reading, folder.absolute(), size))
        for row in cluster.results(cluster.mapped(rows, Reader, (source,), workers)):
            if row["error"] is not None:
                raise UserError(row["error"])
            path = Path(row["path"])
            write_text(path, row["lines"])
            yield Block(path, row["rows"], [])


def tables(reading: Reading, folder: Path, size: int) -> Iterator[Table]:
    """The parts to make, a row each."""
    import pyarrow as pa

    for block in blocks(reading.entries(), folder, size):
        yield pa.table({"path": [str(block.path)], "rows": [block.rows], "texts": [block.texts]})


class Reader:
    """An actor: a predictor, loaded once."""

    def __init__(self, source: Source) -> None:
        self._predictor: Extractor | None = None
        self._error: str | None = None
        try:
            self._predictor = source.load()
        except UserError as error:
            self._error = f"a node cannot load the model: {error}"

    def __call__(self, table: Table) -> Table:
        import pyarrow as pa

        row = table.to_pylist()[0]
        text = ""
        if self._predictor is not None:
            block = Block(Path(row["path"]), row["rows"], row["texts"])
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines(block, self._predictor))
        made = {"path": row["path"], "rows": row["rows"], "lines": text, "error": self._error}
        types = [("path", pa.string()), ("rows", pa.list_(pa.int64())), ("lines", pa.string()), ("error", pa.string())]
        return pa.Table.from_pylist([made], pa.schema(types))
