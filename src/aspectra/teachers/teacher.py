"""The interface between the engine and whatever answers: text in, text out.

The other files of this folder implement it, and `make.py` chooses one. `aspectra.elicit.asking` calls it; its engine
also accepts a teacher that its caller made. A teacher knows nothing of stores, prompt versions or validation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from aspectra.config import ElicitConfig

Messages = list[dict[str, str]]
"""A chat, oldest message first: each has a `role` (`user` or `assistant`) and a `content`."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question: the rendered messages, and what they were made from. `attempt` counts from 0."""

    kind: str
    review: str
    messages: Messages
    json_wanted: bool = False
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """A teacher's answer, verbatim. Token counts are None if the teacher does not count.

    `thinking` is the number of characters of reasoning outside the text. A teacher that replays another one's answer
    sets `model` and `prompt_version`. `distribution` has the probabilities behind the answer, as JSON
    (`aspectra.data.soft`), if the teacher gives them. `left_out` names settings that the endpoint rejected, so that
    they were not sent.
    """

    text: str
    finish_reason: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    thinking: int = 0
    model: str | None = None
    prompt_version: str | None = None
    distribution: str | None = None
    left_out: tuple[str, ...] = ()


class AbsentError(Exception):
    """The teacher has no answer to this question and never will. Counted separately, not as a failure."""


class RowError(Exception):
    """This one answer failed (for now); others may succeed. The text is the reason in the store.

    `final`: a retry would be refused too. `alike`: the refusal may concern all requests; the text is the message to the
    user if it does.
    """

    def __init__(self, reason: str, *, final: bool = False, alike: str = "") -> None:
        super().__init__(reason)
        self.final, self.alike = final, alike


NO_JSON = "json_invalid"
"""The finish reason of an answer that the endpoint rejected because it is not JSON."""


class TryError(Exception):
    """This try failed, the next may succeed; the caller decides when to retry. The text is the reason.

    `busy`: the endpoint wants fewer requests at once. `gone`: no connection. `mute`: the connection closed without any
    answer. `odd`: the response is not that of such an endpoint. `after`: seconds that the endpoint asks all requests to
    wait. `spent`: token counts of the failed try.
    """

    def __init__(
        self,
        reason: str,
        *,
        busy: bool = False,
        gone: bool = False,
        mute: bool = False,
        odd: bool = False,
        after: float | None = None,
        spent: Reply | None = None,
    ) -> None:
        super().__init__(reason)
        self.busy, self.gone, self.mute, self.odd, self.after = busy, gone, mute, odd, after
        self.spent = spent


def drawn(config: ElicitConfig, attempt: int = 0) -> dict[str, Any]:
    """Sampling parameters, named as in every chat API.

    The seed differs between attempts, but repeating the run gives the same ones.
    """
    return {"temperature": config.temperature, "max_tokens": config.max_tokens, "seed": config.seed + attempt}


def identifying(config: ElicitConfig) -> dict[str, object]:
    """The settings that affect any model's answer; part of a request's identity. vLLM and its server have the same."""
    return drawn(config) | ({"extra_body": config.extra_body} if config.extra_body else {})


class Teacher(Protocol):
    """Answers questions, many at a time."""

    model: str
    """The name under which requests are stored."""
    settings: dict[str, object]
    """Settings that affect the answer: part of a request's identity."""
    instant: bool
    """Answers in this process, without a prompt, at no cost. The engine then renders no prompt, does not pace, and
    reserves no budget.
    """
    free: bool
    """Costs nothing, so the cost is known without prices."""

    async def ask(self, question: Question) -> Reply:
        """Try once: answer, or raise AbsentError, RowError, TryError, or an AspectraError that ends the run."""
        ...

    async def close(self) -> None:
        """Release resources. Called once, after the last question, by whoever made the teacher."""
        ...
