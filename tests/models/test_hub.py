"""Models of a Hub: what is downloaded, what is refused, and what a person is told to do."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def fetch(name: str, home: Path, endpoint: str) -> tuple[int, str]:
    """`aspectra models fetch` in its own process (the Hub's settings are read once, at import)."""
    environment = os.environ | {"HF_HOME": str(home), "HF_ENDPOINT": endpoint, "HF_HUB_OFFLINE": "0", "NO_PROXY": "*"}
    done = subprocess.run(
        [sys.executable, "-m", "aspectra", "models", "fetch", name], capture_output=True, text=True, env=environment
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def hold(server: HTTPServer, repository: str, files: dict[str, bytes]) -> str:
    """Put a repository on a Hub of this machine; the address of the Hub."""

    def file(request: Request) -> Response:
        content = files[request.path.rsplit("/", 1)[1]]
        return Response(content, headers={"ETag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Repo-Commit": COMMIT})

    told = {"id": repository, "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]}
    for path in (f"/api/models/{repository}", f"/api/models/{repository}/revision/main"):
        server.expect_request(path).respond_with_json(told)
    tree = [{"type": "file", "path": name, "size": len(files[name]), "oid": COMMIT} for name in files]
    server.expect_request(f"/api/models/{repository}/tree/{COMMIT}").respond_with_json(tree)
    for name in files:
        server.expect_request(f"/{repository}/resolve/{COMMIT}/{name}").respond_with_handler(file)
    return server.url_for("").rstrip("/")


def test_a_model_is_downloaded_once_and_without_its_pickles(tmp_path: Path, httpserver: HTTPServer) -> None:
    files = {"model.safetensors": b"weights", "config.json": b"{}", "pytorch_model.bin": b"a pickle", "model.h5": b"x"}
    endpoint = hold(httpserver, "some/new", files)
    code, said = fetch("some/new", tmp_path, endpoint)
    assert code == 0, said
    (folder,) = tmp_path.glob("hub/models--some--new/snapshots/*")
    assert {path.name for path in folder.iterdir()} == {"model.safetensors", "config.json"}
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    httpserver.clear()
    code, said = fetch("some/new", tmp_path, "http://127.0.0.1:9")
    assert code == 0, f"the second time it is there already: {said}"


def test_a_model_behind_a_login_says_how_to_log_in(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/models/some/gated").respond_with_json(
        {"error": "Access to model some/gated is restricted"}, status=401, headers={"X-Error-Code": "GatedRepo"}
    )
    code, said = fetch("some/gated", tmp_path, httpserver.url_for("").rstrip("/"))
    assert (code, said.count("\n")) == (2, 1), said
    assert "accept its terms on the Hub and set HF_TOKEN" in said


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
