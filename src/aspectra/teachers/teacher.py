"""The seam between the engine and whatever answers: text in, text out.

Implemented by the other files of this folder, chosen in `make.py`; asked by `aspectra.elicit.asking`, whose engine also
takes one that its caller made. A teacher knows nothing of stores, prompts' versions or validation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from aspectra.config import ElicitConfig

Messages = list[dict[str, str]]
"""A chat, oldest message first: each has a `role` (`user` or `assistant`) and a `content`."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask: the rendered messages, and what they were made of. `attempt` counts from 0."""

    kind: str
    review: str
    messages: Messages
    json_wanted: bool = False
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a teacher answered, verbatim. Token counts are None where it does not count.

    `thinking` are characters of reasoning that came apart from the text. `model` and `prompt_version` are set by a
    teacher that passes on what another one said. `distribution` are the probabilities behind the answer, as JSON
    (`aspectra.data.soft`), where the teacher has them. `left_out` are the settings that it was asked without, for the
    endpoint does not take them.
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
    """The teacher has nothing for this question and never will: counted apart, not a failure."""


class RowError(Exception):
    """This one answer cannot be had (now); the others may. The text is the reason kept in the store.

    `final`: it was refused for what it is, and would be again. `alike`: nothing in the refusal shows that the others
    are not refused too; what to tell the user if they are.
    """

    def __init__(self, reason: str, *, final: bool = False, alike: str = "") -> None:
        super().__init__(reason)
        self.final, self.alike = final, alike


NO_JSON = "json_invalid"
"""Why an answer ended that an endpoint refused to pass on, since it is no JSON."""


class TryError(Exception):
    """This try failed, the next may not; whoever asks decides when that is. The text is the reason.

    `busy`: the endpoint wants fewer requests at once. `gone`: there was no connection at all. `mute`: there was one,
    which ended before a word came. `odd`: what came is no answer of such an endpoint. `after`: seconds that it asks all
    of us to wait. `spent`: what the try took all the same.
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
    """How an answer is drawn, in the words of every chat API.

    Another draw for another attempt, yet the same one whenever the run is repeated.
    """
    return {"temperature": config.temperature, "max_tokens": config.max_tokens, "seed": config.seed + attempt}


def identifying(config: ElicitConfig) -> dict[str, object]:
    """The settings that shape any model's answer, by which it is stored: the same for vLLM and for its server."""
    return drawn(config) | ({"extra_body": config.extra_body} if config.extra_body else {})


class Teacher(Protocol):
    """Answers questions, many at a time."""

    model: str
    """The name that requests are stored under."""
    settings: dict[str, object]
    """What shapes the answer besides the words: part of a request's identity."""
    instant: bool
    """Answers in this process, without a prompt and for nothing, so that the engine renders none, keeps no pace and
    reserves no money."""
    free: bool
    """Costs nothing, so that the cost is known without a price."""

    async def ask(self, question: Question) -> Reply:
        """Try once: answer, or raise AbsentError, RowError, TryError, or an AspectraError that ends the run."""
        ...

    async def close(self) -> None:
        """Give back what it holds; asked once, after the last question, by whoever made the teacher."""
        ...
