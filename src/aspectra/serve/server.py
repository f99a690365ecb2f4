"""`aspectra serve`: loads the model, opens the port, and serves until it is stopped.

Called by `aspectra.cli.serve`. On SIGTERM or Ctrl-C it accepts nothing more, answers accepted requests, and exits.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.info import is_export
from aspectra.progress import loading, say

if TYPE_CHECKING:
    from aspectra.serve.limits import Limits
    from aspectra.serve.student import Served

TOKEN = "ASPECTRA_TOKEN"  # environment variable
CONNECTIONS = 1024  # open at once; further ones get 503


def serve(
    model: Path | None,
    *,
    host: str,
    port: int,
    limits: Limits | None = None,
    token_file: Path | None = None,
    origins: Sequence[str] = (),
    ready: Callable[[dict[str, Any]], object] = lambda _: None,
    **options: Any,
) -> None:
    """Serve a student, or the reader that comes with Aspectra, until a signal arrives. `options` are arguments of
    `aspectra.load`; `ready` gets the address.

    Raises UserError if the model, the token or the port cannot be used; MissingExtraError.
    """
    need("serve", "aspectra serve")
    from aspectra.readers.predictor import load
    from aspectra.serve.limits import Limits
    from aspectra.serve.student import Student

    token = read_token(token_file)
    for origin in origins:
        check_origin(origin)
    limits = limits or Limits()
    with listening(host, port) as listener:  # first, so that a port in use is reported at once
        if model is not None and not is_export(model):
            loading(f"serve: loading {model}")
        student = Student(load(model, batch_size=limits.batch, spread=True, **options))
        student.extract(["The first answer takes longer than those that follow."])
        run(student, limits, token, listener, host, ready, origins)


def run(
    model: Served,
    limits: Limits,
    token: str | None,
    listener: socket.socket,
    host: str,
    ready: Callable[[dict[str, Any]], object] = lambda _: None,
    origins: Sequence[str] = (),
) -> None:
    """Serve any model on an open socket."""
    import uvicorn

    from aspectra.serve.app import application

    port = listener.getsockname()[1]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if token is None and not is_loopback(host):
        say(f"serve: WARNING: anyone who reaches {host} can use this; set {TOKEN} or --token-file to require a token")
    app = application(model, limits, token, origins)
    config = uvicorn.Config(
        app,
        access_log=False,  # requests are private
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=int(limits.seconds) + 5,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            say(f"serve: {model.name} ({model.task}) at {url}; stop with Ctrl-C")
            ready({"url": url, "model": model.name, "task": model.task})

        def handle_exit(self, sig: int, frame: Any) -> None:
            if not self.should_exit:
                say("serve: stopping after the accepted requests")
            super().handle_exit(sig, frame)
            self._captured_signals.clear()  # so that a stop by signal exits with status 0

    Server(config).run(sockets=[listener])


def read_token(file: Path | None) -> str | None:
    """The token from a file, or else from the environment. Raises UserError for one that cannot be sent."""
    where = str(file) if file is not None else TOKEN
    try:
        token = os.environ.get(TOKEN) if file is None else file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot read the token in {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"the token in {file} is not UTF-8") from None
    if token is None:
        return None
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UserError(f"the token in {where} must be printable ASCII without spaces; make one: openssl rand -hex 32")
    return token


def check_origin(origin: str) -> None:
    """Raise UserError for an origin that no browser would send."""
    parts = urlsplit(origin)
    plain = parts.scheme in ("http", "https") and parts.hostname and origin == f"{parts.scheme}://{parts.netloc}"
    if origin != "*" and (not plain or "@" in parts.netloc or origin != origin.lower()):
        raise UserError(
            f"--cors-origin {origin} is not an origin: write scheme, host and port of the page, as in "
            "https://shop.example or http://localhost:3000; '*' is any page"
        )


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A bound socket that does not listen yet. Raises UserError if the host or port is not available."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise UserError(
            f"this machine has no host {host} ({error}); use 127.0.0.1 (this machine) or 0.0.0.0 (all)"
        ) from None
    family, kind, protocol, _, address = found[0]
    # With the number of the protocol asyncio recognizes TCP and sends small answers at once.
    with socket.socket(family, kind, protocol) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError as error:
            other = "name an address of this machine" if error.errno == errno.EADDRNOTAVAIL else "name another --port"
            raise UserError(f"cannot listen on {host}, port {port}: {error.strerror}; {other}") from None
        yield listener


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
