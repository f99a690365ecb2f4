"""Rows of JSON or Parquet, out of files and into them. Called by every stage that hands rows on."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.files import replacing
from aspectra.rows import BATCH, jsonl_rows

COPIED = 8192  # rows held at once where they are copied


def read_jsonl(path: Path | str) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file, blank lines left out.

    Raises UserError for a missing file, one that is not UTF-8, and a line that is no JSON object (its number).
    """
    for row in jsonl_rows(Path(path)):
        if row.fault:
            raise UserError(f"{path}, {row.place}: {row.detail}")
        yield row.values


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, as they come; the file appears when it is whole."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def write_parquet(path: Path, rows: Iterable[dict[str, Any]], schema: Any, before: Iterable[Any] = ()) -> None:
    """Write rows as they come; the file appears when it is whole.

    `schema` is a `pyarrow.Schema`, or the names of the columns where all are strings. `before` has tables of it that
    are written first (`first_rows`).
    """
    import pyarrow
    import pyarrow.parquet

    if not isinstance(schema, pyarrow.Schema):
        schema = pyarrow.schema([(name, pyarrow.string()) for name in schema])
    supply = iter(rows)
    with replacing(path) as temporary, pyarrow.parquet.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for table in before:
            writer.write_table(table)
        while part := list(itertools.islice(supply, BATCH)):
            writer.write_table(pyarrow.Table.from_pylist(part, schema=schema))


def first_rows(path: Path, count: int, schema: Any) -> Iterator[Any]:
    """The first rows of a Parquet file, as tables of that `pyarrow.Schema`; of none, it need not be there."""
    import pyarrow
    import pyarrow.parquet

    if not count:
        return
    with pyarrow.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=COPIED):
            yield pyarrow.Table.from_batches([batch[:count]]).cast(schema)
            count -= min(count, len(batch))
            if not count:
                return


def row_count(path: Path) -> int:
    """How many rows a Parquet file has."""
    import pyarrow.parquet

    return int(pyarrow.parquet.read_metadata(path).num_rows)
