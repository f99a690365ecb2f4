"""HTTP connection to an endpoint: sends requests, returns bodies, and reports errors in one line.

Plain HTTP rather than OpenAI's client, which hides the exact response and whose pool checks every connection for each
request. Made by `aspectra.teachers.openai`.
"""

from __future__ import annotations

import asyncio
import errno
import math
import os
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from aspectra.config import ElicitConfig
from aspectra.errors import RefusedError, UserError
from aspectra.settings import shown
from aspectra.teachers.keys import read_headers, read_key, secrets
from aspectra.teachers.teacher import TryError

if TYPE_CHECKING:
    from aiohttp import ClientSession, TraceRequestRedirectParams

OTHER_TLS = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
    "UNSUPPORTED_PROTOCOL",
    "NO_PROTOCOLS_AVAILABLE",
)
CONNECT = 20.0  # seconds at most to reach the endpoint


class Answer(NamedTuple):
    """An endpoint's response."""

    status: int
    body: bytes
    retry_after: str | None


class Connection:
    """Posts to the chat completions of a base URL. Raises UserError for an invalid address or key."""

    def __init__(self, url: str, config: ElicitConfig) -> None:
        if not is_address(url):
            raise UserError(f"the base URL {shown(url)} is not an address like http://127.0.0.1:8080/v1")
        self.url, self._timeout = url, config.timeout
        key = read_key(config)
        parts = urlsplit(url)
        # A name and password in the URL are credentials too; aiohttp accepts only one kind.
        more = read_headers(config)
        named = "@" in parts.netloc or "authorization" in map(str.lower, more)
        self._headers = more | ({"Authorization": f"Bearer {key}"} if key and not named else {})
        self.keyed = key is not None or bool(more)
        self._secrets = secrets(url, key, more.values())
        self._address = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/chat/completions"))
        # Not trust_env, which would also send credentials from a .netrc file.
        self._proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
        self._session: ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # the event loop that uses the session

    async def post(self, parameters: dict[str, Any]) -> Answer:
        """Send one request. Raises TryError if no complete answer came, RefusedError if none ever will.

        A redirect is followed if it keeps the question (307, 308).
        """
        import aiohttp

        if self._session is None or self._loop is not asyncio.get_running_loop():
            self._session = self._open()
        try:
            # The client's own timeouts are for parts of an exchange; this one is for the whole.
            async with (
                asyncio.timeout(self._timeout),
                self._session.post(self._address, json=parameters) as response,
            ):
                return Answer(response.status, await response.read(), response.headers.get("retry-after"))
        except aiohttp.ClientSSLError as error:
            raise self._untrusted(error) from None
        except aiohttp.ClientHttpProxyError as error:
            told = f"the proxy {self._through} cannot reach {shown(self.url)} ({error.status}: {error.message})"
            if error.status in (401, 403, 407):
                raise RefusedError(
                    self.hidden(f"{told}; it may need a name and a password in {self._variable}")
                ) from None
            raise TryError(self.hidden(told), gone=True) from None
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            way = f"{shown(self.url)}"
            if isinstance(error, aiohttp.ClientProxyConnectionError):
                way = f"the proxy {self._through}, which {self._variable} names,"
            raise TryError(self.hidden(f"no connection to {way} ({unreached(error)})"), gone=True) from None
        except TimeoutError:
            raise TryError(f"no answer within {self._timeout:g} s", busy=True) from None
        except (aiohttp.TooManyRedirects, ValueError) as error:  # a redirect to an invalid address, an invalid host
            raise TryError(
                self.hidden(f"{shown(self.url)} cannot be reached ({type(error).__name__})"), odd=True
            ) from None
        except aiohttp.ClientError as error:
            if isinstance(error.__cause__, aiohttp.http_exceptions.ContentEncodingError):
                raise TryError(f"{shown(self.url)} answers with a body that cannot be uncompressed", odd=True) from None
            if isinstance(error, aiohttp.ClientConnectionError):
                raise TryError(f"{shown(self.url)} drops the connection without an answer", mute=True) from None
            why = str(error) or type(error).__name__
            raise TryError(self.hidden(f"the connection to {shown(self.url)} broke ({why})")) from None

    @property
    def _through(self) -> str:
        return shown(self._proxy or "")

    @property
    def _variable(self) -> str:
        return f"{urlsplit(self.url).scheme}_proxy"

    def _untrusted(self, error: Any) -> Exception:
        """Explain a TLS error and its fix. Only an interrupted handshake is retried."""
        told = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
        where = shown(self.url) + (f", seen through the proxy {self._through}," if self._proxy else "")
        reason = getattr(told, "reason", None) or str(told)
        if isinstance(told, ssl.SSLCertVerificationError):
            return RefusedError(
                f"the certificate of {where} is not trusted: {told.verify_message or reason}; if the issuer is "
                "your own, name its certificate: SSL_CERT_FILE=FILE"
            )
        why = reason.replace("_", " ").lower()
        if reason in OTHER_TLS:
            return RefusedError(
                f"{where} does not use a known TLS version ({why}); does its address begin with http://?"
            )
        return TryError(self.hidden(f"no connection to {where} (TLS: {why})"), gone=True)

    async def _redirected(self, _: object, __: object, seen: TraceRequestRedirectParams) -> None:
        """Raise RefusedError for a redirect that turns the question into a GET: its answer would say nothing true."""
        found = seen.response.headers.get("location")
        if seen.response.status not in (301, 302, 303) or not found:
            return
        seen.response.close()
        there = urlsplit(urljoin(self._address, found))
        place = urlunsplit((there.scheme, there.netloc, there.path.removesuffix("/chat/completions"), "", ""))
        raise RefusedError(
            self.hidden(
                f"{shown(self.url)} redirects to {shown(place)} ({seen.response.status}); name that as the base URL if "
                "the model answers there, else check the base URL"
            )
        )

    def _open(self) -> ClientSession:
        import aiohttp

        self._loop = asyncio.get_running_loop()
        watched = aiohttp.TraceConfig()
        watched.on_request_redirect.append(self._redirected)
        return aiohttp.ClientSession(
            trace_configs=[watched],
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(self._timeout, CONNECT)),
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=self._proxy,
        )

    def safe(self, text: str) -> str:
        """A text without the key and other secrets."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return text

    def hidden(self, text: str) -> str:
        """An endpoint's message as one line that may be stored and shown."""
        return " ".join(self.safe(text).split())[:300]

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def unreached(error: Any) -> str:
    """Why the connection failed, in the system's words: the client's own message also names its settings."""
    told = getattr(error, "os_error", None)
    if told is None:
        return str(error) or "no answer to the connection attempt"
    return os.strerror(told.errno) if told.errno in errno.errorcode else told.strerror or str(told)


def retry_after(told: str | None) -> float | None:
    """Seconds in a Retry-After header, given as seconds or as a date; None if it is missing or invalid."""
    if not told:
        return None
    try:
        return max(0.0, seconds) if math.isfinite(seconds := float(told)) else None
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(told)
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(0.0, (when - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def is_address(url: str) -> bool:
    """Whether a URL is valid for requests.

    >>> [is_address(u) for u in ("http://[::1]:80/v1", "http://[::1", "http://h:port/v1", "h:80", "http://a b/v1")]
    [True, False, False, False, False]
    """
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.split() == [url]
    except ValueError:
        return False
