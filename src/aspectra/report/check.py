"""The page on which people check what a reader found in their own reviews: one self-contained file.

Called by `aspectra check`; `aspectra.analyze.sample` draws the sentences, and `aspectra.score.checks` reads the
judgments that the page saves.
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
# One click marks one of these. Scripts without spaces between words are marked character by character.
WORD = re.compile(rf"(?=\w)[{ALONE}]|[^\W{ALONE}]+(?:['’-][^\W{ALONE}]+)*")


def write(drawn: Mapping[str, Any], file: Path) -> str:
    """Write the page to `file` and return its id, which depends on the content.

    `drawn` is the content that the page saves (`aspectra.score.checks`), without judgments: `sentences` with their
    `opinions`, their total number (`of`), `seed`, `reader`, the name of the `reviews`, the possible `categories`, and
    whether there are `targets`. Raises UserError if the file exists and is not such a page.
    """
    if file.is_dir() or (file.exists() and GENERATOR not in file.read_text(encoding="utf-8", errors="replace")[:2048]):
        raise UserError(f"{file} exists and is not a page of `aspectra check`; name another file with --out")
    page = hashlib.sha256(canonical([FORMAT, drawn]).encode("utf-8", "replace")).hexdigest()[:16]
    write_text(file, html({"check": FORMAT, "page": page, **drawn}))
    return page


def html(saved: dict[str, Any]) -> str:
    """The page. Each opinion is a card, and each sentence has one more, on whether an opinion is missing."""
    items, first = [], 0
    for sentence in saved["sentences"]:
        opinions = sentence["opinions"]
        items.append(
            {
                "review": named(sentence["review_row"], sentence["review_id"]),
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


def named(row: int, identity: str) -> str:
    """A review as the page of `aspectra analyze` calls it, by its row, and its id where the table has one.

    >>> named(3, "row-3"), named(3, "stay-001")
    ('row 3', 'row 3, stay-001')
    """
    return f"row {row}" if identity == f"row-{row}" else f"row {row}, {identity}"


def words(text: str, opinions: Sequence[Mapping[str, Any]], first: int) -> list[dict[str, Any]]:
    """The sentence split at the ends of words and targets; each piece has the numbers of its cards."""
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
