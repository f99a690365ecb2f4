"""The reviews that were read are kept with all their columns, each with a type that changes no value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.analyze.stand_in import source

from aspectra.analyze.analysis import analyze
from aspectra.errors import UserError
from aspectra.rows import read_rows

EXACT = 9007199254740993  # one more than the integers that a float can be


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_no_integer_of_a_json_column_is_changed(tmp_path: Path, suffix: str) -> None:
    table, out = tmp_path / "reviews.jsonl", tmp_path / f"out.{suffix}"
    table.write_text(
        f'{{"text": "The room was dirty.", "mixed": {EXACT}, "gaps": NaN}}\n'
        f'{{"text": "The bar was great.", "mixed": 0.5, "gaps": {EXACT}}}\n'
    )
    analyze(table, source(), out, append=True)
    for path in (out, tmp_path / f"{out.name}.reviews.parquet"):
        found = [(row.values["mixed"], row.values["gaps"]) for row in read_rows(path, list)]
        gaps: list[Any] = ["", str(EXACT)] if path.suffix == ".csv" else [None, EXACT]
        assert found == list(zip([str(EXACT), "0.5"], gaps, strict=True))


@pytest.mark.parametrize("numbers", [(EXACT, 0.5), (0.5, EXACT), (EXACT, None, 0.5)])
@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_integers_that_no_float_can_be_are_not_joined_with_fractions(
    tmp_path: Path, numbers: tuple[float | None, ...], suffix: str
) -> None:
    out = tmp_path / "out.parquet"

    def grow(day: int, number: float | None) -> None:
        table, row = tmp_path / f"{day}.{suffix}", {"text": f"The room was dirty {day} times.", "n": number}
        if suffix == "jsonl":
            table.write_text(json.dumps(row))
        else:
            pq.write_table(pa.Table.from_pylist([row]), table)
        analyze(table, source(), out, append=True)

    *first, last = enumerate(numbers)
    for day in first:
        grow(*day)
    before = out.read_bytes()
    with pytest.raises(UserError, match=r"column 'n' of .* holds (int64|double), .*; mend it, or name another --out"):
        grow(*last)
    assert out.read_bytes() == before


def test_integers_that_a_float_can_be_are_joined_with_fractions(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    for day, number in enumerate((EXACT - 1, 0.5, 7)):
        (tmp_path / f"{day}.jsonl").write_text(json.dumps({"text": f"The room was dirty {day} times.", "n": number}))
        analyze(tmp_path / f"{day}.jsonl", source(), out, append=True)
    assert pq.read_table(out).column("n").to_pylist() == [2.0**53, 0.5, 7.0]
