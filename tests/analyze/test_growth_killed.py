"""Processes that add reviews to an output, really killed: what was there stays whole, nothing is lost or doubled."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pyarrow.parquet
import pytest
from tests.analyze.stand_in import Dictionary, invented, put, source
from tests.e2e.killing import ended, kill_once

from aspectra.analyze.analysis import analyze
from aspectra.analyze.source import Source
from aspectra.manifest import read
from aspectra.readers.extraction import Extraction

pytestmark = pytest.mark.slow

ROWS = invented(600)


class Slow(Dictionary):
    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        time.sleep(0.05)
        return super().extract(texts)


def start(table: Path, out: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.analyze.test_growth_killed", str(table), str(out)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def test_killed_at_each_of_its_steps_it_ends_as_one_that_read_all_at_once(tmp_path: Path) -> None:
    out, parts = tmp_path / "out.parquet", tmp_path / "out.parquet.parts"
    kept = tmp_path / "out.parquet.reviews.parquet"

    def age(path: Path) -> int:
        return path.stat().st_mtime_ns if path.exists() else 0

    def changed(path: Path) -> Callable[[], bool]:
        before = age(path)
        return lambda: age(path) != before

    tables = [put(tmp_path / f"{count}.csv", ROWS[:count]) for count in (300, 450, 600)]
    for table in tables:
        whole = out.read_bytes() if out.exists() else None
        for sign in (".stage.json", "new.parquet", "0000000.part"):
            kill_once(start(table, out), (parts / sign).exists, sign)
            assert (out.read_bytes() if out.exists() else None) == whole, "it is as it was until all is read"
        kill_once(start(table, out), changed(kept), "the reviews that are kept")
        kill_once(start(table, out), changed(out), "the output")
        pyarrow.parquet.read_table(out)  # a whole file, with what was new
        ended(start(table, out))
    calm = analyze(tables[-1], source(), tmp_path / "calm.parquet")
    manifest = read(tmp_path, "out.parquet.manifest.json")
    assert manifest is not None and manifest["figures"] == calm["figures"]
    rows = [pyarrow.parquet.read_table(path).to_pylist() for path in (out, tmp_path / "calm.parquet")]
    assert rows[0] == rows[1] and not parts.exists()


if __name__ == "__main__":
    analyze(Path(sys.argv[1]), Source("dictionary", partial(Slow), "dictionary"), Path(sys.argv[2]), append=True)
