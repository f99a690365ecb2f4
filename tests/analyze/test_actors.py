"""`analyze --engine ray`, on a cluster that it starts on this machine and ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.analyze.stand_in import invented, missing, put, source

from aspectra.analyze import reading
from aspectra.analyze.analysis import analyze
from aspectra.analyze.source import Source
from aspectra.cluster import Cluster
from aspectra.errors import UserError

pytestmark = pytest.mark.slow


def test_actors_make_the_same_file_and_pass_over_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SIZE", 8)
    log, table = tmp_path / "log", put(tmp_path / "reviews.csv", invented(60))
    plain, out = tmp_path / "plain.parquet", tmp_path / "spread.parquet"
    figures = analyze(table, source(), plain)["figures"]
    with pytest.raises(RuntimeError, match="killed"):
        analyze(table, source(dies_after=60), out)
    there = len(list((tmp_path / "spread.parquet.parts").glob("*.part")))
    assert there
    with pytest.raises(UserError, match=r"a node cannot load the model: .*'PATH\[deploy\]'"):
        analyze(table, Source("dictionary", missing, "dictionary"), out, cluster=Cluster(workers=2))
    assert analyze(table, source(log), out, cluster=Cluster(workers=2))["figures"] == figures
    assert out.read_bytes() == plain.read_bytes()
    pids = [line.split()[0] for line in log.read_text().splitlines()]
    assert len(pids) == 8 - there and len(set(pids)) <= 2
