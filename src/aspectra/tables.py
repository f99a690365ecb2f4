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


def write_parquet(path: Path, rows: Iterable[dict[str, Any]], schema: Any) -> None:
    """Write rows as they come; the file appears when it is whole.

    `schema` is a `pyarrow.Schema`, or the names of the columns where all are strings.
    """
    import pyarrow
    import pyarrow.parquet

    if not isinstance(schema, pyarrow.Schema):
        schema = pyarrow.schema([(name, pyarrow.string()) for name in schema])
    supply = iter(rows)
    with replacing(path) as temporary, pyarrow.parquet.ParquetWriter(temporary, schema, compression="zstd") as writer:
        while part := list(itertools.islice(supply, BATCH)):
            writer.write_table(pyarrow.Table.from_pylist(part, schema=schema))
