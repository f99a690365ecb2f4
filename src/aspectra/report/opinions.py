"""The report of `aspectra analyze`: one self-contained page made from a manifest's figures.

Called by `aspectra.analyze.analysis`. Everything is counted before it is drawn, so the page for a million opinions is
as small as for a thousand. Its content security policy allows only its own style and script, by their hashes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from aspectra.files import write_text
from aspectra.report import tables
from aspectra.report.frame import environment, frame
from aspectra.report.opinions_topics import picture
from aspectra.report.opinions_words import NOUNS, Row, facts, headline, left_out, notes, percent, said, story, trust

GENERATOR = "aspectra analyze"
VALUES = 12  # values of a column shown at first
FEW = 5  # with fewer reviews, the table of values and topics shows no share
SIGNS = {name: tables.SIGNS[name] for name in ("positive", "neutral", "conflict", "negative")}  # the order of the bars


def write(manifest: Row, path: Path) -> None:
    """Write the page atomically."""
    write_text(path, html(manifest))


def html(manifest: Row) -> str:
    """The page for a manifest of `aspectra.analyze.analysis`."""
    page = environment(markup=True).get_template("opinions.html.jinja")
    parts = frame(("opinions.css",), "opinions.js", table(manifest["figures"]))
    return page.render(**context(manifest), generator=GENERATOR, **parts)


def table(figures: Row) -> Row:
    """The data of the page's sortable table: a list for each row."""
    return {
        kind: [
            [
                row["label"],
                row["opinions"],
                row["reviews"],
                *(row["polarities"][polarity]["count"] for polarity in SIGNS),
                *(round(row["polarities"]["negative"][end], 5) for end in ("low", "high")),
            ]
            for row in figures[kind]["rows"]
        ]
        for kind in kinds(figures)
    }


def kinds(figures: Row) -> list[str]:
    """The contents that the table offers: topics, and their targets or categories."""
    return [kind for kind in ("topics", *NOUNS) if figures[kind]["rows"]]


def context(manifest: Row) -> Row:
    """The template's values."""
    from aspectra.report import opinions_charts as charts

    figures, settings = manifest["figures"], manifest["config"]
    time = figures["time"]
    dots = charts.stretches(time["rows"], time["unit"]) if time else []
    return {
        "title": settings["title"] or manifest["reviews"],
        "facts": facts(manifest),
        "notes": notes(manifest),
        "trust": trust(manifest),
        "headline": headline(figures),
        "story": story(figures),
        "opinions": figures["opinions"],
        "whole": [
            {
                "polarity": polarity,
                "sign": SIGNS[polarity],
                **said(figures["polarities"][polarity]),
                "chart": charts.share(polarity, figures["polarities"][polarity]),
            }
            for polarity in shown(figures["polarities"])
        ],
        "whole_bar": charts.bar(figures["polarities"], height=44),
        "scale": charts.head(),
        "signs": [(polarity, SIGNS[polarity]) for polarity in shown(figures["polarities"])],
        "topics": picture(figures, dots, time["unit"] if time else "") if figures["topics"]["rows"] else None,
        "kinds": kinds(figures),
        "rare": [(kind, more) for kind in NOUNS if (more := figures[kind]["known"] - len(figures[kind]["rows"])) > 0],
        "time": over_time(time, dots) if len(dots) > 1 else None,
        "by": [column(each) for each in figures["by"]],
        "movers": changes(figures) if time and time["border"] else None,
        "made": {
            "reviews": manifest["reviews"],
            "model": manifest["model"],
            "digest": (figures.get("reader") or {}).get("digest"),
            "when": manifest["created"][:10],
            "version": manifest["versions"].get("aspectra", ""),
            "language": settings["language"],
        },
    }


def shown(polarities: Row) -> list[str]:
    """The polarities in order; conflict only if it occurs."""
    return [polarity for polarity in SIGNS if polarity != "conflict" or polarities[polarity]["count"]]


def over_time(time: Row, dots: Sequence[Any]) -> Row:
    from aspectra.report import opinions_charts as charts

    return {
        "unit": time["unit"],
        "column": time["column"],
        "left_out": left_out(time),
        "counts": charts.columns(dots),
        "shares": charts.course(dots) if sum(map(charts.told, dots)) > 1 else None,
        "gaps": any(dot.opinions and not charts.told(dot) for dot in dots),
        "enough": charts.ENOUGH,
    }


def column(each: Row) -> Row:
    """A column's values, and a table of values and topics."""
    from aspectra.report import opinions_charts as charts

    few, rest = each["rows"][:VALUES], each["rows"][VALUES:]
    if not rest and all(re.fullmatch(r"-?\d+(\.\d+)?", row["value"]) for row in few):
        few.sort(key=lambda row: float(row["value"]))  # stars, years
    told = [n for n in range(len(each["topics"])) if any(row["topics"][n]["reviews"] >= FEW for row in few)]

    def shown(row: Row) -> Row:
        parts = {polarity: said(row["polarities"][polarity]) for polarity in ("positive", "negative")}
        return {
            "value": row["value"],
            "reviews": f"{row['reviews']:,}",
            "opinions": f"{row['opinions']:,}",
            "bar": charts.bar(row["polarities"]),
            "shares": parts if row["opinions"] else None,
            "cells": [cell(**row["topics"][n]) for n in told],
        }

    return {
        "column": each["column"],
        "other": each["other_reviews"],
        "few": [shown(row) for row in few],
        "rest": [shown(row) for row in rest],
        "topics": [each["topics"][n] for n in told] if len(few) > 1 else [],
    }


def cell(reviews: int, negative: int) -> Row:
    """The share of negative reviews among those that mention a topic."""
    if reviews < FEW:
        return {"share": "–", "count": f"{reviews}", "heat": 0}
    share = negative / reviews
    return {"share": percent(share), "count": f"of {reviews:,}", "heat": min(9, int(10 * share))}


def changes(figures: Row) -> Row:
    """What rose and fell, in words and figures."""
    from aspectra.report.opinions_charts import dated
    from aspectra.report.tables import chance

    time = figures["time"]
    rows = [
        {
            "label": row["label"],
            "what": row["what"],
            "rose": row["late"]["share"] > row["early"]["share"],
            "early": percent(row["early"]["share"]),
            "late": percent(row["late"]["share"]),
            "of": f"{row['early']['hits']:,} of {row['early']['of']:,}",
            "of_late": f"{row['late']['hits']:,} of {row['late']['of']:,}",
            "p": chance(row["p"]),
        }
        for row in figures["movers"]["rows"]
    ]
    return {
        "border": dated(date.fromisoformat(time["border"])),
        "early": f"{time['early']:,}",
        "late": f"{time['late']:,}",
        "tested": figures["movers"]["tested"],
        "groups": [
            (title, lead, [row for row in rows if row["what"] == what])
            for what, title, lead in (
                ("named", "Talked about more or less", "share of the reviews that name it"),
                ("negative", "Criticized more or less", "of the reviews that name it, share with something negative"),
            )
            if any(row["what"] == what for row in rows)
        ],
    }
