"""The picture that the report opens with: what it shows, to whom who cannot see it too, and how it opens."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import invented, put, source
from tests.browser import chromium
from tests.meaning.words import write_words

from aspectra.analyze.analysis import analyze
from aspectra.report.opinions_topics import FIRST, TARGETS
from aspectra.report.topic_charts import topic_course

TEXTS = (
    "The waiter was rude. The soup was cold.",
    "The staff was rude. The pasta was superb.",
    "The staff was friendly.",
    "The food was great.",
)
STARS = (1, 2, 5, 4)
Page = tuple[dict[str, Any], str]


def made(folder: Path, rows: list[dict[str, str]], **view: Any) -> Page:
    report, reader = folder / "report.html", replace(source(), meanings=view.pop("meanings", None))
    manifest = analyze(put(folder / "r.csv", rows), reader, folder / "out.parquet", report=report, **view)
    return manifest, report.read_text(encoding="utf-8").replace("\u00a0", " ")


@pytest.fixture(scope="module")
def restaurant(tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("restaurant")
    rows = [
        {"text": text, "stars": str(star), "date": f"2026-0{1 + n % 5}-10"}
        for n, (text, star) in enumerate(zip(TEXTS * 20, STARS * 20, strict=True))
    ]
    return made(folder, rows, meanings=write_words(folder))


@pytest.fixture(scope="module")
def hotels(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return made(tmp_path_factory.mktemp("hotels"), invented(900), by=("store",))


def rows(page: str) -> list[str]:
    return re.findall(r'<details class="topic">.*?</details></li>', page, re.S)


def test_a_row_says_in_words_what_its_bar_and_its_dot_say(restaurant: Page) -> None:
    manifest, page = restaurant
    staff = rows(page)[0]
    assert re.search(r"<h3>staff <small>waiter</small></h3>", staff)
    assert "Of 60 reviews that mention it, 40 complain: 67 %" in staff
    effect = manifest["figures"]["topics"]["rows"][0]["stars"]["difference"]
    assert effect < -1 and f"With a complaint {-effect:.1f} fewer stars" in staff
    assert ">40</text>" in staff and ">20</text>" in staff
    assert "This is an association, not a cause." in page and "(column stars, 3.0 on average)" in page


def test_a_topic_opens_to_its_targets_quotes_for_and_against_and_its_course(restaurant: Page) -> None:
    staff = rows(restaurant[1])[0]
    assert re.findall(r"<li><span>(\w+)</span><span class=\"count\">(\d+)", staff) == [
        ("staff", "40"),
        ("waiter", "20"),
    ]
    against, _, praise = staff.partition("<h4>Against</h4>")[2].partition("<h4>For</h4>")
    assert "was rude" in against and "friendly" not in against and "was friendly" in praise
    assert 'aria-label="Reviews that complain of it, of those that mention it, by month. Jan 2026: 8 of 12; ' in staff
    assert re.findall(r'<path d="[^"]+" class="flat (\w+)"', staff) == ["negative", "positive"], "none says neither"


def test_a_topic_over_time_is_stacked_of_the_parts_of_its_bar() -> None:
    drawn = topic_course([[4, 1, 2], [0, 0, 0], [2, 2, 0]], ["Jan", "Feb", "Mar"], "month")
    parts = dict(re.findall(r'<path d="([^"]+)" class="flat (\w+)"', drawn))
    assert {look: path for path, look in parts.items()} == {
        "negative": "M1 45h8v15h-8zM21 30h8v30h-8z",
        "positive": "M1 15h8v30h-8z",
        "neutral": "M1 0h8v15h-8z",
    }


@pytest.mark.parametrize("count", [TARGETS, TARGETS + 1])
def test_rarer_targets_are_told_of_only_where_some_are_left_out(tmp_path: Path, count: int) -> None:
    names = ("bed", "bar", "lift", "pool", "soup", "bread", "lobby", "towel", "shower")[:count]
    topics = tmp_path / "topics.yaml"
    topics.write_text(f"place: [{', '.join(names)}]\n", encoding="utf-8")
    _, page = made(tmp_path, [{"text": f"The {name} was dirty."} for name in names], topics=topics)
    assert ("rarer ones are in the table" in page) == (count > TARGETS)
    assert "Topics are those of your file" in page and "found by a computer" not in page


def test_what_is_most_complained_of_comes_first_and_the_rest_behind_a_click(hotels: Page) -> None:
    manifest, page = hotels
    labels = [re.search(r"<h3>(.*?)(?: <small>|</h3>)", row) for row in rows(page)]
    found = [label[1] for label in labels if label]
    told = manifest["figures"]["topics"]["rows"]
    assert found == [row["label"] for row in told] and len(found) > FIRST + 2
    counts = [row["negative"]["reviews"] for row in told if row["label"] != "other"]
    assert counts == sorted(counts, reverse=True)
    assert len(rows(page.partition('<details class="more">')[0])) == FIRST
    assert "targets are grouped by words" in page.replace("Targets", "targets")


def test_stores_are_compared_by_topics(hotels: Page) -> None:
    table = hotels[1].partition('<table class="heat hurts">')[2].partition("</table>")[0]
    heads = re.findall(r'<th scope="col">(.*?)</th>', table)
    assert heads == [row["label"] for row in hotels[0]["figures"]["topics"]["rows"][:10]]


@pytest.mark.parametrize("more", [{}, {"stars": "4"}])
def test_without_time_and_with_too_few_stars_nothing_is_said_of_them(tmp_path: Path, more: dict[str, str]) -> None:
    _, page = made(tmp_path, [{"text": text} | more for text in TEXTS])
    assert "stars" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S) and "<h4>Over time</h4>" not in page


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 1280])
def test_it_opens_by_keyboard_and_nothing_stands_out_of_the_page(hotels: Page, tmp_path: Path, width: int) -> None:
    (tmp_path / "p.html").write_text(hotels[1], encoding="utf-8")
    with chromium(tmp_path, width) as browser:
        from selenium.webdriver.common.keys import Keys

        browser.get(f"file://{tmp_path}/p.html")
        summary = browser.find_element("css selector", ".topic > summary")
        summary.send_keys(Keys.ENTER)
        assert browser.find_element("css selector", ".topic blockquote").is_displayed()
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        parts = "[...document.querySelectorAll('.topic > summary > *:not(.unseen)')]"
        assert browser.execute_script(f"return {parts}.every(e => e.scrollWidth <= e.clientWidth + 1)"), "cut off"
        browser.execute_script("dispatchEvent(new Event('beforeprint'))")
        is_open = "return [...document.querySelectorAll(arguments[0])].filter(each => each.open).length"
        assert browser.execute_script(is_open, ".more") == 1 and browser.execute_script(is_open, ".topic") == 1
        assert not browser.get_log("browser")
