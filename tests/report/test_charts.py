"""Charts: scales that hold their values, a frontier that is one, names that keep out of each other's way."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.report import charts, plots
from aspectra.report.charts import Key

values = st.floats(0, 100, allow_nan=False)
BLUE, RED = Key("A", 0, "student"), Key("B", 1, "llm")


def point(name: str, x: float, y: float, key: Key = BLUE) -> plots.Point:
    return plots.Point(name, key, x, y, y - 3, y + 2)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


@given(st.lists(values, min_size=1))
def test_a_linear_axis_holds_its_values_between_round_ticks(known: list[float]) -> None:
    axis = charts.linear(known)
    assert all(-1e-9 <= axis.share(value) <= 1 + 1e-9 for value in known)
    assert axis.ticks[0] == axis.low and axis.ticks[-1] == axis.high
    assert 2 <= len(axis.ticks) <= 9


@given(st.lists(values, min_size=1))
def test_an_axis_of_percentages_ends_at_a_hundred(known: list[float]) -> None:
    axis = charts.linear(known, most=100)
    assert max(known) <= axis.high <= 100


def test_an_axis_that_starts_at_nothing_starts_at_zero() -> None:
    assert charts.linear([0.0, 42.0]).low == 0


@given(st.lists(st.floats(1e-4, 1e6), min_size=1))
def test_a_log_axis_holds_its_values_and_has_a_tick_to_read_them_by(known: list[float]) -> None:
    axis = plots.logarithmic(known)
    assert all(0 < axis.share(value) < 1 for value in known)
    assert axis.share(math.sqrt(axis.low * axis.high)) == pytest.approx(0.5)
    if max(known) > 10 * min(known):
        assert len(axis.ticks) >= 1


def test_the_frontier_leaves_out_what_another_beats() -> None:
    cheap, good, dear = point("cheap", 1, 50), point("good", 10, 70), point("dear", 20, 65)
    level = point("as good and dearer", 11, 70)
    assert plots.frontier([dear, good, level, cheap]) == [cheap, good]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1))
def test_no_point_of_the_frontier_is_beaten_and_every_other_one_is(places: list[tuple[int, int]]) -> None:
    points = [point(str(n), x, y) for n, (x, y) in enumerate(places)]
    best = plots.frontier(points)
    for p in points:
        beaten = any(q.x <= p.x and q.y >= p.y and (q.x, q.y) != (p.x, p.y) for q in points)
        assert beaten == ((p.x, p.y) not in {(q.x, q.y) for q in best})


def test_the_scatter_rings_the_frontier_and_says_its_figures_aloud() -> None:
    svg = drawn(plots.scatter("F1 against seconds", [point("small", 20, 60), point("big", 400, 55, RED)], "seconds"))
    assert len(svg.findall("circle[@class='ring']")) == 1
    assert svg.attrib["aria-label"] == "F1 against seconds: small 60.00 at 20.0; big 55.00 at 400"
    assert [use.attrib["href"] for use in svg.findall("use")] == ["#kA", "#kB"]


def test_a_curve_has_a_line_for_each_system_and_keeps_a_lonely_point() -> None:
    line = [point("student", 0, 40), point("student", 1, 50), point("student", 2, 60)]
    svg = drawn(plots.curve("F1 over labels", [line, [point("llm", 0, 45, RED)]], ["8", "64", "all"], "labels"))
    assert len(svg.findall("line[@class='line c0 d0']")) == 2
    assert not svg.findall("line[@class='line c1 d1']")
    assert [text.text for text in svg.findall("text[@class='tick']")] == ["8", "64", "all"]


def test_names_of_points_that_lie_close_do_not_lie_on_each_other() -> None:
    points = [point(f"a system of number {n}", 10 + n / 100, 50 + n / 100) for n in range(4)]
    texts = [t for t in drawn(plots.scatter("x", points, "s")) if t.attrib.get("class", "").startswith("name")]
    places = {(t.attrib["class"], round(float(t.attrib["y"]) / 12)) for t in texts}
    assert len(places) == 4


def test_a_row_shows_the_range_of_seeds_only_where_there_are_several() -> None:
    axis = charts.linear([40, 60], "x")
    several = drawn(charts.dots(BLUE, axis, 50, (45, 55), (48, 52), 34))
    assert several.find("rect") is not None
    assert drawn(charts.dots(BLUE, axis, 50, (45, 55), (50, 50), 34)).find("rect") is None
    dot, line = several.find("use[@href='#dA']"), several.find("line")
    assert dot is not None and line is not None
    assert float(line.attrib["x1"][:-1]) < float(dot.attrib["x"][:-1]) < float(line.attrib["x2"][:-1])


def test_a_difference_is_a_filled_dot_and_what_is_none_is_hollow() -> None:
    axis = charts.linear([-5, 5], "x")
    shapes = [drawn(charts.forest(axis, 2, (-1, 5), differs)).find("circle") for differs in (True, False)]
    assert ["hollow" in circle.attrib["class"] for circle in shapes if circle is not None] == [False, True]


def test_the_line_over_runs_and_sentences_reaches_beyond_the_bar_over_sentences() -> None:
    axis = charts.linear([-5, 5], "x")
    svg = drawn(charts.forest(axis, 2, (1, 3), True, (0, 4)))
    bar, line = svg.find("rect"), svg.find("line")
    assert bar is not None and line is not None
    assert (line.attrib["x1"], line.attrib["x2"], bar.attrib["x"]) == (axis.at(0), axis.at(4), axis.at(1))
    assert drawn(charts.forest(axis, 2, (1, 3), False)).find("line") is None, "of too few runs there is none"


def test_the_axis_writes_minus_as_the_figures_beside_it_do() -> None:
    assert "−5</text>" in charts.scale(charts.linear([-5, 5], "x"))


def test_parts_of_a_whole_fill_the_bar_and_only_wide_ones_are_labeled() -> None:
    svg = drawn(charts.stack([(0.7, "right", "70"), (0.05, "wrong", "5"), (0.25, "lost", "25")]))
    assert sum(float(rect.attrib["width"][:-1]) for rect in svg.findall("rect")) == pytest.approx(100)
    assert [text.text for text in svg.findall("text")] == ["70", "25"]


def test_a_name_cannot_close_the_drawing() -> None:
    svg = plots.scatter("</svg>", [point("</svg><script>", 1, 50), point('" onload="x', 2, 60)], "<b>")
    assert len(re.findall("</svg>", svg)) == 1
    assert "<script" not in svg and "<b>" not in svg
    assert drawn(svg).attrib["aria-label"].startswith("</svg>: </svg><script>")


def test_each_kind_of_system_has_its_own_shape() -> None:
    shapes = {charts.shape(kind, 5).split()[0] for kind in ("student", "llm", "file")}
    assert shapes == {"<circle", "<rect", "<path"}
