"""An endpoint's API key: where it is read from, and which forms of it must never be written or shown.

Called by `aspectra.teachers.openai` and `aspectra.elicit.ray_engine`.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from aspectra.config import ElicitConfig
from aspectra.errors import UserError

PUBLIC = ("api-version",)  # an Azure URL parameter that error messages should show
SHORTEST_SECRET = 4  # shorter ones are not worth hiding, and occur inside ordinary words


def secrets(url: str, key: str | None, headers: Iterable[str] = ()) -> tuple[str, ...]:
    """Strings that must never be written or shown: the key, values of headers, and secrets in the URL, plain and
    encoded.
    """
    parts = urlsplit(url)
    hidden = (value for name, value in parse_qsl(parts.query) if name not in PUBLIC)
    found = {key or "", parts.password or "", *hidden, *(part for value in headers for part in (value, *value.split()))}
    if parts.username and parts.password:
        pair = f"{unquote(parts.username)}:{unquote(parts.password)}"
        found |= {pair, base64.b64encode(pair.encode()).decode()}
    plain = found | {unquote(each) for each in found}
    whole = plain | {quote(each, safe="") for each in plain} | {quote_plus(each) for each in plain}
    # Long ones first: a short one may be part of them.
    return tuple(sorted((each for each in whole if len(each) >= SHORTEST_SECRET), key=len, reverse=True))


def read_key(config: ElicitConfig) -> str | None:
    """The key from `key_file`, else from the environment variable `key_env`, else None. Raises UserError."""
    if config.key_file is not None:
        path = Path(config.key_file).expanduser()
        try:
            key = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"cannot read the key file {path}: {getattr(error, 'strerror', None) or error}") from None
        if not key or not key.isascii() or len(key.split()) != 1:
            raise UserError(f"the key file {path} must contain only the key")
        return key
    key = os.environ.get(config.key_env, "").strip()
    if not key.isascii() or len(key.split()) > 1:
        raise UserError(f"the environment variable {config.key_env} must contain only the key")
    return key or None


def read_headers(config: ElicitConfig) -> dict[str, str]:
    """Additional headers, with values from environment variables. Raises UserError."""
    found = {}
    for name, variable in config.headers.items():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name):
            raise UserError(f"--header {name}={variable}: '{name}' is not a valid header name")
        value = os.environ.get(variable, "").strip()
        if not value:
            raise UserError(f"--header {name}={variable}: set the environment variable {variable} to its value")
        if not value.isascii() or not value.isprintable():
            raise UserError(
                f"the environment variable {variable} must contain the value of the header {name}, in one line"
            )
        found[name] = value
    return found
