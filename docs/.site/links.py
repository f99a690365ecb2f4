"""Links of the pages that lead out of docs/, to code and data of a checkout: checked, and written as plain text.

A hook of mkdocs. The site has the pages alone, so that such a link would lead nowhere.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((\.\./[^)#\s]*)(#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """The page without links that leave docs/; one to a file that is not there is a warning, which `--strict` minds."""
    docs = Path(config["docs_dir"]).resolve()

    def replaced(match: re.Match[str]) -> str:
        target = (docs / page.file.src_uri).parent.joinpath(match[2]).resolve()
        if target.is_relative_to(docs):
            return match[0]
        if not target.exists():
            logging.getLogger("mkdocs.hooks").warning("%s: no file %s", page.file.src_uri, match[2])
        return match[1]

    return LINK.sub(replaced, markdown)
