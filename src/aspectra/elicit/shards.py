"""Answers on their way from a cluster into the store: Parquet files of some each, under the keys of their requests.

A shard is written whole by `aspectra.elicit.keeper` or not at all, and deleted once its answers are stored: one
that a killed driver left is taken in by the next. Twice in, it counts once.
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
    """Outcomes whose `request` is the place of their key."""
    import pyarrow as pa

    columns: dict[str, Any] = {"key": pa.array([keys[outcome.request] for outcome in outcomes], pa.binary())}
    for each in fields(Outcome)[1:]:
        kind = KINDS[str(each.type).partition(" ")[0]]
        columns[each.name] = pa.array([getattr(outcome, each.name) for outcome in outcomes], kind)
    return pa.table(columns)


def write(folder: Path, name: str, found: Table) -> None:
    """Leave a shard in the folder. Raises UserError where the disk is full or may not be written."""
    import pyarrow.parquet as pq

    with replacing(folder / f"{name}.parquet") as temporary:
        pq.write_table(found, temporary, compression="zstd")


def take(store: Store, folder: Path) -> Iterator[list[Outcome]]:
    """Store the shards that lie in the folder, one transaction each; yields what each brought that was new.

    Raises UserError for a file that is no shard, AspectraError where one cannot be read.
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
    """A row as an outcome of this store's request; None where that has a valid answer, this one, or is unknown here."""
    found = store.connection.execute(
        "SELECT q.id, q.status, r.created FROM requests q LEFT JOIN responses r ON r.request = q.id WHERE q.key = ?",
        (row.pop("key"),),
    ).fetchone()
    if found is None or found[1] == "done" or found[1:] == (row["status"], row["created"]):
        return None
    return Outcome(request=int(found[0]), **row)
