"""The page on which a person judges a sample of the teacher's answers: one self-contained file.

Called by `aspectra elicit --audit`; `aspectra.elicit.audit` draws, and `aspectra.elicit.verdicts` scores the judgments
that the page saves.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from aspectra.elicit.audit import ASKED, FORMAT, QUESTIONS, Drawn, draw
from aspectra.elicit.verdicts import decisive
from aspectra.files import canonical, write_text
from aspectra.report.frame import environment, frame
from aspectra.report.pieces import Mark, pieces
from aspectra.report.tables import SIGNS, distinct

NAME = "audit.html"
ASKS = {
    "target": "Does the review judge this target?",
    "sentiment": "Is the sentiment right?",
    "reasoning": "Is the reasoning convincing?",
    "invented": "Is nothing invented?",
}
WHOLE = "The sentiment of a rewriting is right if it has all the sentiments of the review."


def write(folder: Path, count: int, seed: int = 0) -> dict[str, Any]:
    """Draw `count` answers of the folder's last run and write `audit.html` there.

    Returns `page` (the file), `responses` (the number of `done` and `rejected` ones), and `opinions` (the number to
    judge). Raises UserError for a folder without answers.
    """
    drawn, there = draw(folder, count, seed)
    marks = [mark for each in drawn for mark in each.marks()]
    responses = {
        "drawn": len(drawn),
        "done": sum(each.response.status == "done" for each in drawn),
        "rejected": sum(each.response.status == "rejected" for each in drawn),
        "of": there,
    }
    file = folder / NAME
    write_text(file, html(drawn, marks, responses, seed))
    return {"page": str(file), **responses, "opinions": len(marks)}


def html(drawn: list[Drawn], marks: list[dict[str, Any]], responses: dict[str, int], seed: int) -> str:
    """The page. Its id depends on the content, so that other pages cannot load its saved judgments."""
    teachers = distinct(each.response.model for each in drawn)
    judged = [[each.response.review_id, each.response.kind, each.response.text] for each in drawn]
    page = hashlib.sha256(canonical([FORMAT, seed, judged]).encode("utf-8", "replace")).hexdigest()[:16]
    saved = {"audit": FORMAT, "page": page, "teachers": teachers, "seed": seed, "responses": responses}
    kinds = distinct(each.response.kind for each in drawn)
    asked = [name for name in QUESTIONS if any(name in ASKED[kind] for kind in kinds)]
    first = 0
    items = []
    for each in drawn:
        items.append(item(each, first))
        first += len(each.statements)
    return (
        environment(markup=True)
        .get_template("audit.html.jinja")
        .render(
            **frame(("judging.css", "audit.css"), "audit.js", {**saved, "opinions": marks}, ("judging.js",)),
            teachers=teachers,
            kinds=kinds,
            intro=[ASKS[name] for name in asked] + ([WHOLE] if "rewriting" in kinds else []),
            letters="".join(name[0] for name in asked),
            responses=responses,
            opinions=len(marks),
            seed=seed,
            items=items,
            file=f"audit-{page}.json",
        )
    )


def item(drawn: Drawn, first: int) -> dict[str, Any]:
    """The template's values for an answer; `first` is the page-wide number of its first statement."""
    answer = drawn.response
    statements = [*enumerate(drawn.statements, first)]
    marks = [Mark(number, each.place, each.polarity) for number, each in statements if each.place is not None]
    return {
        "id": answer.review_id,
        "kind": answer.kind,
        "reason": answer.reason if answer.status == "rejected" else None,
        "text": answer.text or "",
        "review": pieces(answer.review, marks),
        "statements": [
            {
                "number": number,
                "target": each.target,
                "there": each.place is not None,
                "polarity": each.polarity,
                "sign": SIGNS.get(each.polarity or "", "?"),
                "told": each.told,
                "asked": [
                    {"name": name, "text": QUESTIONS[name], "decisive": name in decisive(answer.kind)}
                    for name in ASKED[answer.kind]
                ],
            }
            for number, each in statements
        ],
    }
