"""The page on which people check what a reader found in their own reviews: one file that fetches nothing.

Called by `aspectra check`; `aspectra.analyze.sample` draws the sentences, and `aspectra.score.checks` reads what the
page saves.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aspectra.corpus.words import ALONE
from aspectra.errors import UserError
from aspectra.files import canonical, write_text
from aspectra.report.frame import environment, frame
from aspectra.report.pieces import Mark, pieces
from aspectra.report.tables import SIGNS
from aspectra.score.checks import FORMAT

GENERATOR = "aspectra check"
# What is marked by one click. Scripts without spaces between words are marked letter by letter.
WORD = re.compile(rf"(?=\w)[{ALONE}]|[^\W{ALONE}]+(?:['’-][^\W{ALONE}]+)*")


def write(drawn: Mapping[str, Any], file: Path) -> str:
    """Write the page to `file` and return its id, which hangs on what is checked.

    `drawn` is what the page saves in the end (`aspectra.score.checks`), without judgments: `sentences`, each with its
    `opinions`, how many there are (`of`), `seed`, `reader`, `reviews` by name, `categories` that may be named, and
    whether `targets` are. Raises UserError for a file that is something else.
    """
    if file.is_dir() or (file.exists() and GENERATOR not in file.read_text(encoding="utf-8", errors="replace")[:2048]):
        raise UserError(f"{file} exists and is not a page of `aspectra check`; name another file with --out")
    page = hashlib.sha256(canonical([FORMAT, drawn]).encode("utf-8", "replace")).hexdigest()[:16]
    write_text(file, html({"check": FORMAT, "page": page, **drawn}))
    return page


def html(saved: dict[str, Any]) -> str:
    """The page. Each opinion is a card, and each sentence has one more: whether that is all."""
    items, first = [], 0
    for sentence in saved["sentences"]:
        opinions = sentence["opinions"]
        items.append(
            {
                "id": sentence["review_id"],
                "pieces": words(sentence["text"], opinions, first),
                "opinions": [{**o, "number": n, "sign": SIGNS[o["polarity"]]} for n, o in enumerate(opinions, first)],
                "end": first + len(opinions),
            }
        )
        first += len(opinions) + 1
    return (
        environment(markup=True)
        .get_template("check.html.jinja")
        .render(
            **frame(("judging.css", "check.css"), "check.js", saved, ("judging.js",)),
            generator=GENERATOR,
            saved=saved,
            items=items,
            signs=SIGNS,
            cards=first,
            file=f"check-{saved['page']}.json",
        )
    )


def words(text: str, opinions: Sequence[Mapping[str, Any]], first: int) -> list[dict[str, Any]]:
    """The sentence cut where words and targets begin and end, each with the numbers of the cards about it."""
    found = [match.span() for match in WORD.finditer(text)]
    marks = [
        Mark(number, (o["from"], o["to"]), o["polarity"])
        for number, o in enumerate(opinions, first)
        if o["from"] is not None
    ]
    return [
        {**piece, "word": any(start <= piece["from"] and piece["to"] <= end for start, end in found)}
        for piece in pieces(text, marks, found)
    ]
