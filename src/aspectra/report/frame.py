"""The frame of every page: a self-contained file, whose content security policy allows only its own style and script.

Called by `benchmark`, `opinions` and `audit` of this folder; the parts are in `page/`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from aspectra.report.tables import escape

if TYPE_CHECKING:
    from jinja2 import Environment

PAGE = files("aspectra.report") / "page"


def frame(styles: tuple[str, ...], script: str, data: Any, before: tuple[str, ...] = ()) -> dict[str, Any]:
    """The values `style`, `script`, `policy` and `data` of a page's template.

    `style.css`, `theme.js` and `boxes.js` are in every page, before the named files; `before` are scripts that several
    pages share. `data` is the input of the script.
    """
    from markupsafe import Markup

    style = "".join(map(part, ("style.css", *styles)))
    code = "".join(map(part, ("theme.js", "boxes.js", *before, script)))
    return {
        "style": Markup(style),
        "script": Markup(code),
        "policy": f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(code)}'; "
        "base-uri 'none'; form-action 'none'",
        "data": Markup(embedded(data)),
    }


def part(name: str) -> str:
    """A file of `page/`."""
    return (PAGE / name).read_text(encoding="utf-8")


def embedded(value: Any) -> str:
    """JSON that is safe inside a script element: nothing in it ends the element or a line of script."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


@cache
def environment(markup: bool) -> Environment:
    """Templates that escape every value: for HTML, or for text in a Markdown table."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("aspectra.report", "page"),
        autoescape=markup,
        finalize=None if markup else lambda value: escape(str(value)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def digest(text: str) -> str:
    """The hash with which a content security policy allows an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
