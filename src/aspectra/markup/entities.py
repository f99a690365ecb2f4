"""HTML entities (`&amp;`, `&#39;`) and their characters. Called by `aspectra.markup.reading`."""

from __future__ import annotations

import html
import re
from html.entities import html5

# Text that passed through two programs has `&amp;amp;` and `&amp;#39;`: an ampersand may be escaped several times.
AMPERSANDS = re.compile(r"&(?:amp;)*+", re.IGNORECASE)
BODY = re.compile(
    r"(?:#(?:x(?P<hex>[0-9a-f]{1,6})|(?P<code>[0-9]{1,7}))|(?P<name>[a-z][a-z0-9]*+))(?P<end>;)?", re.IGNORECASE
)
# HTML allows a hundred names without a semicolon. Only these are safe: `salt&not pepper` means the words.
BARE = {"amp", "copy", "gt", "lt", "nbsp", "quot", "reg"}
BARE_CODES = {34, 38, 39, 60, 62}
BEHIND_BARE = re.compile(r"[0-9A-Za-z=;]")  # `?a=1&copy=2` is part of a URL
HIGH, LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)
# A no-break space becomes a space; a soft hyphen is removed.
PLAIN = {"\u00a0": " ", "\u00ad": "", "\r": "\n"}


def entity(text: str, at: int) -> tuple[int, str] | None:
    """(end of the entity, its characters) for an entity at a `&`; None for any other ampersand.

    >>> [entity(said, 0) for said in ("&amp;amp;", "&#8217;", "&T", "&copy 2024")]
    [(9, '&'), (7, '’'), None, (5, '©')]
    """
    amps = AMPERSANDS.match(text, at)
    assert amps is not None
    escaped = amps.end() > at + 1
    body = BODY.match(text, amps.end())
    said = None
    end = amps.end()
    if body is not None and (body["end"] or not escaped):
        end, said = body.end(), named(text, body) if body["name"] else numbered(body)
        if body["name"] is None and (low := second_half(text, body)) is not None:
            # Databases that use UTF-16 write an emoji as two surrogates.
            end, said = low.end(), chr(0x10000 + (number(body) - HIGH.start) * 0x400 + number(low) - LOW.start)
    if said:
        return end, PLAIN.get(said, said)
    return (amps.end(), "&") if escaped else None


def named(text: str, body: re.Match[str]) -> str | None:
    """The characters of a name; None if HTML does not have it."""
    name = body["name"]
    if body["end"]:
        return html5.get(f"{name};") or html5.get(f"{name.lower()};")
    # `&amp` without a semicolon counts only if no letter follows: not in `&amplifier`.
    bare = name.lower() in BARE and not BEHIND_BARE.match(text, body.end())
    return html5[f"{name.lower()};"] if bare else None


def numbered(body: re.Match[str]) -> str | None:
    """The character of a number. None if there is none, or for a small number without a semicolon."""
    code = number(body)
    if body["end"] is None and code not in BARE_CODES and code < 128:
        return None
    return html.unescape(f"&#{code};")


def number(body: re.Match[str]) -> int:
    return int(body["hex"], 16) if body["hex"] else int(body["code"])


def second_half(text: str, body: re.Match[str]) -> re.Match[str] | None:
    """The low surrogate that follows a high surrogate, if there is one."""
    if number(body) not in HIGH or not text.startswith("&", body.end()):
        return None
    low = BODY.match(text, body.end() + 1)
    return low if low is not None and not low["name"] and number(low) in LOW else None
