"""Any OpenAI-compatible endpoint as a teacher: OpenAI itself, vLLM, llama-server, Ollama, a gateway.

One request is one try: when the next goes out is for `aspectra.elicit.pace` to say. Spoken in plain HTTP rather than
through OpenAI's client, which hides what exactly came back and whose pool looks at every connection for each request.
Made by `aspectra.teachers.make`, asked by `aspectra.elicit.asking`; `aspectra.elicit.batches` writes down what it would
send.
"""

from __future__ import annotations

import asyncio
import errno
import json
import math
import os
import re
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from aspectra.config import ElicitConfig
from aspectra.errors import EndpointError, RefusedError, UserError
from aspectra.progress import say
from aspectra.settings import shown
from aspectra.teachers.completion import completion, message_of
from aspectra.teachers.keys import read_key, secrets
from aspectra.teachers.teacher import Question, Reply, RowError, TryError, drawn, identifying

if TYPE_CHECKING:
    from aiohttp import ClientSession

OPENAI = "https://api.openai.com/v1"
PASSING = frozenset({408, 409, 425, 429})  # and 500 to 599: worth another try
BUSY = frozenset({429, 503})
UNSUPPORTED = re.compile(
    r"unsupported|not supported|does not support|unknown|unrecognized|unexpected|not permitted|not allowed",
    re.IGNORECASE,
)
CONNECT = 20.0  # seconds at most to reach the endpoint


class Answer(NamedTuple):
    """What an endpoint sent back."""

    status: int
    body: bytes
    retry_after: str | None


class OpenAITeacher:
    """Asks an endpoint; raises UserError for what every row would meet (key, URL, model)."""

    instant = False
    free = False

    def __init__(self, config: ElicitConfig) -> None:
        if not config.model.strip():
            raise UserError("--model is missing: the name of the model at the endpoint")
        self.model = config.model
        self.settings = identifying(config)
        self._config = config
        self._url = config.base_url or OPENAI
        if not is_address(self._url):
            raise UserError(f"the base URL {shown(self._url)} is not an address like http://127.0.0.1:8080/v1")
        self._key = read_key(config)
        self._secrets = secrets(self._url, self._key)
        parts = urlsplit(self._url)
        self._address = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/chat/completions"))
        self._refused: set[str] = set()  # optional parameters that this endpoint does not take
        self._json_taken = False
        self._session: ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # that asks, and to which the session belongs

    async def ask(self, question: Question) -> Reply:
        while True:
            parameters = self.parameters(question)
            answer = await self._post(parameters)
            if answer.status == 200:
                reply = self._reply(answer)
                self._json_taken |= "response_format" in parameters
                return reply
            # A parameter that the endpoint does not take is left out from now on; else this raises.
            self._refuse(answer, set(parameters))

    async def _post(self, parameters: dict[str, Any]) -> Answer:
        import aiohttp

        if self._session is None or self._loop is not asyncio.get_running_loop():
            self._session = self._open()
        try:
            # The client's own limits are for parts of an exchange; this one is for the whole.
            async with (
                asyncio.timeout(self._config.timeout),
                self._session.post(self._address, json=parameters) as response,
            ):
                return Answer(response.status, await response.read(), response.headers.get("retry-after"))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise TryError(
                self._hidden(f"no connection to {shown(self._url)} ({unreached(error, self._url)})"), gone=True
            ) from None
        except TimeoutError:
            raise TryError(f"no answer within {self._config.timeout:g} s", busy=True) from None
        except (aiohttp.TooManyRedirects, ValueError) as error:  # a redirect to what is no address, a host that is none
            raise TryError(
                self._hidden(f"{shown(self._url)} leads nowhere ({type(error).__name__})"), odd=True
            ) from None
        except aiohttp.ClientError as error:
            if isinstance(error.__cause__, aiohttp.http_exceptions.ContentEncodingError):
                raise TryError(f"{shown(self._url)} answers with a body that cannot be unpacked", odd=True) from None
            if isinstance(error, aiohttp.ClientConnectionError):
                raise TryError(f"{shown(self._url)} drops the connection before it says a word", mute=True) from None
            why = str(error) or type(error).__name__
            raise TryError(self._hidden(f"the connection to {shown(self._url)} broke ({why})")) from None

    def _open(self) -> ClientSession:
        import aiohttp

        parts = urlsplit(self._url)
        # An address with a name and a password in it says who asks; aiohttp takes one of the two.
        bearer = {"Authorization": f"Bearer {self._key}"} if self._key and "@" not in parts.netloc else {}
        self._loop = asyncio.get_running_loop()
        return aiohttp.ClientSession(
            headers=bearer,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(self._config.timeout, CONNECT)),
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Not by trust_env, which would send what a .netrc says of the host besides.
            proxy=None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme),
        )

    def parameters(self, question: Question) -> dict[str, Any]:
        """The JSON that is sent for a question."""
        optional = drawn(self._config, question.attempt)
        if question.json_wanted:
            optional["response_format"] = {"type": "json_object"}
        if "max_tokens" in self._refused:
            optional["max_completion_tokens"] = self._config.max_tokens
        asked = {name: value for name, value in optional.items() if name not in self._refused}
        return {"model": self.model, "messages": question.messages, **asked, **self._config.extra_body}

    def _reply(self, answer: Answer) -> Reply:
        try:
            body = json.loads(answer.body)
            if not body.get("choices") and body.get("error"):  # a gateway that has answered before it was refused
                raise TryError(f"200: {self._hidden(message_of(body))}")
            reply = completion(body)
        except TryError as fault:
            raise TryError(self._hidden(str(fault)), busy=fault.busy, spent=fault.spent) from None
        except (ValueError, RecursionError, AttributeError, LookupError, TypeError):
            raise TryError(f"{shown(self._url)} answers, but not with a chat completion", odd=True) from None
        return replace(reply, text=self._safe(reply.text))

    def _refuse(self, answer: Answer, sent: set[str]) -> None:
        """Take note of a parameter that is not wanted, or raise what any other refusal means."""
        code = answer.status
        try:
            body = json.loads(answer.body)
        except (ValueError, RecursionError):
            body = answer.body.decode("utf-8", "replace")
        text = self._hidden(message_of(body))
        if code in (401, 403):
            key = (
                "the key (check it, and that it may use this model)"
                if self._key
                else f"a request without a key: set {self._config.key_env} or name a key file"
            )
            raise RefusedError(f"the endpoint refused {key}: {shown(self._url)} answered {code}")
        if code == 404:
            raise RefusedError(
                f"{shown(self._url)} knows no model '{self.model}', or no such address (404: {text}); "
                "check the model's name and the base URL"
            )
        if code in (400, 422) and (name := self._unwanted(text, sent)) is not None:
            if name not in self._refused:
                self._refused.add(name)
                say(f"the endpoint does not take {name}: asking without it")
            return
        if code == 402 or "insufficient_quota" in str(body):
            raise EndpointError(f"the endpoint wants to be paid first ({code}: {text}); then the same command goes on")
        if code in PASSING or code >= 500:
            raise TryError(f"{code}: {text}", busy=code in BUSY, after=retry_after(answer.retry_after))
        if code < 400:
            raise TryError(f"{shown(self._url)} answers {code}, not with a chat completion", odd=True)
        raise RowError(f"{code}: {text}")

    def _unwanted(self, text: str, sent: set[str]) -> str | None:
        """The optional parameter that a 400 is about, if it was sent. Each is given up once, for the whole run."""
        if "response_format" in sent and ("response_format" in text or not self._json_taken):
            return "response_format"
        if UNSUPPORTED.search(text):
            return next((name for name in ("max_tokens", "seed", "temperature") if name in sent and name in text), None)
        return None

    def _safe(self, text: str) -> str:
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return text

    def _hidden(self, text: str) -> str:
        """A line of an endpoint's words as it may be stored and shown."""
        return " ".join(self._safe(text).split())[:300]

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def unreached(error: Any, url: str) -> str:
    """Why there was no connection, in the words of the system: those of the client name its own settings besides."""
    told = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    if told is None:
        return str(error) or "no answer to the attempt to connect"
    plain = told.errno in errno.errorcode and not isinstance(told, ssl.SSLError)
    why = os.strerror(told.errno) if plain else told.strerror or str(told)
    parts = urlsplit(url)
    asked = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    return why if (error.host, error.port) == asked else f"{error.host}:{error.port}: {why}"


def retry_after(told: str | None) -> float | None:
    """Seconds that Retry-After asks for, as seconds or as a date; None where it is absent or makes no sense."""
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
    """Whether a request can be sent there at all.

    >>> [is_address(u) for u in ("http://[::1]:80/v1", "http://[::1", "http://h:port/v1", "h:80", "http://a b/v1")]
    [True, False, False, False, False]
    """
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.split() == [url]
    except ValueError:
        return False
