"""Checks a request before it is parsed: type, size, time, strict JSON, and the token.

`Guarded` is the class of the API's routes in `aspectra.serve.app`. Every fault is a 4xx with one line.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

DRAINED = 32_000_000  # bytes that are read and discarded, so that the client gets the error before the close


@dataclass(frozen=True)
class Limits:
    """The limits of a service; all can be set on the command line."""

    body: int = 1_000_000  # bytes of a request
    text: int = 20_000  # characters of a text
    texts: int = 100  # in a request
    seconds: float = 60.0  # for a request, and to send one
    queue: int = 1_000  # texts in the queue
    batch: int = 32  # texts that the model reads together
    wait: float = 0.005  # seconds that a batch waits for as many texts as the last one had


class Strict(Request):
    """A request whose body is read within its limits, and whose JSON is unambiguous."""

    async def body(self) -> bytes:
        """Raises HTTPException: 415, 413, 408 if it does not arrive in time, 400 if it ends early."""
        if not hasattr(self, "_whole"):
            self._whole = await self.read(self.app.state.limits)
        return self._whole

    async def read(self, limits: Limits) -> bytes:
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise HTTPException(415, "send JSON, with Content-Type: application/json")
        if self.headers.get("content-encoding", "identity").lower() != "identity":
            raise HTTPException(415, "send the body uncompressed, without Content-Encoding")
        large = HTTPException(413, f"a request can have at most {limits.body:,} bytes", {"Connection": "close"})
        if int(self.headers.get("content-length", "0")) > DRAINED:
            raise large
        parts: list[bytes] = []
        received = 0
        try:
            async with asyncio.timeout(limits.seconds):
                async for part in self.stream():
                    received += len(part)
                    if received > DRAINED:
                        break
                    if received <= limits.body:
                        parts.append(part)
        except TimeoutError:
            raise HTTPException(408, "the body did not arrive in time", {"Connection": "close"}) from None
        except ClientDisconnect:
            raise HTTPException(400, "the body ended early") from None
        if received > limits.body:
            raise large
        return b"".join(parts)

    async def json(self) -> Any:
        """Raises HTTPException 400 for a repeated key, a number that is not finite, or invalid JSON."""
        try:
            return json.loads((await self.body()).decode("utf-8-sig"), object_pairs_hook=once, parse_constant=refused)
        except RecursionError:
            raise HTTPException(400, "the body is nested too deeply") from None
        except UnicodeDecodeError:
            raise HTTPException(400, "the body is not UTF-8") from None
        except ValueError as error:
            raise HTTPException(400, f"the body is not JSON: {str(error)[:200]}") from None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key appears twice")
    return found


def refused(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


class Guarded(APIRoute):
    """A route of the API: checks the token first, then the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            check_token(request)
            return await inner(Strict(request.scope, request.receive))

        return handle


def check_token(request: Request) -> None:
    """Raise HTTPException 401 unless the request has the service's token, if the service has one."""
    wanted: str | None = request.app.state.token
    if wanted is None:
        return
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    # In bytes and in constant time; headers come as Latin-1.
    same = hmac.compare_digest(given.strip().encode("latin-1"), wanted.encode())
    if kind.lower() != "bearer" or not same:
        raise HTTPException(401, "send the token: Authorization: Bearer ...", {"WWW-Authenticate": "Bearer"})
