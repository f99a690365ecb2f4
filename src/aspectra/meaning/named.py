"""The user's own topics, from `--topics topics.yaml`, a request or Python: names with optional examples.

    staff: [waiter, guy at the desk]
    wifi:                                # a name alone is enough
    price: [fees, deposit]

Called by code that takes them; `grouping.given` groups by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.meaning.grouping import OTHER, OVERALL
from aspectra.settings import parse_yaml, read_text

TAKEN = {OTHER: "the name for targets that fit nowhere", OVERALL: "the name for opinions without a target"}
SHAPE = "write `name: [example, example]` on each line, or `- name`"


def read_topics(path: Path | str) -> dict[str, tuple[str, ...]]:
    """The topics of a file, in its order: name -> examples; see `topics_of`.

    Raises UserError for a file that cannot be read or has no topics, and for a value that is not text.
    """
    value = parse_yaml(read_text(Path(path), "topics"), str(path))
    if not isinstance(value, dict | list) or not value:
        raise UserError(f"{path} names no topics: {SHAPE}")
    return topics_of(value.items() if isinstance(value, dict) else ((name, None) for name in value), str(path))


def topics_of(said: Iterable[tuple[Any, Any]], where: str) -> dict[str, tuple[str, ...]]:
    """Topics (name, examples) with single spaces, in their order. Names and examples are unique, ignoring case.

    `where` names their source in messages. Raises UserError for a value that is not text, is empty or is repeated, and
    for a name that means something else.
    """
    found: dict[str, tuple[str, ...]] = {}
    whose: dict[str, str] = {}
    for key, more in said:
        name = plain(key, where)
        if name in found:
            raise UserError(f"{where}: {name!r} appears twice; keep one")
        if (meant := TAKEN.get(name.casefold())) is not None:
            raise UserError(f"{where}: {name!r} is {meant}; call this topic something else")
        if not isinstance(more, list | tuple | str | None):
            raise UserError(f"{where}: the examples of {name!r} must be a list of texts: {SHAPE}")
        examples = [plain(one, where) for one in ([more] if isinstance(more, str) else more or ())]
        found[name] = tuple(one for one in dict.fromkeys(examples) if one.casefold() != name.casefold())
        for one in (name, *found[name]):
            if whose.setdefault(one.casefold(), name) != name:
                raise UserError(f"{where}: {one!r} is in both {whose[one.casefold()]!r} and {name!r}; keep one")
    return found


def plain(value: Any, where: str) -> str:
    """A name or an example with single spaces. Raises UserError if it is not text: YAML reads `no` as false."""
    if not isinstance(value, str):
        raise UserError(f"{where}: {value!r} is not a text; put it in quotes ({SHAPE})")
    if not (text := " ".join(value.split())):
        raise UserError(f"{where}: a topic or an example is empty; fill it in or leave it out")
    return text
