"""Parquet, by batches. Called by `aspectra.rows`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aspectra.errors import UserError
from aspectra.rows.contents import PARQUET, recognized
from aspectra.rows.row import Keep, Row, check_names
from aspectra.rows.texts import HEAD, check_file

BATCH = 1024


def parquet_rows(path: Path, keep: Keep) -> Iterator[Row]:
    """The rows of a Parquet file. Raises UserError for a file that cannot be read."""
    import pyarrow
    import pyarrow.parquet

    check_file(path)
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names

            if not file.metadata.num_rows:
                return
            wanted = list(dict.fromkeys(keep(names)))
            check_names(path, names, wanted)
            number = 0
            for batch in file.iter_batches(batch_size=BATCH, columns=wanted):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(f"row {number}", values)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        with path.open("rb") as stream:
            found = recognized(stream.read(HEAD))
        if found is not None and found[0] != PARQUET:
            raise UserError(f"{path} is not a Parquet file but {found[0]}; change its suffix") from None
        raise UserError(f"{path} cannot be read as Parquet: {error}") from None
