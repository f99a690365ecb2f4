"""The first chart of the opinions report: each topic with its reviews, complaints, stars, quotes and course over time.

Called by `aspectra.report.opinions`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from aspectra.report import topic_charts as charts
from aspectra.report.charts import Axis
from aspectra.report.opinions_charts import Stretch
from aspectra.report.opinions_words import LAST, Row, percent
from aspectra.report.tables import SIGNS

FIRST = 12  # topics that are shown at first
DRAWN = 60  # topics in the chart; the table has all of them
TARGETS = 8  # of a topic
BESIDE = 3  # of them shown beside its name
WIDEST = 3.0  # extent of the axis below 0, in stars; longer intervals are clipped


def picture(figures: Row, stretches: Sequence[Stretch], unit: str) -> Row:
    """The template's values: rows of topics, those shown at first and those behind a click."""
    found = figures["topics"]
    rows = found["rows"][:DRAWN] + [row for row in found["rows"][DRAWN:] if row["label"] in LAST]
    most = max(row["reviews"] for row in rows)
    axis = stars_axis(rows)
    drawn = [topic(row, most, axis, stretches, unit) for row in rows]
    first = drawn if len(drawn) <= FIRST + 2 else drawn[:FIRST]
    return {
        "own": found["own"],
        "how": how(found, axis is not None),
        "stars": charts.stars_head(axis) if axis else None,
        "first": first,
        "rest": drawn[len(first) :],
        "hidden": len(found["rows"]) - len(rows),
    }


def how(found: Row, starred: bool) -> str:
    """How the chart was made, in a few words; details are at the page's end."""
    by = {
        "meaning": "Targets are grouped by meaning",
        "words": "Targets are grouped by words, because the reader has no table of meanings",
        "categories": "Topics are the categories of the reader",
    }[found["by"]]
    by += ", into the topics of your file." if found["own"] else "."
    if starred:
        stars = found["stars"]
        by += (
            f" Stars (column {stars['column']}, {stars['mean']:.1f} on average): how many more or fewer stars "
            "the reviews have that complain of a topic. All topics are fitted together, with 95 % intervals; "
            "hollow if an interval contains 0. This is an association, not a cause."
        )
    return by


def stars_axis(rows: Sequence[Row]) -> Axis | None:
    """From the lowest interval to 0 and above, in whole stars; None if no topic has stars."""
    told = [row["stars"] for row in rows if row["stars"]]
    if not told:
        return None
    low = max(-WIDEST, min(each["low"] for each in told))
    high = min(1.0, max(each["high"] for each in told))
    first, last = math.floor(min(low, -0.01)), 1 if high > 0.1 else 0
    return Axis(first, last, tuple(range(first, last + 1)))


def topic(row: Row, most: int, axis: Axis | None, stretches: Sequence[Stretch], unit: str) -> Row:
    """A row: its visible part, and its details."""
    negative, stars = row["negative"], row["stars"]
    label = row["label"]
    others = [one["label"] for one in row["targets"] if one["label"].casefold() != label.casefold()]
    course = row["course"] if len(stretches) > 1 else []
    return {
        "label": label,
        "beside": others[:BESIDE],
        "said": {"overall": "no target is named", "other": "targets that fit nowhere"}.get(label, ""),
        "reviews": f"{row['reviews']:,}",
        "negative": f"{negative['reviews']:,}",
        "praised": f"{row['praised']:,}",
        "share": percent(negative["share"]),
        "ends": f"{100 * negative['low']:.0f} to {percent(negative['high'])}",
        "bar": charts.complaints(row["reviews"], negative["reviews"], row["praised"], most),
        "stars": stars and lower(stars),
        "chart": charts.lower(axis, stars) if axis and stars else "",
        "targets": [target(one) for one in row["targets"][:TARGETS]],
        "more": len(row["targets"]) > TARGETS,
        "quotes": [
            (polarity, SIGNS[polarity], title, [{**q, "pieces": pieces(q)} for q in some])
            for polarity, title in (("negative", "Against"), ("positive", "For"))
            if (some := [q for q in row["quotes"] if q["polarity"] == polarity])
        ],
        "course": charts.topic_course(course, [each.name for each in stretches], unit) if course else "",
        "span": (stretches[0].name, stretches[-1].name) if course else (),
        "peak": f"{max(reviews for reviews, *_ in course):,}" if course else "",
    }


def target(one: Row) -> Row:
    """A target of a topic: its count, and its negative count."""
    share = one["polarities"]["negative"] / one["opinions"]
    return {
        "label": one["label"],
        "opinions": f"{one['opinions']:,}",
        "share": percent(share),
        "bar": charts.small(one["polarities"]),
    }


def lower(stars: Row) -> Row:
    """A difference in stars, in words.

    >>> lower({"difference": -0.54, "low": -1.05, "high": 0.12})
    {'text': '−0.5', 'more': '0.5 fewer stars', 'ends': '1.1 fewer to 0.1 more', 'sure': False}
    """

    def words(value: float, noun: str = "") -> str:
        return f"{abs(value):.1f} {'fewer' if value < 0 else 'more'}{noun}"

    return {
        "text": f"{stars['difference']:+.1f}".replace("-", "−"),
        "more": words(stars["difference"], " stars"),
        "ends": f"{words(stars['low'])} to {words(stars['high'])}",
        "sure": stars["high"] < 0 or stars["low"] > 0,
    }


def pieces(quote: Row) -> tuple[str, str, str]:
    """A sentence split into the parts before, in, and after the opinion's target."""
    sentence, start, end = quote["sentence"], quote["start"], quote["end"]
    if start is None:
        return sentence, "", ""
    return sentence[:start], sentence[start:end], sentence[end:]
