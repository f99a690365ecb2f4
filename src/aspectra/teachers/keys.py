"""An endpoint's key: where it is read from, and in which forms it may stand in no file and no line.

Called by `aspectra.teachers.openai` and `aspectra.elicit.ray_engine`.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from aspectra.config import ElicitConfig
from aspectra.errors import UserError

SHORTEST_SECRET = 4  # shorter ones are not worth hiding, and stand in every other word


def secrets(url: str, key: str | None) -> tuple[str, ...]:
    """What no file and no line may hold: the key and what the address hides, as they are and as they are encoded."""
    parts = urlsplit(url)
    found = {key or "", parts.password or "", *(value for _, value in parse_qsl(parts.query))}
    if parts.username and parts.password:
        pair = f"{unquote(parts.username)}:{unquote(parts.password)}"
        found |= {pair, base64.b64encode(pair.encode()).decode()}
    plain = found | {unquote(each) for each in found}
    whole = plain | {quote(each, safe="") for each in plain} | {quote_plus(each) for each in plain}
    # Long ones first: a short one may be a part of them.
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
            raise UserError(f"the key file {path} must hold the key and nothing else")
        return key
    key = os.environ.get(config.key_env, "").strip()
    if not key.isascii() or len(key.split()) > 1:
        raise UserError(f"the environment variable {config.key_env} must hold the key and nothing else")
    return key or None
