"""HTML tags in a text, and what each shows: a line break, a space, or nothing.

A tag must be an HTML element: `<3`, `a < b`, `<bob@example.com>` and `<unknown>` are text. Called by
`aspectra.markup.reading`.
"""

from __future__ import annotations

import html
import re

BREAKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre",
    "section", "select", "summary", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "ul",
))  # fmt: skip
GAPS = frozenset((
    "audio", "button", "canvas", "embed", "iframe", "img", "input", "object", "picture", "video",
))  # fmt: skip
WITHIN = frozenset((
    "a", "abbr", "acronym", "area", "b", "base", "bdi", "bdo", "big", "cite", "code", "col", "colgroup", "data",
    "del", "dfn", "em", "font", "head", "i", "ins", "kbd", "label", "link", "map", "mark", "meta", "nobr",
    "noscript", "param", "q", "rp", "rt", "ruby", "s", "samp", "script", "small", "source", "span", "strike",
    "strong", "style", "sub", "sup", "svg", "template", "time", "track", "tt", "u", "var", "wbr",
))  # fmt: skip
HIDDEN = ("head", "iframe", "script", "style", "svg", "template")  # hidden with their contents
# Names that people also write in brackets, as in `I live at <address>`: tags only with attributes or an end tag.
WORDS = frozenset((
    "address", "area", "article", "aside", "audio", "base", "big", "body", "button", "caption", "center", "cite",
    "code", "data", "details", "dialog", "embed", "figure", "font", "footer", "form", "head", "header", "input",
    "label", "legend", "link", "main", "map", "mark", "menu", "nav", "object", "option", "param", "picture",
    "script", "section", "select", "small", "source", "style", "summary", "table", "template", "textarea", "time",
    "title", "track", "var", "video",
))  # fmt: skip
LONE = frozenset((
    "allowfullscreen", "async", "checked", "compact", "controls", "defer", "disabled", "hidden", "loop", "muted",
    "noshade", "nowrap",
))  # fmt: skip

# JSON that was not decoded has `\/` for a slash and `\"` for a quote.
VALUED = r"\s++[a-z_:@*][\w:.@*-]*+\s*+=\s*+(?:\\?\"[^\"]*+\"|'[^']*+'|[^\s\"'<>=`]++)"
TAG = re.compile(
    rf"<(?P<end>(?:\\?/)?)(?P<name>[a-z][a-z0-9]*+(?::[a-z]\w*+)?)(?P<given>(?:{VALUED})?)"
    rf"(?:{VALUED}|\s++(?P<lone>[a-z]++)(?=[\s\\/>]))*+\s*+\\?/?>",
    re.IGNORECASE,
)
SPACED = re.compile(r"<\s*+\\?/?\s*+br\s*+\\?/?\s*+>", re.IGNORECASE)  # as word tokenizers write it
TORN = re.compile(
    r"<(?:br\s*+\\?/?|\\?/(?P<end>[a-z][a-z0-9]*+)|(?P<name>[a-z][a-z0-9]*+)\s++[a-z-]++=[^<>]*+)\Z", re.IGNORECASE
)
MARKED = re.compile(r"<(?:!doctype\b[^<>]*+|\?xml\b[^<>]*+|!\[CDATA\[|!\[[^<>\[\]]*+\]>|!--(?=>))>?", re.IGNORECASE)
# Not `{0,1000}+`: in Python 3.11.2, which Debian 12 has, a possessive group that begins with a lookahead fails.
ESCAPED = re.compile(
    r"&(?:amp;)*+(?:lt|#60|#x3c);(?P<inner>[\\/a-z!](?:(?!&(?:amp;)*+(?:[lg]t|#6[02]|#x3[ce]);)[^<>]){0,1000})"
    r"&(?:amp;)*+(?:gt|#62|#x3e);",
    re.IGNORECASE,
)
ENDS = re.compile(r"(?:<|&(?:amp;)*+lt;)\\?/([a-z][a-z0-9]*+)", re.IGNORECASE)


class Tags:
    """The tags of one text. A failed search is remembered: otherwise `<!--` in every line takes hours."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ended = {name.lower() for name in ENDS.findall(text)}
        self.raw = "<![CDATA[" in text
        self.absent: set[str] = set()

    def at(self, start: int) -> tuple[int, str] | None:
        """(end, visible text) of a tag, plain or escaped, that begins here; else None."""
        text = self.text
        if text.startswith("]]>", start):
            return (start + 3, "") if self.raw else None
        if text.startswith("&", start):
            match = ESCAPED.match(text, start)
            inner = None if match is None else TAG.fullmatch(f"<{html.unescape(match['inner'])}>")
            if match is None or inner is None or (seen := self.seen(inner)) is None:
                return None
            return match.end(), seen
        if text.startswith("<!--", start) and (end := self.after("-->", start + 4)) is not None:
            return end, ""
        if (match := TAG.match(text, start)) is not None and (seen := self.seen(match)) is not None:
            name = match["name"].lower()
            if name in HIDDEN and not match["end"] and (end := self.hidden(name, match.end())) is not None:
                return end, seen
            return match.end(), seen
        if (match := SPACED.match(text, start)) is not None:
            return match.end(), "\n"
        if (match := MARKED.match(text, start)) is not None:
            return match.end(), ""
        if (match := TORN.match(text, start)) is not None and known(
            name := (match["end"] or match["name"] or "br").lower()
        ):
            return match.end(), shown(name)
        return None

    def seen(self, match: re.Match[str]) -> str | None:
        """The visible text of a tag; None if it is not an HTML tag."""
        name = match["name"].lower()
        if match["lone"] and match["lone"].lower() not in LONE:
            return None  # `a<b and c>d`
        if not known(name) or (
            name in WORDS and not (match["given"] or match["lone"] or match["end"] or name in self.ended)
        ):
            return None
        return shown(name)

    def hidden(self, name: str, start: int) -> int | None:
        """The end of a hidden element; None if it has no end tag."""
        end = self.after(f"</{name}", start) or self.after(f"<\\/{name}", start)
        end = None if end is None else self.after(">", end)
        if end is None:
            self.absent.add(f"</{name}")
        return end

    def after(self, what: str, start: int) -> int | None:
        """The end of the next match of a string, ignoring case; None if there is none."""
        if what in self.absent:
            return None
        match = re.compile(re.escape(what), re.IGNORECASE).search(self.text, start)
        if match is None:
            self.absent.add(what)
            return None
        return match.end()


def known(name: str) -> bool:
    """Whether HTML has the element. Word processors write names like `o:p`."""
    return name in BREAKS or name in WITHIN or name in GAPS or ":" in name


def shown(name: str) -> str:
    """The visible text of a tag of this name."""
    return "\n" if name in BREAKS else " " if name in GAPS else ""
