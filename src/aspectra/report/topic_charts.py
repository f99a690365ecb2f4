"""Charts of a topic in the opinions report: complaints, their effect on stars, course over time.

Laid out like `opinions_charts`. Called by `aspectra.report.opinions_topics`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aspectra.report.charts import Axis, strip, tag
from aspectra.report.opinions_charts import parts


def complaints(reviews: int, negative: int, praised: int, most: int, height: int = 30) -> str:
    """The reviews that mention a topic, relative to `most`; complaints are at the left, where bars compare."""
    some = (("negative", negative), ("positive", praised), ("neutral", reviews - negative - praised))
    return strip(height, *parts(some, 100 / most, height, room=330))


def small(counts: Mapping[str, int], height: int = 16) -> str:
    """Opinions of a target by polarity, the negative at the left as in `complaints`, in a bar of full width."""
    some = [(name, counts[name]) for name in ("negative", "conflict", "positive", "neutral")]
    return strip(height, *parts(some, 100 / (sum(counts.values()) or 1), height, room=0))


def stars_head(axis: Axis) -> str:
    """The tick labels above a column of `lower` charts."""
    texts = (
        tag("text", f"{t:+g}".replace("-", "−") if t else "0", x=axis.at(t), y=13, class_="tick") for t in axis.ticks
    )
    return strip(18, *texts)


def lower(axis: Axis, stars: Mapping[str, float], height: int = 30) -> str:
    """The difference in stars: a dot and its interval, filled if that excludes 0."""
    middle = height / 2
    ends = [min(max(stars[name], axis.low), axis.high) for name in ("low", "difference", "high")]
    grid = (tag("line", x1=axis.at(t), x2=axis.at(t), y2="100%", class_="grid" if t else "zero") for t in axis.ticks)
    line = tag("line", x1=axis.at(ends[0]), x2=axis.at(ends[2]), y1=middle, y2=middle, class_="range stars")
    look = "dot stars" if stars["high"] < 0 or stars["low"] > 0 else "dot stars open"
    return strip(height, *grid, line, tag("circle", cx=axis.at(ends[1]), cy=middle, r=4.5, class_=look))


def topic_course(course: Sequence[Sequence[int]], names: Sequence[str], unit: str) -> str:
    """Reviews over time that mention a topic, in the parts and colors of `complaints`.

    `course` has [reviews, negative, praised] of each period. One path for each part keeps the page small.
    """
    most = max(1, *(reviews for reviews, *_ in course))
    wide, tall = 10, 60

    def path(part: str, spans: Sequence[tuple[int, int]]) -> str:
        tops = ((n, tall - tall * end / most, tall * (end - start) / most) for n, (start, end) in enumerate(spans))
        drawn = "".join(f"M{n * wide + 1} {top:.3g}h8v{high:.3g}h-8z" for n, top, high in tops if high)
        return tag("path", d=drawn, class_=f"flat {part}") if drawn else ""

    said = "; ".join(f"{name}: {bad} of {of}" for name, (of, bad, _) in zip(names, course, strict=True) if of)
    return tag(
        "svg",
        path("negative", [(0, bad) for _, bad, _ in course]),
        path("positive", [(bad, bad + good) for _, bad, good in course]),
        path("neutral", [(bad + good, of) for of, bad, good in course]),
        role="img",
        aria_label=f"Reviews that complain of it, of those that mention it, by {unit}. {said}",
        viewBox=f"0 0 {wide * len(course)} {tall}",
        preserveAspectRatio="none",
        width="100%",
        height=64,
    )
