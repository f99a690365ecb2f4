"""The quickstarts that ship: what they need, and what they show. Tiny students, and a tiny reader in the box."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aspectra.cli.main import run
from aspectra.pipeline.run import check
from aspectra.places import config_file
from aspectra.recipes import RunConfig
from aspectra.settings import load


def test_the_quickstart_of_a_writer_needs_nothing_but_the_package(tmp_path: Path, causal: Path) -> None:
    config = load(RunConfig, config_file("quickstart-writer"), [f"student={causal}"])
    check(config, tmp_path / "out")
    assert "teacher" in config.systems


def test_the_quickstart_shows_a_page_first_and_all_systems_in_one_table(
    encoder_of: Callable[[str], Path],
    reader_of: Callable[[str, str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a tiny reader in the place of the shipped one."""
    monkeypatch.setattr("aspectra.places.MODEL", reader_of("bert", "int8"))
    small = ["pretrain.max_steps=1", "pretrain.threads=1", "finetune.threads=1", "finetune.epochs=1", "test_cap=12"]
    small += [f"student={encoder_of('electra')}", "seeds=[1, 2]", "subsets=[all]"]
    out = tmp_path / "out"
    changes = [word for change in small for word in ("--set", change)]
    assert run(["run", "quickstart", "--out", str(out), *changes]) == 0
    page, corpus = out / "opinions.html", out / "corpus" / "manifest.json"
    assert page.stat().st_mtime_ns < corpus.stat().st_mtime_ns
    assert not (out / "export").exists(), "what reads is an export already"
    rows = json.loads((out / "results.json").read_text(encoding="utf-8"))["rows"]
    found = {(row["system"], row["seed"]): row["f1"] for row in rows}
    assert found.keys() == {(s, n) for s in ("base", "distilled") for n in (1, 2)} | {
        ("shipped", None),
        ("teacher", None),
    }
    text = (out / "report.md").read_text(encoding="utf-8")
    assert "| shipped |" in text and "distilled minus shipped: " in text and "| evaluate/shipped |" in text
    before = {file: file.stat().st_mtime_ns for file in out.rglob("manifest.json")}
    assert run(["run", "quickstart", "--out", str(out), *changes]) == 0
    assert {file: file.stat().st_mtime_ns for file in before} == before


def test_without_a_reader_in_the_box_the_quickstart_is_refused_at_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    encoder_of: Callable[[str], Path],
) -> None:
    monkeypatch.setattr("aspectra.places.MODEL", tmp_path / "none")
    student = f"student={encoder_of('bert')}"
    assert run(["run", "quickstart", "--out", str(tmp_path / "out"), "--set", student]) == 2
    assert "has no reader" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
