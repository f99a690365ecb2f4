"""Charts of the opinions report, as inline SVG laid out like `charts`. Called by `aspectra.report.opinions`.

Position (positive left, negative right) and pattern show a polarity, not color alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise
from typing import Any

from aspectra.report.charts import Axis, linear, strip, tag

ORDER = ("positive", "neutral", "conflict", "negative")
HEIGHT, TOP, BOTTOM = 240, 12, 206
LABELS = 5  # on the time axis, few enough for a phone
LAST = 92.0  # percent: a label further right would stand out of the chart on a phone
ENOUGH = 10  # opinions of a period: with fewer, its shares are not drawn
ASIDE = 2  # pixels by which the two lines of a chart stand apart, so that their intervals do not cover each other

Polarities = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period: its name, reviews, and polarities."""

    name: str
    reviews: int
    polarities: Polarities

    @property
    def opinions(self) -> float:
        return sum(part["count"] for part in self.polarities.values())


def bar(polarities: Polarities, height: int = 26) -> str:
    """Opinions by polarity in one bar of full width."""
    total = sum(part["count"] for part in polarities.values())
    return strip(height, *parts([(name, polarities[name]["count"]) for name in ORDER], 100 / (total or 1), height))


def parts(some: Sequence[tuple[str, float]], each: float, height: int, room: int = 150) -> list[str]:
    """The bar's parts, each `each` percent wide per unit. A count is shown in a part with enough room if the whole is
    `room` pixels wide, as on a phone."""
    drawn, start = [], 0.0
    for polarity, count in some:
        if not count:
            continue
        wide = count * each
        drawn.append(
            tag("rect", x=f"{start:.4g}%", width=f"{wide:.4g}%", y=4, height=height - 8, class_=f"part {polarity}")
        )
        text = f"{count:,}"
        if wide * room / 100 > 5 + 6 * len(text):
            at = f"{start + wide / 2:.4g}%"
            drawn.append(tag("text", text, x=at, y=height / 2 + 4.5, class_=f"count {polarity}"))
        start += wide
    return drawn


FULL = Axis(0, 1, (0, 0.25, 0.5, 0.75, 1))


def head() -> str:
    """The tick labels above a column of `share` charts."""
    return strip(18, *(tag("text", f"{100 * t:g}", x=FULL.at(t), y=13, class_="tick") for t in FULL.ticks))


def share(polarity: str, part: Mapping[str, float], height: int = 26) -> str:
    """A share of 0 to 100 percent as a dot, and its interval as a line."""
    middle = height / 2
    grid = (tag("line", x1=FULL.at(t), x2=FULL.at(t), y2="100%", class_="grid") for t in FULL.ticks)
    line = tag(
        "line", x1=FULL.at(part["low"]), x2=FULL.at(part["high"]), y1=middle, y2=middle, class_=f"range {polarity}"
    )
    return strip(
        height, *grid, line, tag("circle", cx=FULL.at(part["share"]), cy=middle, r=4.5, class_=f"dot {polarity}")
    )


def picture(label: str, *children: str) -> str:
    return tag("svg", *children, role="img", aria_label=label, width="100%", height=HEIGHT, class_="plot")


def level(up: Axis, value: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * up.share(value)


def frame(up: Axis, stretches: Sequence[Stretch], sign: str) -> list[str]:
    """Grid and labels of a chart over time. The labels of `up` are left of the chart, where the page keeps room."""
    drawn = []
    for tick in up.ticks:
        y = level(up, tick)
        drawn.append(tag("line", x1=0, x2="100%", y1=y, y2=y, class_="grid"))
        drawn.append(tag("text", f"{short(tick)}{sign}", x=-6, y=y + 4, class_="tick end"))
    every = -(-len(stretches) // LABELS)
    for n in range(0, len(stretches), every):
        if n and middle(n, len(stretches)) > LAST:
            continue
        at = f"{middle(n, len(stretches)):.4g}%"
        drawn.append(tag("line", x1=at, x2=at, y1=BOTTOM, y2=BOTTOM + 5, class_="axis"))
        drawn.append(tag("text", escape(stretches[n].name), x=at, y=BOTTOM + 20, class_="tick"))
    return drawn


def middle(n: int, count: int) -> float:
    """The middle of a period as a percentage of the whole width."""
    return 100 * (n + 0.5) / count


def short(value: float) -> str:
    """A count in at most a few letters.

    >>> short(1500), short(20_000), short(2_500_000)
    ('1,500', '20k', '2.5M')
    """
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:,g}"


def columns(stretches: Sequence[Stretch]) -> str:
    """The number of opinions in each period, stacked by polarity."""
    up = linear([0, max(s.opinions for s in stretches)])
    up = Axis(up.low, up.high, tuple(tick for tick in up.ticks if tick == int(tick)))
    drawn = frame(up, stretches, "")
    wide = 100 / len(stretches)
    for n, s in enumerate(stretches):
        below = 0.0
        for polarity in reversed(ORDER):
            count = s.polarities[polarity]["count"]
            if count:
                top, bottom = level(up, below + count), level(up, below)
                drawn.append(
                    tag(
                        "rect",
                        x=f"{wide * (n + 0.1):.4g}%",
                        width=f"{wide * 0.8:.4g}%",
                        y=top,
                        height=bottom - top,
                        class_=f"part {polarity}",
                    )
                )
                below += count
    said = "; ".join(f"{s.name}: {s.opinions:g}" for s in stretches)
    return picture(f"Opinions over time. {said}", *drawn)


def course(stretches: Sequence[Stretch], polarities: Sequence[str] = ("positive", "negative")) -> str:
    """The shares of some polarities over time, with intervals. Periods with few opinions (`told`) leave a gap."""
    up = Axis(0, 100, (0, 25, 50, 75, 100))
    drawn = frame(up, stretches, " %")
    radius = 3.6 if len(stretches) <= 30 else 2
    for aside, polarity in zip((-ASIDE, ASIDE), polarities, strict=True):
        places: list[tuple[float, float] | None] = []
        marks, dots = [], []
        for n, s in enumerate(stretches):
            if not told(s):
                places.append(None)
                continue
            part = s.polarities[polarity]
            x, y = middle(n, len(stretches)), level(up, 100 * part["share"])
            places.append((x, y))
            at, low, high = f"{x:.4g}%", level(up, 100 * part["low"]), level(up, 100 * part["high"])
            marks.append(tag("line", x1=at, x2=at, y1=low, y2=high, class_=f"range {polarity}"))
            dots.append(tag("circle", cx=at, cy=y, r=radius, class_=f"dot {polarity}"))
        lines = [
            tag("line", x1=f"{a[0]:.4g}%", y1=a[1], x2=f"{b[0]:.4g}%", y2=b[1], class_=f"course {polarity}")
            for a, b in pairwise(places)
            if a and b
        ]
        drawn.append(tag("g", *marks, *lines, *dots, transform=f"translate({aside} 0)"))
    said = "; ".join(
        f"{s.name}: " + ", ".join(f"{100 * s.polarities[p]['share']:.0f} % {p}" for p in polarities)
        for s in stretches
        if told(s)
    )
    return picture(f"Shares over time. {said}", *drawn)


def told(stretch: Stretch) -> bool:
    """Whether the shares of a period are drawn: those of fewer than `ENOUGH` opinions are mostly chance."""
    return stretch.opinions >= ENOUGH


def stretches(rows: Sequence[dict[str, Any]], unit: str) -> list[Stretch]:
    """The rows of the figures' `time`, named by their unit."""
    return [Stretch(named(date.fromisoformat(row["start"]), unit), row["reviews"], row["polarities"]) for row in rows]


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def named(day: date, unit: str) -> str:
    """A start in words: the day, month, quarter or year. Always in English, whatever the locale.

    >>> named(date(2026, 3, 1), "month"), named(date(2026, 3, 2), "week"), named(date(2026, 4, 1), "quarter")
    ('Mar 2026', '2 Mar', 'Q2 2026')
    """
    month = MONTHS[day.month - 1]
    long = {"month": f"{month} {day.year}", "quarter": f"Q{-(-day.month // 3)} {day.year}", "year": str(day.year)}
    return long.get(unit, f"{day.day} {month}")


def dated(day: date) -> str:
    """A day in words.

    >>> dated(date(2026, 3, 2))
    '2 Mar 2026'
    """
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
