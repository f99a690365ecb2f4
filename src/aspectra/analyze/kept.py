"""The reviews read so far, with all columns: `OUT.reviews.parquet`, for an output that grows.

A review without an opinion has no row in the output. Here it has one, so all can be counted again even if the original
tables are gone. New rows are first stored in a file of the same form. Called by `growth`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aspectra.analyze.known import digest
from aspectra.analyze.opinions import Found, Opinions
from aspectra.analyze.output import Written, plain
from aspectra.analyze.table import Entry, Long, Table
from aspectra.errors import UserError
from aspectra.reviews import Layout, name_of, which_id, which_text
from aspectra.rows import JSON, kind, read_rows
from aspectra.tables import first_rows, row_count, write_parquet

# Our columns: digest of the original row, number and id in the output, and the fields of `Found` besides opinions.
DIGEST, ROW, ID, CUT, UNDER = OURS = tuple(f"aspectra:{name}" for name in ("digest", "row", "id", "cut", "under"))
ABOUT = b"aspectra"  # in the file's metadata


def kept_of(out: Path) -> Path:
    """The file of the kept reviews of an output."""
    return out.with_name(f"{out.name}.reviews.parquet")


@dataclass
class Kept(Table):
    """A file of kept reviews as a table of reviews. `base` describes the reviews before them (`Growth.note`)."""

    base: dict[str, Any] = field(default_factory=dict)

    def entries(self, bad: Counter[str] | None = None) -> Iterator[Entry]:
        """The reviews in order. Raises UserError if the file was not written here."""
        for values in self.rows():
            _, row, name, *_ = (values.pop(each) for each in OURS)
            yield Entry(row, name, values[self.layout.text_column or ""], values, f"review_row {row}")

    def rows(self) -> Iterator[dict[str, Any]]:
        return (row.values for row in read_rows(self.path, list))

    def fields(self) -> Any:
        """The columns of the reviews as a `pyarrow.Schema`."""
        import pyarrow as pa
        import pyarrow.parquet

        return pa.schema([each for each in pyarrow.parquet.read_schema(self.path) if each.name not in OURS])

    def digests(self) -> Any:
        """The digests of the rows, (rows,) of uint64."""
        import pyarrow.parquet

        return pyarrow.parquet.read_table(self.path, columns=[DIGEST]).column(0).to_numpy()

    def last(self) -> int:
        """The number of the last review."""
        import pyarrow.compute
        import pyarrow.parquet

        return int(pyarrow.compute.max(pyarrow.parquet.read_table(self.path, columns=[ROW]).column(0)).as_py())


@dataclass(frozen=True)
class Grown:
    """The opinions of a grown output, with `cut` and `under` from the kept reviews, in the form of `read_opinions`."""

    kept: Path
    out: Path
    excel_safe: bool

    def __iter__(self) -> Iterator[tuple[int, Found]]:
        found = iter(Written(self.out, self.excel_safe))
        ahead = next(found, None)
        for row in read_rows(self.kept, lambda _: (ROW, CUT, UNDER)):
            number, cut, under = (row.values[name] for name in (ROW, CUT, UNDER))
            if ahead is not None and ahead[0] == number:
                yield number, Found(ahead[1].opinions, cut, under)
                ahead = next(found, None)
            elif cut or under:
                yield number, Found([], cut, under)
        if ahead is not None:  # `joined` reports the error
            yield ahead


def open_kept(path: Path) -> Kept:
    """A file of kept reviews, before its surveys. Raises UserError if the file was not written here."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        schema = pyarrow.parquet.read_schema(path)
        said = json.loads((schema.metadata or {})[ABOUT])
        layout = Layout(said["text"], said["id"])
    except (OSError, KeyError, ValueError, pa.ArrowException):
        raise UserError(f"{path} holds no reviews that were read; move it away, and make the output anew") from None
    columns: dict[str, set[type]] = {name: set() for name in schema.names if name not in OURS}
    return Kept(path, layout, reviews=row_count(path), columns=columns, base=said["base"])


def layout_of(table: Table) -> Layout:
    """The names of a table's columns of texts and ids."""
    names, layout = tuple(next(table.entries()).values), table.layout
    text = which_text(table.path, names, layout.text_column)
    # A row of JSON may lack an id, so the first row is not enough.
    return Layout(text, which_id(table.path, tuple(table.columns), layout.id_column))


def fitted(kept: Kept | None, table: Table, out: Path) -> Any:
    """The columns of all reviews (`pyarrow.Schema`): of the `kept` ones (None: there are none) and of a new table.

    Raises UserError if the table has other columns, or a column has a type that cannot be united with the earlier one.
    """
    import pyarrow as pa

    given = table.fields()
    given = pa.schema([each.remove_metadata() for each in given])
    if kept is None:
        return given
    had = kept.fields()
    more = [name for name in given.names if name not in had.names]
    # A row of JSON may omit empty values.
    less = [name for name in had.names if name not in given.names and kind(table.path) not in JSON]
    if more or less:
        told = [f"'{name}' is new" for name in more] + [f"'{name}' is missing" for name in less]
        raise UserError(
            f"{table.path} has other columns than the reviews of {out}: {', '.join(told)}; rename them, or name "
            "another --out"
        )
    fields, typed = [], kind(table.path) == ".parquet"
    for before in had:
        now = given.field(before.name) if before.name in given.names else before
        if textual(before.type) or not (typed or table.columns.get(before.name)):
            fields.append(before)  # any value can be written as text; and a column without values has any type
            continue
        try:
            fields.append(united(kept, before, now, Long in table.columns.get(before.name, ())))
        except pa.ArrowException:
            raise UserError(
                f"column '{before.name}' of {table.path} holds {now.type}, and that of the reviews of {out} "
                f"{before.type}; mend it, or name another --out"
            ) from None
    return pa.schema(fields)


def united(kept: Kept, before: Any, now: Any, long: bool) -> Any:
    """A column (`pyarrow.Field`) for the values of two: a kept one, and a new one, which may have `long` integers.

    Raises `pyarrow.ArrowException` if there is none, or if it would change a value.
    """
    import pyarrow as pa
    import pyarrow.parquet

    both = pa.unify_schemas([pa.schema([before]), pa.schema([now])], promote_options="permissive")[0]
    if both.type != before.type:
        pyarrow.parquet.read_table(kept.path, columns=[before.name]).column(0).cast(both.type)
    if long and pa.types.is_floating(both.type):
        raise pa.ArrowInvalid("a float cannot be every integer")
    return both


def textual(type_: Any) -> bool:
    """Whether a column of that type holds text, which can represent any value."""
    import pyarrow as pa

    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def write_new(
    table: Table, path: Path, fields: Any, layout: Layout, base: dict[str, Any], new: Iterable[tuple[int, Entry]]
) -> None:
    """Write entries of a table with their digests; numbers continue from `base`."""
    import pyarrow as pa

    texts = {each.name for each in fields if textual(each.type)}

    def rows() -> Iterator[dict[str, Any]]:
        for count, (mark, entry) in enumerate(new, 1):
            row = base["row"] + count if base["reviews"] else entry.row
            name = name_of(entry.values, layout.id_column, row)
            values = {
                name: plain(value) if name in texts and value is not None else value
                for name, value in entry.values.items()
            }
            yield values | {DIGEST: mark, ROW: row, ID: name}

    own = zip(OURS, (pa.uint64(), pa.int64(), pa.string(), pa.bool_(), pa.int64()), strict=True)
    about = json.dumps({"text": layout.text_column, "id": layout.id_column, "base": base})
    write_parquet(path, rows(), pa.schema([*map(pa.field, *zip(*own, strict=True)), *fields], {ABOUT: about}))


def marked(table: Table) -> Iterator[tuple[int, Entry]]:
    """The reviews of a table with their digests."""
    return ((digest(entry.values), entry) for entry in table.entries())


def join(kept: Path, new: Kept, opinions: Opinions) -> None:
    """Append reviews to the kept ones; `opinions` are theirs, one entry per review."""
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(new.path)
    rows = (row | {CUT: found.cut, UNDER: found.under} for row, (_, found) in zip(new.rows(), opinions, strict=True))
    write_parquet(kept, rows, schema, first_rows(kept, new.base["reviews"], schema))
