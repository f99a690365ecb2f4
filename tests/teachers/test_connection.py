"""The way to an endpoint: certificates and proxies, on real sockets."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.teachers.test_openai import QUESTION, ask

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.teachers.teacher import TryError

Settings = Callable[..., ElicitConfig]


@contextmanager
def talking(talk: Callable[[socket.socket], object]) -> Iterator[int]:
    """A port on which each connection is talked to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    with connection:
                        talk(connection)
                except OSError:  # the client did not like what it saw
                    pass

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_a_certificate_that_is_not_trusted_is_named_with_what_helps(settings: Settings, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs the command openssl to make a certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with talking(lambda connection: context.wrap_socket(connection, server_side=True)) as port:
        url = f"https://127.0.0.1:{port}/v1"
        with pytest.raises(UserError, match=rf"^the certificate of {url} is not trusted: .*SSL_CERT_FILE=FILE$"):
            ask(settings(base_url=url), QUESTION)


def test_an_endpoint_without_tls_is_told_from_one_that_is_not_there(endpoint: object, settings: Settings) -> None:
    told = r"does not use a known TLS version .*does its address begin with http://"
    plain = talking(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with plain as port, pytest.raises(UserError, match=told):
        ask(settings(base_url=f"https://127.0.0.1:{port}/v1"), QUESTION)


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (b"407 Proxy Authentication Required", UserError, "may need a name and a password in https_proxy"),
        (b"502 Bad Gateway", TryError, r"cannot reach https://llm\.example/v1 \(502: Bad Gateway\)"),
    ],
)
def test_a_proxy_that_does_not_pass_on_is_named_without_its_password(
    status: bytes, error: type[Exception], told: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    with talking(refuse) as port:
        monkeypatch.setenv("https_proxy", f"http://me:hidden@127.0.0.1:{port}")
        with pytest.raises(error, match=rf"the proxy http://127\.0\.0\.1:{port} .*{told}") as found:
            ask(settings(base_url="https://llm.example/v1"), QUESTION)
    assert "hidden" not in str(found.value)


def test_a_proxy_that_asks_who_is_there_over_plain_http_is_named(
    endpoint: object, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with talking(refuse) as port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        with pytest.raises(
            UserError, match=r"the proxy on the way to http://llm\.example/v1 needs a name and a password"
        ):
            ask(settings(base_url="http://llm.example/v1"), QUESTION)
