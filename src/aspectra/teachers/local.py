"""A GGUF file as a teacher, in this process: llama.cpp's server through xllamacpp, called directly.

Its slots answer in parallel, one for each request in flight. Needs the extra `local`. Made by `aspectra.teachers.make`,
called by `aspectra.elicit.asking`; `aspectra.elicit.tokens` counts tokens with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from aspectra.config import ElicitConfig
from aspectra.errors import AspectraError, UserError
from aspectra.extras import need
from aspectra.teachers.completion import completion
from aspectra.teachers.refusal import Refusal
from aspectra.teachers.teacher import Messages, Question, Reply, RowError, drawn, identifying

PROMPT_ROOM = 2048  # tokens of a slot for the prompt, besides those of the answer
HEAD = 1 << 20


class LocalTeacher:
    """Loads the model on first use, so that a run with nothing left to ask is quick.

    The constructor raises UserError if the file is not GGUF, MissingExtraError without xllamacpp.
    """

    instant = False
    free = True

    def __init__(self, config: ElicitConfig) -> None:
        if not config.model:
            raise UserError("--model is missing: name the GGUF file to load")
        path = Path(config.model).expanduser()
        if not path.is_file():
            raise UserError(f"no GGUF file {path}")
        with path.open("rb") as stream:
            head = stream.read(HEAD)
        if head[:4] != b"GGUF":
            raise UserError(f"{path} is not a GGUF file")
        need("local", "a local LLM")
        self.model = path.name
        self.settings = identifying(config)
        # The head has the names and shapes of all weights and the tokenizer. Hashing 40 GB each time would take longer
        # than the answers.
        self.settings["gguf"] = hashlib.sha256(head + str(path.stat().st_size).encode()).hexdigest()[:16]
        self._config, self._path = config, path
        self._server: Any = None
        self._threads = ThreadPoolExecutor(config.concurrency, thread_name_prefix="slot")

    def load(self) -> None:
        """Load the weights once. Raises UserError if llama.cpp cannot."""
        if self._server is not None:
            return
        import xllamacpp

        config = self._config
        params = xllamacpp.CommonParams()
        params.model.path = str(self._path)
        params.n_parallel = config.concurrency
        params.n_ctx = config.concurrency * (PROMPT_ROOM + config.max_tokens)
        params.port = 0  # it always opens a port: use a free one
        params.hostnames = ["127.0.0.1"]
        params.ui = False
        params.verbosity = 1  # errors only
        try:
            self._server = xllamacpp.Server(params)
        except (RuntimeError, ValueError) as error:
            raise UserError(f"llama.cpp cannot load {self._path} ({str(error).splitlines()[0]})") from None

    async def ask(self, question: Question) -> Reply:
        self.load()  # blocks the other requests, which need the model too
        body: dict[str, Any] = {
            "messages": question.messages,
            **drawn(self._config, question.attempt),
            **({"response_format": {"type": "json_object"}} if question.json_wanted else {}),
            **self._config.extra_body,
        }
        body = {name: value for name, value in body.items() if value is not None}
        try:
            answer = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._server.handle_chat_completions, body
            )
        except (RuntimeError, ValueError) as error:
            raise RowError(" ".join(str(error).split())[:300]) from None
        if not isinstance(answer, dict) or "choices" not in answer:
            refusal = Refusal.of(400, answer)
            if refusal.meaning == "too long":
                raise RowError(f"too long ({refusal.text})"[:300], final=True)
            raise RowError(f"llama.cpp: {refusal.text}"[:300])
        return completion(answer)

    def count(self, messages: Messages) -> int:
        """Tokens of a prompt, by the model's own template and tokenizer."""
        words = self._post("/apply-template", {"messages": messages})["prompt"]
        return len(self._post("/tokenize", {"content": words, "add_special": True, "parse_special": True})["tokens"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call the server's HTTP port, for what has no function in xllamacpp."""
        self.load()
        request = Request(
            self._server.listening_address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            # No proxy from the environment: the port belongs to this process.
            with build_opener(ProxyHandler({})).open(request) as answer:
                found: dict[str, Any] = json.load(answer)
        except (OSError, ValueError) as error:
            raise AspectraError(f"llama.cpp cannot count tokens ({error})") from None
        return found

    async def close(self) -> None:
        self._threads.shutdown(wait=True)
        self._server = None
