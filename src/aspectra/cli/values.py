"""Parses options with several values: comma-separated lists, pairs, JSON. Called by the commands that have them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aspectra.errors import UserError, unknown


def names(text: str) -> tuple[str, ...]:
    """The comma-separated parts."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def kinds(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The comma-separated kinds. Raises UserError for an unknown one."""
    found = names(text)
    for kind in found:
        if kind not in known:
            raise unknown("kind", kind, known)
    return found


def pairs(text: str) -> dict[str, str]:
    """`a=b,c=d` as a dict."""
    found = {}
    for part in names(text):
        key, equals, value = part.partition("=")
        if not equals:
            raise UserError(f"--prompts {part}: write it as kind=version, for example analysis=v1")
        found[key.strip()] = value.strip()
    return found


def headers(given: Sequence[str]) -> dict[str, str]:
    """`NAME=VARIABLE` of each --header as a dict. Raises UserError."""
    found = {}
    for each in given:
        name, equals, variable = each.partition("=")
        if not equals or not name.strip() or not variable.strip().isidentifier():
            told = name.strip() or each
            raise UserError(
                f"--header {told}: write it as NAME=VARIABLE, where the environment variable holds the value, for "
                "example --header api-key=AZURE_KEY"
            )
        found[name.strip()] = variable.strip()
    return found


def json_object(text: str, option: str) -> dict[str, Any]:
    """The JSON object in an option."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UserError(f"{option} is not JSON ({error})") from None
    if not isinstance(value, dict):
        raise UserError(f"{option} is not a JSON object, for example '{{\"top_k\": 40}}'")
    return value
