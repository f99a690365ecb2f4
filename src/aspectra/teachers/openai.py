"""Any OpenAI-compatible endpoint as a teacher: OpenAI itself, vLLM, llama-server, Ollama, a gateway.

One call of `ask` is one try; `aspectra.elicit.pace` schedules retries. Made by `aspectra.teachers.make`, called by
`aspectra.elicit.asking`. `aspectra.elicit.batches` writes the same requests to files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from aspectra.config import ElicitConfig
from aspectra.errors import EndpointError, RefusedError, UserError
from aspectra.progress import say
from aspectra.settings import shown
from aspectra.teachers.completion import BUSY, completion
from aspectra.teachers.connection import Answer, Connection, retry_after
from aspectra.teachers.refusal import Refusal, code_of, stands_in
from aspectra.teachers.stream import assembled, is_stream
from aspectra.teachers.teacher import NO_JSON, Question, Reply, RowError, TryError, drawn, identifying

OPENAI = "https://api.openai.com/v1"
BASE_URL = "OPENAI_BASE_URL"  # the variable in which other OpenAI clients look for the base URL


class OpenAITeacher:
    """Asks an endpoint. Raises UserError for errors that affect every row (key, URL, model)."""

    instant = False
    free = False

    def __init__(self, config: ElicitConfig) -> None:
        if not config.model.strip():
            raise UserError("--model is missing: name the model at the endpoint")
        self.model = config.model
        self.settings = identifying(config)
        self._config = config
        self._connection = Connection(config.base_url or os.environ.get(BASE_URL, "").strip() or OPENAI, config)
        self._shown = shown(self._connection.url)
        self._refused: set[str] = set()  # settings that this endpoint rejects
        self._json_taken = self._streaming = False

    async def ask(self, question: Question) -> Reply:
        trial: dict[str, Refusal] = {}  # settings left out of this request; an answer confirms that they were at fault
        while True:
            parameters = self.parameters(question, trial.keys())
            answer = await self._connection.post(parameters)
            found = self._read(answer)
            if isinstance(found, Reply):
                for name, refusal in trial.items():
                    self._leave_out(name, refusal)
                self._json_taken |= "response_format" in parameters
                return replace(found, left_out=self._left_out(question))
            sent = parameters.keys() - self._config.extra_body.keys()
            if (unwanted := found.unwanted(sent)) is not None:
                trial[self._dispensable(unwanted, found)] = found
            elif found.meaning == "json":
                return Reply(self._connection.safe(found.answer), NO_JSON, left_out=self._left_out(question))
            elif found.meaning == "stream" and "stream" not in parameters:
                self._stream(found)
            elif self._doubtful(found, sent):
                trial["response_format"] = found
            else:
                # If leaving out an unnamed setting did not help, the row gets the first error.
                doubted = trial.get("response_format")
                first = doubted if doubted is not None and not doubted.named and found.meaning == "unclear" else found
                raise self._fault(first, answer.retry_after)

    def parameters(self, question: Question, without: Iterable[str] = ()) -> dict[str, Any]:
        """The JSON body of a request, except for the settings in `without`."""
        gone = self._refused.union(without)
        optional = drawn(self._config, question.attempt)
        if question.json_wanted:
            optional["response_format"] = {"type": "json_object"}
        if "max_tokens" in gone:
            optional["max_completion_tokens"] = self._config.max_tokens
        if self._streaming:
            optional |= {"stream": True, "stream_options": {"include_usage": True}}
        asked = {name: value for name, value in optional.items() if name not in gone}
        whole = {"model": self.model, "messages": question.messages, **asked, **self._config.extra_body}
        return {name: value for name, value in whole.items() if value is not None}

    def _read(self, answer: Answer) -> Reply | Refusal:
        """The reply, or the error in its place. Raises TryError if it is neither, or broke off."""
        if answer.status != 200:
            return Refusal.of(answer.status, answer.body)
        try:
            body = assembled(answer.body) if is_stream(answer.body) else json.loads(answer.body)
            if stands_in(body):  # a gateway that sent status 200 before its backend failed
                return Refusal.of(code_of(body.get("error")) or code_of(body) or 500, body)
            reply = completion(body)
        except TryError as fault:
            raise TryError(self._connection.hidden(str(fault)), busy=fault.busy, spent=fault.spent) from None
        except (ValueError, RecursionError, AttributeError, LookupError, TypeError):
            raise TryError(f"{self._shown} answers, but not with a chat completion", odd=True) from None
        return replace(reply, text=self._connection.safe(reply.text))

    def _left_out(self, question: Question) -> tuple[str, ...]:
        """The settings that are not sent with a question, because the endpoint rejects them."""
        asked = {**drawn(self._config), "response_format": None} if question.json_wanted else drawn(self._config)
        gone = (self._refused & asked.keys()) - self._config.extra_body.keys()
        return tuple(sorted(gone - ({"max_tokens"} if "max_completion_tokens" not in self._refused else set())))

    def _dispensable(self, name: str, refusal: Refusal) -> str:
        """Returns the name. Raises UserError if --max-cost needs the setting."""
        if name == "max_completion_tokens" and self._config.max_cost is not None:
            raise UserError(
                f"{self._shown} accepts no limit for an answer's tokens ({self._words(refusal)}), so --max-cost "
                "cannot be guaranteed: run without it"
            )
        return name

    def _leave_out(self, name: str, refusal: Refusal) -> None:
        """Send no more requests with this setting, and tell the user."""
        if name not in self._refused:
            self._refused.add(name)
            without = "with max_completion_tokens instead" if name == "max_tokens" else "without it"
            say(f"the endpoint does not accept {name} ({self._words(refusal)}): asking {without}")

    def _stream(self, refusal: Refusal) -> None:
        if not self._streaming:
            self._streaming = True
            say(f"the endpoint only streams ({self._words(refusal)}): reading its stream")

    def _words(self, refusal: Refusal) -> str:
        """An error's message as one line that may be stored and shown."""
        code = str(refusal.status)
        return self._connection.hidden(f"{code}: {refusal.text}" if refusal.text else code)

    def _doubtful(self, refusal: Refusal, sent: set[str]) -> bool:
        """Whether JSON mode may be what was refused. An answer to the same request without it would show that."""
        unclear = refusal.status in (400, 422) and refusal.meaning == "unclear" and not refusal.named
        return unclear and "response_format" in sent and not self._json_taken

    def _fault(self, refusal: Refusal, wait: str | None) -> Exception:
        """The exception for an error: for the row or for the run."""
        code, meaning, told = refusal.status, refusal.meaning, self._words(refusal)
        if meaning == "unpaid":
            return EndpointError(
                f"the account has no credit left ({told}); add some, then run the same command to go on"
            )
        if meaning == "key":
            return RefusedError(self._locked(code, told))
        if meaning == "address":
            what = (
                f"has no model '{self.model}', or no such address"
                if code in (404, 410)
                else "does not accept chat completions"
            )
            return RefusedError(
                f"{self._shown} {what} ({told}); check the model's name and the base URL, which mostly ends in /v1"
            )
        if meaning == "passing":
            return TryError(told, busy=code in BUSY, after=retry_after(wait))
        if meaning in ("filtered", "too long"):
            return RowError(f"{meaning} ({told})", final=True)
        if code < 400:
            return TryError(f"{self._shown} answers {code}, not with a chat completion", odd=True)
        alike = (
            f"{self._shown} refuses every request ({told}); check the key, the model's name '{self.model}' and "
            "the settings, also those in --extra-body"
        )
        return RowError(told, final=True, alike=alike)

    def _locked(self, code: int, told: str) -> str:
        if code == 407:
            return (
                f"the proxy on the way to {self._shown} needs a name and a password ({told}): put them into https_proxy"
            )
        if not self._connection.keyed:
            named = f"set {self._config.key_env}, or name a key file or a --header"
            return f"the endpoint refused a request without a key: {named} ({self._shown} answered {told})"
        if code == 403:
            return f"{self._shown} refuses to answer ({told}); is the key allowed to use this model from here?"
        return f"the endpoint refused the key: check it ({self._shown} answered {told})"

    async def close(self) -> None:
        await self._connection.close()
