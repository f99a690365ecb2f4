"""Charts in rows of a table, as inline SVG without scripts. Called by `aspectra.report.boards`.

Positions are percentages in x and pixels in y. So a chart fits any width, and its text has the same size on a phone and
on a desktop. Colors are the page's classes `c0` to `c7`, which have light and dark versions. Shapes, letters or text
repeat what a color shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

COLORS = 8


@dataclass(frozen=True, slots=True)
class Key:
    """A system's look in every chart: a letter, a color, and a shape that shows its kind."""

    letter: str
    color: int
    kind: str


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values and its ticks. `name` refers to grid lines that many charts of the page share."""

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False
    name: str = ""

    def share(self, value: float) -> float:
        """The position of a value between the ends: 0 to 1."""
        low, high, at = (math.log10(x) if self.log else x for x in (self.low, self.high, value))
        return (at - low) / (high - low)

    def at(self, value: float) -> str:
        """The position of a value as a percentage of the whole width."""
        return f"{100 * self.share(value):.4g}%"


def linear(values: Iterable[float], name: str = "", most: float = math.inf) -> Axis:
    """An axis around the values, from one round number to another, with a margin at both ends, but not above `most`."""
    known = list(values)
    low, high = min(known), max(known)
    air = max((high - low) * 0.04, 0.5)
    low = low - air if low < 0 else max(low - air, 0.0)
    high = max(high, min(high + air, most))
    rough = (high - low) / 5
    power: float = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = tuple(round(i * step, 10) for i in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks, name=name)


def tag(name: str, *children: str, **attributes: object) -> str:
    """An element; attributes are escaped here, children are elements or text that is already escaped."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(f"{value:.5g}" if isinstance(value, float) else str(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{pairs}>{''.join(children)}</{name}>" if children else f"<{name}{pairs}/>"


def shape(kind: str, radius: float) -> str:
    """A circle for a student, a square for an LLM, a diamond for a prediction file; centered on the origin."""
    if kind == "llm":
        side = radius * 0.9
        return tag("rect", x=-side, y=-side, width=2 * side, height=2 * side, rx=1)
    if kind == "file":
        tip = radius * 1.25
        return tag("path", d=f"M0 {-tip:.4g}L{tip:.4g} 0 0 {tip:.4g} {-tip:.4g} 0Z")
    return tag("circle", r=radius)


def symbols(keys: Iterable[Key]) -> str:
    """Every system's symbol, defined once in the page and placed with `use`."""
    looks = []
    for key in keys:
        letter = tag("text", escape(key.letter), y=3.8, class_="letter")
        looks.append(tag("g", shape(key.kind, 8.5), letter, id=f"k{key.letter}", class_=f"mark c{key.color}"))
        looks.append(tag("g", shape(key.kind, 5), id=f"d{key.letter}", class_=f"mark c{key.color}"))
    return "".join(looks)


def chip(key: Key) -> str:
    """A system's symbol and letter, beside its name."""
    return tag("svg", tag("use", href=f"#k{key.letter}"), class_="chip", viewBox="-11 -11 22 22", aria_hidden="true")


def strip(height: int, *children: str) -> str:
    """A chart in a row of a table. Its figures are in the same row, so it is hidden from screen readers."""
    return tag("svg", *children, width="100%", height=height, aria_hidden="true")


def scale(axis: Axis) -> str:
    """The tick labels for the head of a column of charts, and the grid lines that these share."""
    lines = (
        tag("line", x1=axis.at(t), x2=axis.at(t), y2="100%", class_="grid" if t or axis.low == 0 else "zero")
        for t in axis.ticks
    )
    texts = (tag("text", f"{tick:g}".replace("-", "−"), x=axis.at(tick), y=13, class_="tick") for tick in axis.ticks)
    return strip(18, tag("defs", tag("g", *lines, id=f"g{axis.name}")), *texts)


def dots(key: Key, axis: Axis, value: float, ends: tuple[float, float], seeds: tuple[float, float], height: int) -> str:
    """One row of a dot-and-line chart: a dot, its interval as a line, the range over seeds as a bar behind."""
    middle = height / 2
    parts = [tag("use", href=f"#g{axis.name}")]
    if seeds[0] < seeds[1]:
        wide = f"{100 * (axis.share(seeds[1]) - axis.share(seeds[0])):.4g}%"
        parts.append(
            tag("rect", x=axis.at(seeds[0]), width=wide, y=middle - 6, height=12, class_=f"range c{key.color}")
        )
    parts.append(whisker(axis, ends, middle, key.color))
    parts.append(tag("use", href=f"#d{key.letter}", x=axis.at(value), y=middle))
    return strip(height, *parts)


def whisker(axis: Axis, ends: tuple[float, float], y: float, color: int) -> str:
    return tag("line", x1=axis.at(ends[0]), x2=axis.at(ends[1]), y1=y, y2=y, class_=f"whisker c{color}")


def forest(
    axis: Axis,
    value: float,
    ends: tuple[float, float],
    differs: bool,
    wide: tuple[float, float] | None = None,
    height: int = 30,
) -> str:
    """One row of differences: the dot is filled if the difference is shown.

    The bar is the interval over sentences (`ends`), the line the one over runs and sentences (`wide`).
    """
    middle, color = height / 2, 0 if differs else 6
    across = f"{100 * (axis.share(ends[1]) - axis.share(ends[0])):.4g}%"
    bar = tag("rect", x=axis.at(ends[0]), width=across, y=middle - 6, height=12, class_=f"range c{color}")
    dot = tag("circle", cx=axis.at(value), cy=middle, r=5, class_="mark c0" if differs else "hollow c6")
    over_both = whisker(axis, wide, middle, color) if wide else ""
    return strip(height, tag("use", href=f"#g{axis.name}"), bar, over_both, dot)


def stack(parts: Sequence[tuple[float, str, str]], height: int = 30) -> str:
    """Parts of a whole as (share of 1, class, text); the text is shown in parts that are wide enough."""
    drawn, start = [], 0.0
    for share, name, text in parts:
        at, wide, middle = (f"{100 * x:.4g}%" for x in (start, share, start + share / 2))
        drawn.append(tag("rect", x=at, width=wide, y=4, height=height - 8, class_=name))
        if share >= 0.14:
            drawn.append(tag("text", escape(text), x=middle, y=height / 2 + 4.5, class_=f"part {name}"))
        start += share
    return strip(height, *drawn)
