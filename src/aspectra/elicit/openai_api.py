"""Any OpenAI-compatible endpoint as a teacher: OpenAI itself, vLLM, llama-server, Ollama, a gateway.

The client's own retries are off: ours honor Retry-After for all requests at once, count, and say what went wrong in one
line. Used by `aspectra.elicit.engine`.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aspectra.config import ElicitConfig, shown
from aspectra.elicit.teacher import Question, Reply, RowError
from aspectra.errors import AspectraError, UserError
from aspectra.progress import say

if TYPE_CHECKING:
    from openai import APIStatusError

OPENAI = "https://api.openai.com/v1"
PASSING = frozenset({408, 409, 425, 429})  # and 500 to 599: worth another try
UNSUPPORTED = re.compile(
    r"unsupported|not supported|does not support|unknown|unrecognized|unexpected|not permitted|not allowed",
    re.IGNORECASE,
)
FIRST_TRIES = 2  # retries while nothing has ever answered: a wrong URL should be known within seconds


class OpenAITeacher:
    """Asks an endpoint; raises UserError for what every row would meet (key, URL, model)."""

    instant = False

    def __init__(self, config: ElicitConfig) -> None:
        if not config.model.strip():
            raise UserError("--model is missing: the name of the model at the endpoint")
        from openai import AsyncOpenAI

        self.model = config.model
        self.settings: dict[str, object] = {
            "temperature": config.temperature,
            "max_tokens": config.max_tokens,
            "seed": config.seed,
        }
        if config.extra_body:
            self.settings["extra_body"] = config.extra_body
        self._config = config
        self._url = config.base_url or OPENAI
        if not is_address(self._url):
            raise UserError(f"--base-url {shown(self._url)} is not an address like http://127.0.0.1:8080/v1")
        self._key = read_key(config)
        self._refused: set[str] = set()  # optional parameters that this endpoint does not take
        self._json_taken = False
        self._answered = False
        self._not_before = 0.0
        self._client = AsyncOpenAI(
            base_url=self._url, api_key=self._key or "none", max_retries=0, timeout=config.timeout
        )

    async def ask(self, question: Question) -> Reply:
        tries = 0
        while True:
            if (wait := self._not_before - time.monotonic()) > 0:
                await asyncio.sleep(wait)
            outcome = await self._once(question)
            if isinstance(outcome, Reply):
                return outcome
            if isinstance(outcome, Mended):
                continue
            limit = self._config.retries
            if outcome.unreachable and not self._answered:
                limit = min(limit, FIRST_TRIES)
            if tries >= limit:
                raise RowError(outcome.reason, outcome.unreachable)
            pause = delay(outcome.headers, tries)
            if outcome.headers.get("retry-after"):
                # The endpoint means all of us, not only the request that was told.
                self._not_before = max(self._not_before, time.monotonic() + pause)
            else:
                await asyncio.sleep(pause)
            tries += 1

    async def _once(self, question: Question) -> Reply | Fault | Mended:
        import openai

        parameters = self._parameters(question)
        try:
            answer = await self._client.chat.completions.create(**parameters)
        except openai.APITimeoutError:
            return Fault(f"no answer within {self._config.timeout:g} s", unreachable=False)
        except openai.APIConnectionError as error:
            return Fault(f"no connection to {shown(self._url)} ({error.__cause__ or error})", unreachable=True)
        except openai.APIStatusError as error:
            return self._status(error, set(parameters))
        except (openai.APIError, ValueError) as error:
            return Fault(self._hidden(f"the endpoint answered what is no chat completion ({error})"))
        try:
            reply = _reply(answer)
            self._json_taken |= "response_format" in parameters
        except (AttributeError, IndexError, TypeError):
            raise RowError(
                f"{shown(self._url)} answers, but not with a chat completion: does the address end in /v1?"
            ) from None
        self._answered = True
        return reply

    def _parameters(self, question: Question) -> dict[str, Any]:
        optional: dict[str, Any] = {
            "temperature": self._config.temperature,
            "max_tokens": self._config.max_tokens,
            # Another draw for another attempt, yet the same one whenever the run is repeated.
            "seed": self._config.seed + question.attempt,
        }
        if question.json_wanted:
            optional["response_format"] = {"type": "json_object"}
        if "max_tokens" in self._refused:
            optional["max_completion_tokens"] = self._config.max_tokens
        asked = {name: value for name, value in optional.items() if name not in self._refused}
        return {
            "model": self.model,
            "messages": question.messages,
            "extra_body": self._config.extra_body or None,
            **asked,
        }

    def _status(self, error: APIStatusError, sent: set[str]) -> Fault | Mended:
        code, text = error.status_code, self._hidden(_message(error))
        if code in (401, 403):
            key = (
                "the key (check it, and that it may use this model)"
                if self._key
                else f"a request without a key: set {self._config.key_env} or give --key-file"
            )
            raise UserError(f"the endpoint refused {key}: {shown(self._url)} answered {code}")
        if code == 404:
            raise UserError(
                f"{shown(self._url)} knows no model '{self.model}', or no such address (404: {text}); "
                "check --model and --base-url"
            )
        self._answered = True
        if code in (400, 422) and (name := self._unwanted(text, sent)) is not None:
            if name not in self._refused:
                self._refused.add(name)
                say(f"the endpoint does not take {name}: asking without it")
            return Mended()
        if code == 402 or "insufficient_quota" in text or "insufficient_quota" in str(error.body):
            raise AspectraError(f"the endpoint wants to be paid first ({code}: {text}); then the same command goes on")
        if code in PASSING or code >= 500:
            return Fault(f"{code}: {text}", headers=error.response.headers)
        raise RowError(f"{code}: {text}")

    def _unwanted(self, text: str, sent: set[str]) -> str | None:
        """The optional parameter that a 400 is about, if it was sent. Each is given up once, for the whole run."""
        if "response_format" in sent and ("response_format" in text or not self._json_taken):
            return "response_format"
        if UNSUPPORTED.search(text):
            return next((name for name in ("max_tokens", "seed", "temperature") if name in sent and name in text), None)
        return None

    def _hidden(self, text: str) -> str:
        text = " ".join(text.split())[:300]
        return text.replace(self._key, "***") if self._key else text

    async def close(self) -> None:
        await self._client.close()


class Mended:
    """A parameter that the endpoint does not take was left out: ask again at once."""


class Fault:
    """What went wrong and may pass."""

    def __init__(self, reason: str, unreachable: bool = False, headers: Mapping[str, str] | None = None) -> None:
        self.reason, self.unreachable, self.headers = reason, unreachable, headers or {}


def _reply(answer: Any) -> Reply:
    choice = answer.choices[0]
    message = choice.message
    apart = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None) or ""
    usage = answer.usage
    text = message.content
    if text is None and getattr(message, "refusal", None):
        text = message.refusal
    return Reply(
        text=text if isinstance(text, str) else "",
        finish_reason=choice.finish_reason,
        tokens_in=usage.prompt_tokens if usage else None,
        tokens_out=usage.completion_tokens if usage else None,
        thinking=len(apart) if isinstance(apart, str) else 0,
    )


def _message(error: APIStatusError) -> str:
    body = error.body
    if isinstance(body, dict):
        inner = body.get("error", body)
        if isinstance(inner, dict):
            inner = inner.get("message") or inner.get("detail") or inner
        return str(inner)
    return str(body or error.message)


def delay(headers: Mapping[str, str], tries: int) -> float:
    """Seconds to wait before the next try: Retry-After (seconds or a date) if given, else 0.5 s doubled each time.

    The latter is capped at 30 s and spread over its upper half, so that requests that failed together do not come
    back together.
    """
    told = headers.get("retry-after")
    if told:
        try:
            if math.isfinite(seconds := float(told)):
                return max(0.0, seconds)
        except ValueError:
            pass
        try:
            when = parsedate_to_datetime(told)
            when = when if when.tzinfo else when.replace(tzinfo=UTC)
            return max(0.0, (when - datetime.now(UTC)).total_seconds())
        except (ValueError, TypeError):
            pass
    return min(30.0, 0.5 * 2.0**tries) * random.uniform(0.5, 1.0)


def read_key(config: ElicitConfig) -> str | None:
    """The key from `key_file`, else from the environment variable `key_env`, else None. Raises UserError."""
    if config.key_file is not None:
        path = Path(config.key_file).expanduser()
        try:
            key = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read the key file {path}: {getattr(error, 'strerror', None) or error}") from None
        if not key or not key.isascii() or len(key.split()) != 1:
            raise UserError(f"the key file {path} must hold the key and nothing else")
        return key
    key = os.environ.get(config.key_env, "").strip()
    if not key.isascii() or len(key.split()) > 1:
        raise UserError(f"the environment variable {config.key_env} must hold the key and nothing else")
    return key or None


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
