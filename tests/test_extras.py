"""Extras by name: what each brings, and how whoever lacks one gets it."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from aspectra.cli.doctor import EXTRAS
from aspectra.errors import MissingExtraError
from aspectra.extras import PACKAGES, need

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
CALLED = {"sklearn": "scikit-learn", "prometheus_client": "prometheus-client"}  # what a module's package is called


def test_the_tables_of_extras_are_those_of_pyproject() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    lists = {"base": project["dependencies"], **project["optional-dependencies"]}
    brought = {
        extra: {re.split(r"[<>=\[]", text)[0] for text in some}
        for extra, some in lists.items()
        if some and extra != "all"
    }
    assert {"base", *PACKAGES} == set(EXTRAS) == set(brought)
    for extra, modules in PACKAGES.items():
        assert {CALLED.get(module, module) for module in modules} <= brought[extra]
    for extra, packages in EXTRAS.items():
        assert set(packages) <= brought[extra]


@pytest.mark.parametrize(
    ("file", "command"),
    [
        (None, "pip install"),
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
    told = f"{command} 'PATH[train]' (PATH: Aspectra's wheel or folder)"
    assert str(caught.value) == f"pretrain needs the extra 'train': {told}"
