"""`analyze --engine ray`, on a cluster that it starts on this machine and ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.analyze.stand_in import invented, missing, put, source

from aspectra.analyze import parts
from aspectra.analyze.analysis import Job, analyze
from aspectra.analyze.source import Source
from aspectra.analyze.table import Reading
from aspectra.cluster import Cluster
from aspectra.errors import UserError

pytestmark = pytest.mark.slow


def test_actors_make_the_same_file_and_pass_over_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "SIZE", 8)
    log, table = tmp_path / "log", put(tmp_path / "reviews.csv", invented(60))
    plain = Job(Reading(table), source(), tmp_path / "plain.parquet")
    figures = analyze(plain)["figures"]
    spread = replace(plain, out=tmp_path / "spread.parquet", cluster=Cluster(workers=2))
    with pytest.raises(RuntimeError, match="killed"):
        analyze(replace(spread, source=source(dies_after=60), cluster=None))
    there = len(list(spread.parts.glob("*.part")))
    assert there
    with pytest.raises(UserError, match=r"a node cannot load the model: .*'\.\[deploy\]'"):
        analyze(replace(spread, source=Source("dictionary", missing, "dictionary")))
    assert analyze(replace(spread, source=source(log)))["figures"] == figures
    assert spread.out.read_bytes() == plain.out.read_bytes()
    pids = [line.split()[0] for line in log.read_text().splitlines()]
    assert len(pids) == 8 - there and len(set(pids)) <= 2
