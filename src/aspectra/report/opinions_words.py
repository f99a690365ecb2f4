"""The text of the opinions report: its first sentences, its facts, and notes on how to read it.

Called by `aspectra.report.opinions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from aspectra.progress import counted, first_few
from aspectra.report.opinions_charts import dated, named

NOUNS = {"targets": "target", "categories": "category"}
AMBIGUOUS = {"%m/%d/%Y": "month/day/year", "%m/%d/%y": "month/day/year", "%m-%d-%Y": "month-day-year"}
ENOUGH = (10, 0.005)  # reviews, and share of all reviews, that a topic needs to be called best
HANDFUL = 20  # opinions: fewer are told by number, not in percent
SELDOM = 0.25  # and its maximum share of complaints
LAST = ("overall", "other")  # not topics: opinions without a target, targets that fit no topic
FOREIGN = 0.05  # share of reviews in another language above which a note says so

Row = dict[str, Any]


def percent(share: float) -> str:
    r"""A share as a rounded percentage; a small one is not shown as 0.

    >>> percent(0.614), percent(0.001), percent(0), percent(0.999)
    ('61\xa0%', '< 1\xa0%', '0\xa0%', '> 99\xa0%')
    """
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "< 1\u00a0%"
    return "> 99\u00a0%" if whole == 100 and share < 1 else f"{whole}\u00a0%"


def said(part: Row) -> Row:
    """A share in words, with its interval."""
    ends = f"{100 * part['low']:.0f} to {100 * part['high']:.0f}\u00a0%"
    return {"count": f"{part['count']:,}", "share": percent(part["share"]), "interval": ends}


def facts(manifest: Row) -> list[tuple[str, str]]:
    figures = manifest["figures"]
    found = [
        ("reviews", f"{figures['reviews']:,}"),
        ("without an opinion", f"{figures['without_opinion']:,}"),
        ("opinions", f"{figures['opinions']:,}"),
        *((what, f"{figures[what]['known']:,}") for what in NOUNS if figures[what]["known"]),
    ]
    if (time := figures["time"]) and time["span"]:
        ends = [written(date.fromisoformat(day), time["written"]) for day in time["span"]]
        found.append(("written", " to ".join(dict.fromkeys(ends))))
    return found


def written(day: date, way: str) -> str:
    """A review's date, as precise as the column's format.

    >>> written(date(2026, 3, 1), "iso"), written(date(2026, 3, 1), "%b %Y"), written(date(2026, 1, 1), "%Y")
    ('1 Mar 2026', 'Mar 2026', '2026')
    """
    if way in ("iso", "epoch") or "%d" in way:
        return dated(day)
    return named(day, "year" if way == "%Y" else "month")


def notes(manifest: Row) -> list[str]:
    """Notes that prevent misreading the page."""
    figures, found = manifest["figures"], []
    if passed := manifest["passed_over"]:
        told = ", ".join(f"{count:,} {reason}" for reason, count in passed.items())
        found.append(f"Not counted: {counted(sum(passed.values()), 'row')} of the table ({told}).")
    if figures["cut"]:
        found.append(
            f"In {counted(figures['cut'], 'review')} an answer of the model was cut off: opinions may be missing there."
        )
    if misread := foreign(figures):
        found.append(f"{misread[0].upper()}{misread[1:]}.")
    if time := figures["time"]:
        if undated := time["undated"]:
            has = "has" if undated == 1 else "have"
            found.append(f"{counted(undated, 'review')} {has} no date, and no count over time includes them.")
        if cells := time["unreadable"]["reviews"]:
            said = first_few(time["unreadable"]["first"], cells)
            found.append(f"In {counted(cells, 'review')} of these, the date is unreadable: {said}.")
        if way := AMBIGUOUS.get(time["written"]):
            found.append(f"Dates in '{time['column']}' were read as {way}.")
    for kind, noun in NOUNS.items():
        if figures[kind]["forgotten"]:
            found.append(
                f"There are too many {kind}: {figures[kind]['forgotten']:,} opinions of rare ones are only in the "
                f"totals, and the count of any {noun} may be up to {figures[kind]['at_most']:,} short."
            )
    return found


def left_out(time: Row) -> str | None:
    """What the charts over time do not show; None where they show all."""
    if not time["outside"]:
        return None
    days = " to ".join(dict.fromkeys(dated(date.fromisoformat(day)) for day in time["far"]))
    are, their = ("is", "its date is") if time["outside"] == 1 else ("are", "their dates are")
    return f"{counted(time['outside'], 'review')} {are} left out, because {their} far from the others: {days}."


def foreign(figures: Row) -> str | None:
    """A note on reviews in other languages than the reader's; None if they are few or were not counted."""
    counts = figures.get("foreign")
    if not counts or counts["reviews"] <= FOREIGN * figures["reviews"]:
        return None
    share = percent(counts["reviews"] / figures["reviews"])
    return (
        f"about {share} of the reviews do not look English; the model is made for English, and misreads other languages"
    )


def headline(figures: Row) -> str:
    """The first sentence."""
    reviews, opinions = figures["reviews"], figures["opinions"]
    if not opinions:
        return f"No opinion was found in {counted(reviews, 'review')}."
    few = opinions < HANDFUL
    parts = [
        f"{part['count'] if few else percent(part['share'])} {polarity}"
        for polarity in ("positive", "negative", "neutral", "conflict")
        if (part := figures["polarities"][polarity])["count"]
    ]
    verb = "holds" if reviews == 1 else "hold"
    return f"{counted(reviews, 'review')} {verb} {counted(opinions, 'opinion')}: {listed(parts)}."


def listed(parts: Sequence[str]) -> str:
    """Words with commas, and an `and` before the last."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def story(figures: Row) -> list[str]:
    """The main findings, one sentence each."""
    if not figures["opinions"]:
        return [
            "If there should be some: see whether the column of texts is the right one (--text-column), and whether "
            "the model reads their language."
        ]
    rows = [row for row in figures["topics"]["rows"] if row["label"] not in LAST]
    complained = [row for row in rows if row["negative"]["reviews"] > 1][:3]
    found = []
    if complained:
        told = [f"{row['label']} ({row['negative']['reviews']:,})" for row in complained]
        told[0] = f"{told[0][:-1]} reviews)"
        found.append(f"Most complained of: {listed(told)}.")
    enough = max(ENOUGH[0], ENOUGH[1] * figures["reviews"])
    liked = min(
        (row for row in rows if row["reviews"] >= enough), key=lambda row: row["negative"]["high"], default=None
    )
    if liked is not None and liked["negative"]["share"] < SELDOM and liked["praised"] > liked["reviews"] / 2:
        found.append(
            f"Best liked: {liked['label']} ({liked['praised']:,} of {liked['reviews']:,} reviews that mention "
            "it only praise it)."
        )
    if costly := [row for row in rows if row["stars"] and row["stars"]["high"] < 0]:
        worst = min(costly, key=lambda row: row["stars"]["high"])
        less = f"{-worst['stars']['difference']:.1f}"
        found.append(f"Reviews that complain of {worst['label']} have {less} fewer stars, with other complaints equal.")
    if (movers := figures["movers"]["rows"]) and figures["time"]:
        found.append(moved(next((row for row in movers if row["what"] == "negative"), movers[0])))
    return found


def trust(manifest: Row) -> list[tuple[str, str, str]]:
    """The reader, and how far its opinions can be trusted: (name, in figures, in words)."""
    figures = manifest["figures"]
    who = figures.get("reader") or {}
    name = " ".join(filter(None, (who.get("name"), who.get("version")))) or manifest["model"]
    found = [("read by", name, f"digest {who['digest']}" if who.get("digest") else "")]
    found += judged(figures.get("quality"))
    if figures.get("under"):
        share = percent(figures["under"] / (figures["under"] + figures["opinions"]))
        found.append(("left out", f"{figures['under']:,}", f"opinions, {share}, because of low confidence"))
    if foreign := figures.get("foreign"):
        share = percent(foreign["reviews"] / figures["reviews"])
        found.append(
            (
                "not English",
                share,
                "of the reviews, estimated; the reader is made for English, and its scores are not for these",
            )
        )
    return found


def judged(quality: Row | None) -> list[tuple[str, str, str]]:
    """The reader's scores from when it was made."""
    if not quality:
        return [("how good", "not known", "it was not tested on labeled sentences")]
    on = f"{quality['sentences']:,} labeled sentences ('{quality['data']}')"
    if "f1" in quality:
        return [("how good", f"F1 {100 * quality['f1']:.0f}", f"on {on}, which also chose its last epoch")]
    if others := quality.get("others"):
        sets = ", ".join(each["data"] for each in others)
        return [
            (
                "right",
                span(others, "precision"),
                "of the opinions that it names have exactly the right target and polarity",
            ),
            (
                "found",
                span(others, "recall"),
                f"of all opinions are found; both measured on labeled reviews unlike those it learned from ({sets})",
            ),
        ]
    least = f" (confidence {quality['confidence']:g} or more)" if quality["confidence"] else ""
    right, all_of = percent(quality["precision"]), percent(quality["recall"])
    return [
        ("right", right, f"of the opinions that it finds{least} on {on}"),
        ("found", all_of, "of the opinions in them; your reviews may be harder"),
    ]


def span(scores: list[Row], name: str) -> str:
    """The lowest and the highest value of a score over several sets."""
    values = [score[name] for score in scores]
    return f"{100 * min(values):.0f} to {percent(max(values))}"


def moved(row: Row) -> str:
    """A change in words."""
    before, since = row["early"]["share"], row["late"]["share"]
    how = "more" if since > before else "less"
    early, late = percent(before), percent(since)
    if row["what"] == "named":
        return f"Talked about {how}: {row['label']} (in {late} of the later reviews, {early} of the earlier)."
    return f"Criticized {how}: {row['label']} (by {late} of the later reviews that name it, {early} of the earlier)."
