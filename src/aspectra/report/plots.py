"""Plots with two axes as inline SVG: F1 against cost with its Pareto frontier, and over labels. Called by `boards`.

Laid out as in `charts`: percentages in x, pixels in y.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from aspectra.report.charts import Axis, Key, linear, tag
from aspectra.report.tables import number

# The edges of the plot in percent of the width; outside them are the labels of the y axis.
INSET = (9.0, 97.0)
HEIGHT, TOP, BOTTOM = 360, 26, 316
# Names are laid out for this width in pixels; on a phone the page hides them and only letters remain.
NOMINAL, LETTER, LONGEST = 540, 6.6, 28

Place = tuple[float, float]  # percent, pixels


@dataclass(frozen=True, slots=True)
class Point:
    """A system at a position: `low` and `high` are the ends of its interval in y."""

    name: str
    key: Key
    x: float
    y: float
    low: float
    high: float

    def place(self, across: float, up: Axis) -> Place:
        return across, level(up, self.y)


def logarithmic(values: Iterable[float]) -> Axis:
    """A log axis around the positive values, with ticks at 1, 2, 5 of each decade, or at decades only."""
    known = list(values)
    low, high = math.log10(min(known)) - 0.15, math.log10(max(known)) + 0.15
    steps = (1, 2, 5) if high - low < 2 else (1, 3) if high - low < 3.5 else (1,)
    marks = [m * 10.0**d for d in range(math.floor(low), math.ceil(high) + 1) for m in steps]
    return Axis(10**low, 10**high, tuple(m for m in marks if low <= math.log10(m) <= high), log=True)


def picture(label: str, *children: str) -> str:
    """A standalone chart with a label for screen readers."""
    return tag("svg", *children, role="img", aria_label=label, width="100%", height=HEIGHT, class_="plot")


def frontier(points: Sequence[Point]) -> list[Point]:
    """The Pareto frontier, cheapest first: no other point is as cheap and better, or cheaper and as good."""
    best: list[Point] = []
    for point in sorted(points, key=lambda p: (p.x, -p.y)):
        if not best or point.y > best[-1].y:
            best.append(point)
    return best


def inside(across: Axis, value: float) -> float:
    """The position of a value in percent of the whole width."""
    return INSET[0] + (INSET[1] - INSET[0]) * across.share(value)


def level(up: Axis, value: float) -> float:
    """The position of a value in pixels from the top."""
    return BOTTOM - (BOTTOM - TOP) * up.share(value)


def frame(across: Iterable[tuple[float, str]], up: Axis, title: str) -> list[str]:
    """Grid, ticks and titles; `across` are positions (percent) and texts of the x ticks."""
    left, right = (f"{edge:g}%" for edge in INSET)
    parts = [tag("text", "F1, percent", y=12, class_="title")]
    for tick in up.ticks:
        y = level(up, tick)
        parts.append(tag("line", x1=left, x2=right, y1=y, y2=y, class_="grid"))
        parts.append(tag("text", f"{tick:g}", x=f"{INSET[0] - 1.2:g}%", y=y + 4, class_="tick end"))
    for place, text in across:
        x = f"{place:.4g}%"
        parts.append(tag("line", x1=x, x2=x, y1=BOTTOM, y2=BOTTOM + 5, class_="axis"))
        parts.append(tag("text", escape(text), x=x, y=BOTTOM + 19, class_="tick"))
    return [*parts, tag("text", escape(title), x="53%", y=HEIGHT - 6, class_="title middle")]


def marked(point: Point, place: Place, up: Axis) -> list[str]:
    """A point's interval as a vertical line, and its letter."""
    x = f"{place[0]:.4g}%"
    ends = tag(
        "line", x1=x, x2=x, y1=level(up, point.low), y2=level(up, point.high), class_=f"whisker c{point.key.color}"
    )
    return [ends, tag("use", href=f"#k{point.key.letter}", x=x, y=place[1])]


def scatter(label: str, points: Sequence[Point], title: str) -> str:
    """F1 against a cost (log x): the frontier is a dashed staircase, its points have a ring."""
    across = logarithmic(p.x for p in points)
    up = linear((end for p in points for end in (p.low, p.high)), most=100)
    places = {p: p.place(inside(across, p.x), up) for p in points}
    best = frontier(points)
    stair = [places[best[0]]]
    for point in best[1:]:
        stair += [(places[point][0], stair[-1][1]), places[point]]
    stair.append((INSET[1], stair[-1][1]))
    ticks = [(inside(across, t), f"{t:,.0f}" if t >= 1 else f"{t:g}") for t in across.ticks]
    parts = [*frame(ticks, up, title), *path(stair, "frontier")]
    for p, (x, y) in places.items():
        parts += [tag("circle", cx=f"{x:.4g}%", cy=y, r=13, class_="ring")] if p in best else []
        parts += marked(p, (x, y), up)
    parts += names([(p.name, place) for p, place in places.items()], list(places.values()), along(stair))
    said = "; ".join(f"{p.name} {p.y:.2f} at {number(p.x)}" for p in points)
    return picture(f"{label}: {said}", *parts)


def curve(label: str, lines: Sequence[Sequence[Point]], ticks: Sequence[str], title: str) -> str:
    """F1 over steps 0, 1, ... with one label each: a line for each system, its points slightly offset."""
    up = linear((end for points in lines for p in points for end in (p.low, p.high)), most=100)
    first = INSET[0] + 4
    # Names come after the ends of the lines.
    longest = max(min(len(points[-1].name), LONGEST) for points in lines if points[-1].x == len(ticks) - 1)
    step = (INSET[1] - 100 * (15 + LETTER * longest) / NOMINAL - first) / max(len(ticks) - 1, 1)
    apart = min(1.6, 5 / len(lines))
    parts = frame([(first + step * n, text) for n, text in enumerate(ticks)], up, title)
    marks: list[str] = []
    ends: list[tuple[str, Place]] = []
    dots: list[Place] = []
    taken: list[Place] = []
    for which, points in enumerate(lines):
        shift = first + (which - (len(lines) - 1) / 2) * apart
        places = [p.place(shift + step * p.x, up) for p in points]
        parts += path(places, f"line c{points[0].key.color} d{which % 4}")
        for p, place in zip(points, places, strict=True):
            marks += marked(p, place, up)
        ends.append((points[-1].name, places[-1]))
        taken += along(places)
        dots += places
    said = "; ".join(
        f"{points[0].name} {', '.join(f'{p.y:.2f} at {ticks[int(p.x)]}' for p in points)}" for points in lines
    )
    return picture(f"{label}: {said}", *parts, *marks, *names(ends, dots, taken))


def path(corners: Sequence[Place], name: str) -> list[str]:
    """Lines from corner to corner, because a polyline cannot use percentages."""
    return [
        tag("line", x1=f"{a:.4g}%", y1=b, x2=f"{c:.4g}%", y2=d, class_=name) for (a, b), (c, d) in pairwise(corners)
    ]


def along(corners: Sequence[Place]) -> list[Place]:
    """Closely spaced points on the lines between corners, for names to avoid."""
    found = []
    for (a, b), (c, d) in pairwise(corners):
        count = max(1, round(math.hypot((c - a) * NOMINAL / 100, d - b) / 8))
        found += [(a + (c - a) * n / count, b + (d - b) * n / count) for n in range(count)]
    return found


def names(ends: Sequence[tuple[str, Place]], dots: Sequence[Place], lines: Sequence[Place]) -> list[str]:
    """Names beside their points, where they overlap the fewest names, points and lines."""
    taken = [around(place, 10) for place in dots] * 5 + [around(place, 3) for place in lines]
    parts = []
    for name, (x, y) in ends:
        text = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
        wide, at = LETTER * len(text), NOMINAL * x / 100
        boxes = []
        for n, down in enumerate((0, 15, -15, 28, -28)):
            for side, left in ((1, at + 15), (-1, at - 15 - wide)):
                box = (left, y + down - 8, left + wide, y + down + 8)
                hits = sum(box[0] < c and a < box[2] and box[1] < d and b < box[3] for a, b, c, d in taken)
                out = box[0] < NOMINAL * INSET[0] / 100 or box[2] > NOMINAL or box[1] < TOP - 8 or box[3] > BOTTOM
                boxes.append((hits + 30 * out, n, -side, down, box))
        _, _, side, down, box = min(boxes)
        taken += [box] * 5  # over a name or a point is worse than over a line
        dx, where = (15, "name") if side < 0 else (-15, "name end")
        parts.append(tag("text", escape(text), x=f"{x:.4g}%", dx=dx, y=y + down + 4, class_=where))
    return parts


def around(place: Place, radius: float) -> tuple[float, float, float, float]:
    x, y = NOMINAL * place[0] / 100, place[1]
    return x - radius, y - radius, x + radius, y + radius
