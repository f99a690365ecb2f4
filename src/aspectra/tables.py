"""Reads and writes rows as JSONL or Parquet. Called by every stage that passes rows on."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.files import replacing
from aspectra.rows import BATCH, jsonl_rows

COPIED = 8192  # rows copied at once


def read_jsonl(path: Path | str) -> Iterator[dict[str, Any]]:
    """The objects of a JSONL file; blank lines are skipped.

    Raises UserError for a missing file, one that is not UTF-8, and a line that is not a JSON object (with its number).
    """
    for row in jsonl_rows(Path(path), fixed=True):
        if row.fault:
            raise UserError(f"{path}, {row.place}: {row.detail}")
        yield row.values


def write_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object on each line, streaming. The write is atomic."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            stream.write(as_json(row) + "\n")


def as_json(value: Any, default: Callable[[Any], Any] | None = None) -> str:
    """A value as one line of JSON. NaN and infinities, which JSON does not have, become null; `default` converts types
    that it does not have, such as dates.

    >>> as_json({"n": float("nan"), "all": [1.5, float("inf")]})
    '{"n": null, "all": [1.5, null]}'
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=default)
    except ValueError:
        return json.dumps(finite(value), ensure_ascii=False, allow_nan=False, default=default)


def finite(value: Any) -> Any:
    """A value with None for each number in it that is not finite."""
    if isinstance(value, dict):
        # As `json` spells keys that are no texts.
        return {str(key) if isinstance(key, float) else key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_parquet(path: Path, rows: Iterable[dict[str, Any]], schema: Any, before: Iterable[Any] = ()) -> None:
    """Write rows to a Parquet file, streaming. The write is atomic.

    `schema` is a `pyarrow.Schema`, or the names of the columns if all are strings. `before` has tables of that schema
    to write first (`first_rows`).
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
    """The first rows of a Parquet file, as tables of that `pyarrow.Schema`. With count 0 the file need not exist."""
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
    """The number of rows of a Parquet file."""
    import pyarrow.parquet

    return int(pyarrow.parquet.read_metadata(path).num_rows)
