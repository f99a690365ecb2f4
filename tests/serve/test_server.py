"""The command: what it refuses, how it starts, how it ends."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.readers.families import make
from tests.serve.conftest import Answer, call
from tests.serve.stand_in import service, started

from aspectra.errors import UserError
from aspectra.serve.server import TOKEN, is_loopback, listening, read_token, serve


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny exported student."""
    from aspectra.readers.writers.convert import convert
    from aspectra.students.writers.writer import Writer

    folder = tmp_path_factory.mktemp("export")
    made = folder / "tiny"
    made.mkdir()
    convert(Writer.load(make("llama", folder / "student")), made, "float32")
    return made


def command(*more: str) -> list[str]:
    return ["aspectra", "serve", "--port", "0", "--json", "--threads", "1", *more]


def test_a_student_is_served(export: Path) -> None:
    with started(command("--model", str(export), "--constrained")) as running:
        text = "The soup was hot, but the waiter forgot our drinks.\n\nNever again \U0001f35d!"
        answer = call(running, body={"text": text}, timeout=60)
        assert answer.status == 200
        for opinion in answer.body["results"][0]["opinions"]:
            assert text[opinion["start"] : opinion["end"]] == opinion["target"]
        judged = call(running, "/v1/classify", {"text": text, "target": "waiter"}).body
        assert sum(judged["probabilities"].values()) == pytest.approx(1)
        assert judged["sentence"] == "The soup was hot, but the waiter forgot our drinks."
        assert call(running, "/v1/about").body["model"] == "tiny"
        running.process.send_signal(signal.SIGINT)
        _, talk = running.process.communicate(timeout=20)
        assert running.process.returncode == 0
        assert "waiter" not in talk, "nobody's text is logged"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_when_what_was_taken_is_answered(number: int) -> None:
    answers: list[Answer] = []
    with service(batch=0.5) as running:
        asked = [
            threading.Thread(target=lambda: answers.append(call(running, body={"texts": ["a", "b"]}))) for _ in range(5)
        ]
        for each in asked:
            each.start()
        time.sleep(0.3)
        running.process.send_signal(number)
        time.sleep(0.15)
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", running.port), timeout=1)
        for each in asked:
            each.join()
        _, talk = running.process.communicate(timeout=10)
        assert running.process.returncode == 0
    assert [answer.status for answer in answers] == [200] * 5
    assert "stopping" in talk
    assert "Traceback" not in talk


def test_an_open_connection_does_not_hold_it_up() -> None:
    with service() as running, socket.create_connection(("127.0.0.1", running.port)):
        call(running, "/healthz")
        running.process.terminate()
        running.process.communicate(timeout=5)
        assert running.process.returncode == 0


def test_another_host_without_a_token_is_warned_of(export: Path) -> None:
    for token, warned in ((None, True), ("sesame", False)):
        with started(command("--model", str(export), "--host", "0.0.0.0"), token) as running:
            running.process.terminate()
            _, talk = running.process.communicate(timeout=20)
            assert ("WARNING: anyone who reaches 0.0.0.0" in talk) == warned


def test_what_cannot_be_served_is_said_in_a_line(export: Path, tmp_path: Path) -> None:
    right: dict[str, Any] = {"model": export, "host": "127.0.0.1", "port": 0, "threads": 1}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for wrong, told in (
            ({"port": taken.getsockname()[1]}, "name another --port"),
            ({"host": "no.such.host.invalid"}, "no host no.such.host.invalid"),
            ({"host": "192.0.2.1"}, "name an address of this machine"),
            ({"model": tmp_path}, str(tmp_path)),
            ({"token_file": tmp_path / "none"}, "cannot read the token"),
        ):
            with pytest.raises(UserError, match=re.escape(told)):
                serve(**(right | wrong))


def test_the_command_says_so_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="aspectra: error: ") as error, started(command("--model", str(tmp_path))):
        pass
    assert "Traceback" not in str(error.value)


def test_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN, raising=False)
    assert read_token(None) is None
    monkeypatch.setenv(TOKEN, "from-environment")
    assert read_token(None) == "from-environment"
    file = tmp_path / "token"
    file.write_text("from-file\n")
    assert read_token(file) == "from-file"
    for wrong in ("", " \n", "a b", "caf\u00e9", "a\tb"):
        file.write_text(wrong)
        with pytest.raises(UserError, match="printable ASCII"):
            read_token(file)
    monkeypatch.setenv(TOKEN, "")
    with pytest.raises(UserError, match=TOKEN):
        read_token(None)


def test_loopback() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "192.168.1.2", "example.org")] == [False] * 4
    if Path("/proc/net/if_inet6").exists():
        with listening("::1", 0) as listener:
            assert listener.family == socket.AF_INET6
