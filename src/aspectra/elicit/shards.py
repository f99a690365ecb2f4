"""Answers on their way from a cluster into the store: Parquet files with the keys of the requests.

`aspectra.elicit.keeper` writes each shard atomically. It is deleted once its answers are stored; the next run stores
those that a killed driver left. Storing a shard twice is harmless.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aspectra.elicit.store import Outcome, Store
from aspectra.errors import UserError, of_system
from aspectra.files import replacing

if TYPE_CHECKING:
    from pyarrow import Table

FOLDER = "shards"
KINDS = {"str": "string", "int": "int64", "float": "float64"}


def name_of(keys: Iterable[bytes]) -> str:
    """A shard's name: the same for the same requests."""
    return hashlib.sha256(b"".join(keys)).hexdigest()[:32]


def table(keys: Sequence[bytes], outcomes: Sequence[Outcome]) -> Table:
    """A table of outcomes; `request` of each is the index of its key."""
    import pyarrow as pa

    columns: dict[str, Any] = {"key": pa.array([keys[outcome.request] for outcome in outcomes], pa.binary())}
    for each in fields(Outcome)[1:]:
        kind = KINDS[str(each.type).partition(" ")[0]]
        columns[each.name] = pa.array([getattr(outcome, each.name) for outcome in outcomes], kind)
    return pa.table(columns)


def write(folder: Path, name: str, found: Table) -> None:
    """Write a shard to the folder. Raises UserError if the disk is full or not writable."""
    import pyarrow.parquet as pq

    with replacing(folder / f"{name}.parquet") as temporary:
        pq.write_table(found, temporary, compression="zstd")


def take(store: Store, folder: Path) -> Iterator[list[Outcome]]:
    """Store the folder's shards, one transaction each; yields the new outcomes of each.

    Raises UserError for a file that is not a shard, AspectraError if one cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in sorted(folder.glob("*.parquet")):
        try:
            rows = pq.read_table(path).to_pylist()
            news = [outcome for row in rows if (outcome := _outcome(store, row)) is not None]
        except (pa.ArrowInvalid, KeyError, TypeError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise of_system(error, path, "read") from None
            raise UserError(f"cannot read the shard {path} ({str(error).splitlines()[0]}); delete it") from None
        store.save(news)
        path.unlink()
        yield news


def _outcome(store: Store, row: dict[str, Any]) -> Outcome | None:
    """A row as an outcome of this store's request. None if that is done, has this answer, or is unknown here."""
    found = store.connection.execute(
        "SELECT q.id, q.status, r.created FROM requests q LEFT JOIN responses r ON r.request = q.id WHERE q.key = ?",
        (row.pop("key"),),
    ).fetchone()
    if found is None or found[1] == "done" or found[1:] == (row["status"], row["created"]):
        return None
    return Outcome(request=int(found[0]), **row)
