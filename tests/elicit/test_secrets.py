"""The key is in nothing that a run leaves behind: not in a file, not on the screen, whatever the endpoint says."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.faults import Faults, serving

from aspectra.config import ElicitConfig
from aspectra.elicit.engine import elicit

KEY = "sk-very/secret+key"
WORD = "hidden/word"
FORBIDDEN = [
    KEY, quote(KEY, safe=""), KEY[:12], WORD, quote(WORD, safe=""), base64.b64encode(f"me:{WORD}".encode()).decode(),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "fault"),
    [("environment", "401"), ("environment", "echo"), ("file", "echo"), ("address", "401"), ("address", "echo")],
)
def test_no_artifact_of_a_run_holds_the_key(
    given: str, fault: str, write_reviews: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    out, environment = tmp_path / "out", {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    key_file = tmp_path / "key"
    key_file.write_text(KEY)
    with serving(Faults(always={"Pool": fault})) as endpoint:
        url, more = endpoint.url, list[str]()
        if given == "environment":
            environment["OPENAI_API_KEY"] = KEY
        elif given == "file":
            more = ["--key-file", str(key_file)]
        else:
            url = url.replace("http://", f"http://me:{quote(WORD, safe='')}@") + f"?token={quote(KEY, safe='')}"
        # Something is answered first, so that a refused key does not leave an empty folder.
        elicit(write_reviews("Soup."), ElicitConfig(model="m", base_url=endpoint.url, kinds=("analysis",)), out)
        endpoint.keys.clear()
        command = [
            sys.executable, "-m", "aspectra", "elicit", str(write_reviews("Soup.", "Pool is nice.")), "--model", "m",
            "--base-url", url, "--kinds", "analysis", "--retries", "0", "--out", str(out), *more,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, env=environment, timeout=60)
        talk = done.stdout + done.stderr
        assert done.returncode == (2 if fault == "401" else 1), talk
        for word in FORBIDDEN:
            assert word.encode() not in talk, (word, talk)
        for file in out.rglob("*"):
            data = file.read_bytes() if file.is_file() else b""
            for word in FORBIDDEN:
                assert word.encode() not in data, (word, file)
        assert {key.partition(" ")[0] for key in endpoint.keys} == {"Basic" if given == "address" else "Bearer"}
    if fault == "echo":
        assert b"xxxxx" in talk, "the rest of what the endpoint said is told"
