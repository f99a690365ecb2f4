"""Extras by name: what each brings, and how whoever lacks one gets it."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from aspectra.cli.main import run
from aspectra.errors import MissingExtraError
from aspectra.extras import PACKAGES, RARE, need

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"


def test_the_table_of_extras_is_that_of_pyproject() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    lists = {"base": project["dependencies"], **project["optional-dependencies"]}
    brought = {
        extra: {re.split(r"[<>=\[]", text)[0] for text in some}
        for extra, some in lists.items()
        if some and extra != "all"
    }
    assert set(PACKAGES) == set(brought)
    for extra, packages in PACKAGES.items():
        assert set(packages) <= brought[extra]


def test_what_every_use_of_an_extra_needs_is_looked_for_by_the_names_of_its_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sought: list[str] = []

    def found(name: str) -> bool:
        sought.append(name)
        return True

    monkeypatch.setattr("importlib.util.find_spec", found)
    for extra in ("train", "select", "serve"):
        need(extra, "a test")
    assert {"torch", "sklearn", "prometheus_client"} <= set(sought) and not set(sought) & set(RARE)
    need("train", "a test", "onnx")
    assert sought[-1] == "onnx"


def test_doctor_names_each_package_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(PACKAGES, "excel", ("no-such-package",))
    assert run(["doctor", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert ["excel", "no-such-package", None] in told["packages"] and "excel" in told["missing extras"]


@pytest.mark.parametrize(
    ("file", "command"),
    [
        (None, "pip install -c constraints.txt"),
        ("pipx_metadata.json", "pipx install --force"),
        ("uv-receipt.toml", "uv tool install --force"),
    ],
)
def test_the_advice_is_for_what_made_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str | None, command: str
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    if file is not None:
        (tmp_path / file).write_text("", encoding="utf-8")
    with pytest.raises(MissingExtraError) as caught:
        need("train", "pretrain", "no_such_package")
    told = f"{command} 'PATH[train]' (PATH: Aspectra's folder, which has constraints.txt, or its wheel)"
    assert str(caught.value) == f"pretrain needs the extra 'train': {told}"
