"""Prompts: versioned Jinja files in `prompts/`, rendered to chat messages.

A version is never edited after it was used: an improvement is a new file, and the version is part of a request's
identity. Called by `aspectra.elicit.call` (versions, demonstrations), `nearest` (messages) and
`aspectra.benchmark.llm`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from aspectra.errors import UserError, unknown
from aspectra.schema import KINDS
from aspectra.teachers.teacher import Messages

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = files("aspectra.elicit") / "prompts"
# The best version, not the latest (docs/results/prompts.md). A new default means asking, and paying, again.
DEFAULT: dict[str, str] = dict.fromkeys(KINDS, "v1")
NAME = re.compile(r"(analysis|rewriting|extraction|polarity)-v(\d+)\.jinja")


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A review and the desired answer."""

    kind: str
    review: str
    answer: str


@cache
def versions(kind: str) -> tuple[str, ...]:
    """The versions of a kind's prompt, oldest first: `("v1", ...)`."""
    numbers = [int(found[2]) for file in FOLDER.iterdir() if (found := NAME.fullmatch(file.name)) and found[1] == kind]
    return tuple(f"v{number}" for number in sorted(numbers))


def choose(kind: str, wanted: str | None = None) -> str:
    """The version to use: `wanted`, or the default if None. Raises UserError for an unknown one."""
    if kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    if wanted is not None and wanted not in versions(kind):
        raise unknown(f"version of the {kind} prompt", wanted, versions(kind))
    return wanted or DEFAULT[kind]


def render(
    kind: str,
    review_text: str,
    version: str,
    task: str = "atsa",
    categories: Sequence[str] = (),
    demonstrations: Sequence[Demonstration] = (),
) -> Messages:
    """Chat messages for one review: instruction, demonstrations of this kind as earlier turns, the review last.

    The constant part comes first, so that a server's prefix cache works. No message has the role `system`, which some
    models reject.
    """
    template = _template(kind, version)
    shown = [each for each in demonstrations if each.kind == kind]

    def block(name: str, review: str = "") -> str:
        values = {"review": review, "task": task, "categories": list(categories)}
        return "".join(template.blocks[name](template.new_context(values))).strip()

    messages: Messages = []
    for each in shown:
        messages.append({"role": "user", "content": block("review", each.review)})
        messages.append({"role": "assistant", "content": each.answer})
    messages.append({"role": "user", "content": block("review", review_text)})
    messages[0]["content"] = block("instruction") + "\n\n" + messages[0]["content"]
    return messages


@cache
def _template(kind: str, version: str) -> Template:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    source = (FOLDER / f"{kind}-{choose(kind, version)}.jinja").read_text(encoding="utf-8")
    # Not HTML: escaping would change the review's words. The review is a value here, never template text.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False).from_string(source)


def read_demonstrations(path: Path | str | None) -> tuple[Demonstration, ...]:
    """Demonstrations from JSONL lines `{"kind", "review", "answer"}`; none if `path` is None.

    Raises UserError for a missing file or a bad line, naming it.
    """
    if path is None:
        return ()
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except FileNotFoundError:
        raise UserError(f"no demonstrations file {path}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8; convert it first") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            kind, review, answer = value["kind"], value["review"], value["answer"]
        except (ValueError, TypeError, KeyError):
            raise UserError(f'{path} line {number}: not {{"kind": ..., "review": ..., "answer": ...}}') from None
        if kind not in KINDS:
            raise unknown(f"kind in {path} line {number}", str(kind), KINDS)
        answer = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        found.append(Demonstration(kind, str(review), answer))
    return tuple(found)
