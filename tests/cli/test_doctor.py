"""`aspectra doctor`: what it says of data."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from aspectra.cli.main import run


def test_doctor_tells_where_fetched_sets_lie_and_which_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aspectra.data import datasets, fetch

    content = b"[]"
    monkeypatch.setattr(datasets, "roots", lambda: [tmp_path])
    monkeypatch.setattr(fetch, "SETS", {("atsa", name): {"test": sha256(content).hexdigest()} for name in "abc"})
    for name, found in (("a", content), ("b", b"[1]")):
        (tmp_path / "atsa" / name).mkdir(parents=True)
        (tmp_path / "atsa" / name / "test.json").write_bytes(found)
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path))
    assert run(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["data"] == {"folder": str(tmp_path), "there": ["atsa/a"], "others": ["atsa/b"], "missing": ["atsa/c"]}
    assert told["ASPECTRA_DATA"] == str(tmp_path)
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path / "nowhere"))
    assert run(["doctor"]) == 0
    assert "(no such folder)" in " ".join(capsys.readouterr().out.split())
    monkeypatch.delenv("ASPECTRA_DATA")
    assert run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert str(fetch.place()) in out and "none of them" in out and "not set" in out
    assert "for the published sets atsa/c: aspectra data fetch" in out
