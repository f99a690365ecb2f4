"""Writes `responses.parquet` and `reviews.parquet` from the store, for later stages.

Called by `aspectra.elicit.engine` and `aspectra.elicit.batches` after new answers, by `aspectra.corpus` for a folder
whose run was killed before it wrote them, and by whatever iterates over the responses.
"""

from __future__ import annotations

import gc
import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from aspectra.elicit.database import NAME, mending
from aspectra.elicit.status import last_run, open_to_read
from aspectra.files import canonical, replacing
from aspectra.manifest import MANIFEST
from aspectra.schema import Response

PARQUET = "responses.parquet"
REVIEWS = "reviews.parquet"
MARK = b"aspectra.store"  # metadata key: the state of the store that the file was made from
Columns = tuple[tuple[str, str], ...]
COLUMNS: Columns = (
    ("review_id", "string"), ("review", "string"), ("kind", "string"), ("prompt_version", "string"),
    ("model", "string"), ("settings", "string"), ("text", "string"), ("finish_reason", "string"),
    ("tokens_in", "int64"), ("tokens_out", "int64"), ("status", "string"), ("reason", "string"),
    ("attempts", "int64"), ("created", "string"),
)  # fmt: skip
BEHIND: Columns = (("distribution", "string"),)  # extra column if a teacher gave probabilities (`aspectra.data.soft`)
# CODED: columns that a row's code encodes. REPEATED: all columns with few distinct values.
CODED = ("kind", "prompt_version", "model", "settings", "finish_reason", "status", "reason", "attempts")
REPEATED = (*CODED, "created")
BATCH = 8192  # rows
REVIEW_COLUMNS: Columns = (("id", "string"), ("text", "string"), ("domain", "string"), ("rating", "float64"))


def write(folder: Path) -> int:
    """Write both files from the current store; returns the number of responses.

    The old manifest is deleted first, since it describes the old files.
    """
    (folder / MANIFEST).unlink(missing_ok=True)
    export_reviews(folder, folder / REVIEWS)
    return export(folder, folder / PARQUET)  # last, since its mark covers both files


def behind(folder: Path) -> bool:
    """Whether the files are missing or do not match the store; False if there is no store.

    Compares content. File times are useless if a run keeps writing meanwhile, or after a copy.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not (folder / NAME).is_file():
        return False
    with mending(folder / NAME), closing(open_to_read(folder)) as db:
        now = _mark(db)
    try:
        made = (pq.read_metadata(folder / PARQUET).metadata or {}).get(MARK)
    except (pa.ArrowException, OSError):
        return True
    return made != now or not (folder / REVIEWS).is_file()


def _mark(db: sqlite3.Connection) -> bytes:
    """Changes whenever the Parquet files must change: the last run, and its requests counted by status."""
    states = db.execute("SELECT ask, status, count(*) FROM requests GROUP BY 1, 2 ORDER BY 1, 2").fetchall()
    return canonical([last_run(db), states]).encode()


def responses(folder: Path, last: bool = False) -> Iterator[Response]:
    """All responses of the folder to its reviews, of all runs, ordered by run, review and kind.

    A review whose text was edited has only the answers to its present text. With `last`, only those that the folder's
    last run asked for: its reviews, teacher and settings.
    """
    with mending(folder / NAME), closing(open_to_read(folder)) as db:
        for row in db.execute(
            "SELECT v.id, t.text, a.kind, coalesce(r.prompt_version, a.prompt_version), coalesce(r.model, a.model), "
            "a.settings, r.text, r.finish_reason, r.tokens_in, r.tokens_out, r.status, r.reason, r.attempts, "
            f"r.created, {_distribution(db)} {ANSWERED} JOIN asks a ON a.id = q.ask {_which(db, last)} "
            "ORDER BY v.run, v.position, a.id"
        ):
            yield Response(*row)


# CROSS JOIN fixes the join order: reviews one after another, then the answers to each by ask.
ANSWERED = (
    "FROM reviews v CROSS JOIN texts t ON t.id = v.text CROSS JOIN requests q ON q.text = v.text "
    "CROSS JOIN responses r ON r.request = q.id"
)


def _distribution(db: sqlite3.Connection) -> str:
    """The column `distribution`, or NULL if it is empty or an older store lacks it."""
    some = (
        db.execute("PRAGMA user_version").fetchone()[0] > 2
        and db.execute(
            "SELECT EXISTS (SELECT 1 FROM responses INDEXED BY responses_distribution WHERE distribution IS NOT NULL)"
        ).fetchone()[0]
    )
    return "r.distribution" if some else "NULL"


def _which(db: sqlite3.Connection, last: bool) -> str:
    run = last_run(db) if last else None
    of_run = f" AND v.run = {run[0]} AND q.ask IN ({', '.join(map(str, run[1]))})" if run else ""
    return f"WHERE r.status <> 'absent'{of_run}"


# Holds for nearly every response: then the ask alone encodes all coded columns. Other rows are written as JSON.
PLAIN = (
    "r.status = 'done' AND r.finish_reason = 'stop' AND r.attempts = 1 AND r.reason IS NULL AND r.model IS NULL "
    "AND r.prompt_version IS NULL"
)


def export(folder: Path, file: Path, last: bool = False) -> int:
    """Write the folder's responses (see `responses`) as Parquet, in batches; returns their number.

    In SQLite, fetching a value takes longer than finding it. So columns that many rows share are fetched as one code.
    """
    import pyarrow as pa

    with mending(folder / NAME), closing(open_to_read(folder)) as db:
        db.execute("BEGIN")  # one snapshot for the rows and their mark
        mark, distribution = _mark(db), _distribution(db)
        types = dict(COLUMNS if distribution == "NULL" else COLUMNS + BEHIND)
        schema = pa.schema(
            pa.field(f.name, pa.dictionary(pa.int32(), f.type) if f.name in CODED else f.type)
            for f in arrow_schema(tuple(types.items()))
        )
        asks = {row[0]: row[1:] for row in db.execute("SELECT id, kind, prompt_version, model, settings FROM asks")}

        def spell(code: int | str) -> tuple[object, ...]:
            if isinstance(code, int):
                return (*asks[code], "stop", "done", None, 1)
            ask, prompt_version, model, *rest = json.loads(code)
            kind, asked_version, asked_model, settings = asks[ask]
            return (kind, prompt_version or asked_version, model or asked_model, settings, *rest)

        def table(rows: list[tuple[Any, ...]]) -> Any:
            ids, reviews, codes, created, texts, tokens_in, tokens_out, behind = zip(*rows, strict=True)
            places = {code: place for place, code in enumerate(dict.fromkeys(codes))}
            indices = pa.array([places[code] for code in codes], pa.int32())
            columns = {"review_id": ids, "review": reviews, "text": texts, "created": created}
            columns |= {"tokens_in": tokens_in, "tokens_out": tokens_out, "distribution": behind}
            arrays = {name: pa.array(values, types[name]) for name, values in columns.items() if name in types}
            for name, values in zip(CODED, zip(*map(spell, places), strict=True), strict=True):
                different = pa.array(values, types[name]).dictionary_encode()
                arrays[name] = pa.DictionaryArray.from_arrays(different.indices.take(indices), different.dictionary)
            return pa.table([arrays[name] for name in types], schema=schema)

        found = db.execute(
            f"SELECT v.id, t.text, CASE WHEN {PLAIN} THEN q.ask ELSE json_array(q.ask, r.prompt_version, r.model, "
            "r.finish_reason, r.status, r.reason, r.attempts) END, r.created, r.text, r.tokens_in, r.tokens_out, "
            f"{distribution} "
            # The index already returns the asks of a review in order. Sorting them again takes a third of the time.
            f"{ANSWERED} {_which(db, last)} ORDER BY v.run, v.position"
        )
        return _write(file, schema, found, table, REPEATED, {MARK: mark})


def export_reviews(folder: Path, file: Path) -> None:
    """Write the folder's reviews as Parquet: id, text, domain, rating. The corpus step takes the ratings from it."""
    import pyarrow as pa

    schema = arrow_schema(REVIEW_COLUMNS)

    def table(rows: list[tuple[Any, ...]]) -> Any:
        columns = zip(*rows, strict=True)
        return pa.table([pa.array(c, kind) for c, kind in zip(columns, schema.types, strict=True)], schema=schema)

    with mending(folder / NAME), closing(open_to_read(folder)) as db:
        found = db.execute(
            "SELECT v.id, t.text, v.domain, v.rating FROM reviews v CROSS JOIN texts t ON t.id = v.text "
            "ORDER BY v.run, v.position"
        )
        _write(file, schema, found, table, ("domain", "rating"), {})


def _write(
    file: Path,
    schema: Any,
    found: sqlite3.Cursor,
    table: Callable[[list[tuple[Any, ...]]], Any],
    repeated: tuple[str, ...],
    told: dict[bytes, bytes],
) -> int:
    """Write rows as Parquet, in batches; returns their number. `repeated` are columns with few distinct values. `told`
    is the file's metadata.

    A batch is compressed in a thread while the next one is fetched.
    """
    import pyarrow.parquet as pq

    count = 0
    with (
        _without_collecting(),
        replacing(file) as temporary,
        pq.ParquetWriter(
            temporary,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=list(repeated),
            write_statistics=list(repeated),  # useless for texts, and as slow as compressing them
            store_schema=False,  # a reader gets strings, not our dictionary encoding
        ) as writer,
        ThreadPoolExecutor(1) as beside,
    ):
        written: Future[None] | None = None
        while rows := found.fetchmany(BATCH):
            made = table(rows)
            count += len(rows)
            if written is not None:
                written.result()
            written = beside.submit(writer.write_table, made)
        if written is not None:
            written.result()
        writer.add_key_value_metadata(told)
    return count


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Turn off garbage collection: the rows have no cycles, and collecting takes a quarter of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def arrow_schema(columns: Columns) -> Any:
    """The Arrow schema of (name, type) pairs."""
    import pyarrow as pa

    return pa.schema([(name, getattr(pa, kind)()) for name, kind in columns])
