"""The opinions' report: one safe file that says what was counted, however many opinions there are."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import invented, put, source
from tests.browser import chromium

from aspectra.analyze.analysis import analyze
from aspectra.report import opinions
from aspectra.report.frame import embedded
from aspectra.report.opinions import html
from aspectra.report.opinions_charts import ORDER, Stretch, columns

EVIL = "</script><script>alert('x')</script>"
UNKNOWN = EVIL.replace("script", "x")[:20]  # no HTML, which the quotes are without


def made(folder: Path, rows: list[dict[str, str]], **view: Any) -> tuple[dict[str, Any], str]:
    report = folder / "report.html"
    shown: dict[str, Any] = {"report": report, "by": ("store",)} | view
    manifest = analyze(put(folder / "r.csv", rows), source(), folder / "out.parquet", **shown)
    return manifest, report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    return made(tmp_path_factory.mktemp("usual"), invented(1500), title="All hotels")


def visible(page: str) -> str:
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\u00a0", " ").split())


def test_a_mistyped_year_is_told_beside_the_chart_that_leaves_it_out(tmp_path: Path) -> None:
    rows = invented(60)
    for row, wrong in zip(rows, ("2203-05-01", "1023-05-02"), strict=False):
        row["date"] = wrong
    manifest, page = made(tmp_path, rows)
    time = manifest["figures"]["time"]
    assert time["unit"] == "year" and time["outside"] == 2 and time["far"] == ["1023-05-02", "2203-05-01"]
    section = visible(page.partition('<section id="time"')[2].partition("</section>")[0])
    assert "2 reviews are left out, because their dates are far from the others: 2 May 1023 to 1 May 2203." in section
    rows[1]["date"] = rows[2]["date"]
    (tmp_path / "one").mkdir()
    text = visible(made(tmp_path / "one", rows)[1])
    assert text.count("1 review is left out, because its date is far from the others: 1 May 2203.") == 1


def test_it_says_what_was_counted(usual: tuple[dict[str, Any], str]) -> None:
    manifest, page = usual
    figures, text = manifest["figures"], visible(page)
    share = round(100 * figures["polarities"]["positive"]["share"])
    assert f"1,500 reviews hold {figures['opinions']:,} opinions: {share} % positive" in text
    assert f"without an opinion {figures['without_opinion']:,}" in text
    first = figures["topics"]["rows"][0]
    negative = first["negative"]
    assert f"Most complained of: {first['label']} ({negative['reviews']:,} reviews)," in text
    assert f"Of {first['reviews']:,} reviews that mention it, {negative['reviews']:,} complain" in text
    for head in (
        "What people complain of, and what they praise",
        "How far to trust this",
        "All opinions",
        "Over time",
        "What rose and fell",
        "By store",
    ):
        assert f">{head}</h2>" in page
    assert "Criticized more or less" in page and "were tested, and p is corrected" in text
    assert "Where it hurts" in text and "▲ rose" in text and "▼ fell" in text


def test_it_says_when_the_reviews_were_written_not_when_their_week_began(tmp_path: Path) -> None:
    rows = [
        row | {"date": day}
        for row, day in zip(invented(180), 60 * ["2026-01-01", "2026-02-11", "2026-03-18"], strict=True)
    ]
    manifest, page = made(tmp_path, rows)
    assert manifest["figures"]["time"]["rows"][0]["start"] == "2025-12-29"
    assert "written 1 Jan 2026 to 18 Mar 2026" in visible(page)


def test_a_column_of_months_is_not_shown_as_days(tmp_path: Path) -> None:
    rows = [row | {"date": day} for row, day in zip(invented(60), 20 * ["2026-01", "2026-02", "2026-03"], strict=True)]
    assert "written Jan 2026 to Mar 2026" in visible(made(tmp_path, rows)[1])


def test_long_periods_do_not_blur_when_reviews_were_written(tmp_path: Path) -> None:
    rows = [row | {"date": day} for row, day in zip(invented(30), 15 * ["2023-05-11", "2026-04-02"], strict=True)]
    manifest, page = made(tmp_path, rows)
    assert manifest["figures"]["time"]["unit"] == "year" and "written 11 May 2023 to 2 Apr 2026" in visible(page)


def dated(*counts: int) -> list[dict[str, str]]:
    """Reviews of one opinion each, so many in each month."""
    return [
        {"review": f"The room was {('great', 'dirty')[n % 2]}.", "date": f"2026-{month:02d}-10", "store": "Harbor"}
        for month, count in enumerate(counts, 1)
        for n in range(count)
    ]


def test_a_period_with_few_opinions_has_no_share_and_the_page_says_so(tmp_path: Path) -> None:
    page = made(tmp_path, dated(30, 4, 30, 0, 30))[1]
    shares = page.partition("Shares over time. ")[2].partition('"')[0]
    assert shares == "; ".join(f"{month} 2026: 50 % positive, 50 % negative" for month in ("Jan", "Mar", "May"))
    assert "A month with fewer than 10 opinions has no dot." in visible(page)
    assert 'class="course ' not in page, "no line crosses a gap"
    (tmp_path / "all").mkdir()
    assert "has no dot" not in visible(made(tmp_path / "all", dated(30, 12, 30))[1])


def test_where_two_shares_cannot_be_told_there_is_no_chart_of_them(tmp_path: Path) -> None:
    page = made(tmp_path, dated(14, 4))[1]
    assert "Shares over time. " not in page and "Opinions over time. " in page
    assert "a share needs 10 in a month, and a chart needs two such months." in visible(page)


@pytest.mark.parametrize("most", [1, 2, 3, 7, 12_000, 3_000_000])
def test_opinions_are_counted_in_whole_numbers_that_fit_beside_the_chart(most: int) -> None:
    some = [Stretch("Jan", most, {p: {"count": most if p == "positive" else 0} for p in ORDER})] * 2
    ticks = re.findall(r'class="tick end">([^<]+)<', columns(some))
    assert len(ticks) > 1 and all(re.fullmatch(r"\d{1,3}|\d,\d{3}|\d+k|\d(\.\d)?M", tick) for tick in ticks)


def test_reviews_without_any_opinion_make_a_page_that_says_what_to_look_at(tmp_path: Path) -> None:
    rows = [{"review": "We stayed.", "date": f"2026-0{n}-01", "store": "Harbor"} for n in range(1, 9)]
    text = visible(made(tmp_path, rows)[1])
    assert "No opinion was found in 8 reviews. If there should be some: see whether the column of texts" in text
    assert not {"Over time", "Rose and fell", "Topic", "Intervals"} & set(re.findall(r"[A-Z][a-z ]+", text))


def test_a_handful_of_opinions_is_told_by_number_and_one_day_has_no_course(tmp_path: Path) -> None:
    text = visible(made(tmp_path, dated(1))[1])
    assert "1 review holds 1 opinion: 1 positive." in text
    assert "Over time" not in text and "Rose and fell" not in text and "written 10 Jan 2026" in text
    (tmp_path / "same").mkdir()
    text = visible(made(tmp_path / "same", dated(40))[1])
    assert "40 reviews hold 40 opinions: 50 % positive and 50 % negative." in text and "Over time" not in text


def test_quotes_have_the_opinion_marked(usual: tuple[dict[str, Any], str]) -> None:
    _, page = usual
    marks = re.findall(r'<mark class="(\w+)">([^<]+)<sup>(.)</sup></mark>', page)
    signs = {"positive": "+", "negative": "−", "neutral": "○", "conflict": "±"}
    assert len(marks) > 30 and all(signs[polarity] == sign for polarity, _, sign in marks)
    assert any(word == "breakfast" for _, word, _ in marks)


def test_the_policy_allows_only_what_is_inside(usual: tuple[dict[str, Any], str]) -> None:
    _, page = usual
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None and "default-src 'none'" in policy[1].replace("&#39;", "'")
    for name in ("style", "script"):
        inside = re.findall(rf"<{name}>(.*?)</{name}>", page, re.S)
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert len(inside) == 1 and f"sha256-{digest}" in policy[1]
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page) and " style=" not in page and " on" + "click" not in page


def test_it_can_be_heard_and_used_by_keyboard(usual: tuple[dict[str, Any], str]) -> None:
    _, page = usual
    assert page.count("<table") == page.count("<caption")
    for svg in re.findall(r"<svg\b[^>]*>", page):
        assert "aria-label=" in svg or 'aria-hidden="true"' in svg
    table = re.search(r'<table id="rows">.*?</table>', page, re.S)
    assert table is not None and table[0].count('<button type="button" data-column=') == 9
    assert table[0].count("aria-sort=") == 1
    assert all("tabindex=" in box for box in re.findall(r'<div class="box"[^>]*>', page))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_everything_is_escaped(tmp_path: Path) -> None:
    day = "2026-01-{:02d}"
    rows = [
        {
            "review": f"The {UNKNOWN} room was dirty. The <x>bed</x> was great. The \u2028desk was rude. {EVIL}",
            EVIL: EVIL,
            "date": day.format(n + 1),
        }
        for n in range(20)
    ]
    _, page = made(tmp_path, rows, by=(EVIL,), title=EVIL)
    assert "&lt;x&gt;bed&lt;/x&gt;" in page and "&lt;/script&gt;&lt;script&gt;alert" in page
    assert EVIL not in page and "<x>bed" not in page and "\u2028" not in page.partition('id="data"')[2]
    assert page.count("<script") == 2 == page.count("</script>")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data is not None and not set("<>&\u2028\u2029") & set(data[1])
    labels = {row[0] for row in json.loads(data[1])["targets"]}
    assert "<x>bed</x>" in labels


def test_embedded_json_ends_no_script() -> None:
    value = {"</script>": ["<!--", "\u2028\u2029", "&amp;"]}
    text = embedded(value)
    assert not set("<>&\u2028\u2029") & set(text) and json.loads(text) == value


def test_categories_alone_are_enough(tmp_path: Path) -> None:
    manifest, _ = made(tmp_path, invented(200))
    figures = manifest["figures"]
    bare = {
        "targets": figures["targets"] | {"rows": [], "known": 0},
        "topics": figures["topics"] | {"by": "categories"},
    }
    page = html(manifest | {"figures": figures | bare})
    assert "Topics are the categories of the reader." in visible(page)
    assert 'value="categories"' in page and 'value="targets"' not in page


def test_a_large_report_is_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * 60
    rows = [
        {
            "review": f"The {long}{n % 1000} was dirty. The thing{n} was great. The room was okay.",
            "store": f"{long}{n % 700}",
            "date": f"20{n % 24:02d}-01-01",
        }
        for n in range(2500)
    ]
    manifest, page = made(tmp_path, rows)
    assert manifest["figures"]["targets"]["known"] > 2500
    assert len(page.encode()) < 1_000_000


def test_what_must_be_known_is_said(tmp_path: Path) -> None:
    rows = [row | {"date": "" if n == 0 else "03/04/2026"} for n, row in enumerate(invented(30))]
    rows[1]["review"] += " (cut)"
    rows[7]["date"] = "02/30/2026"
    text = visible(made(tmp_path, rows)[1])
    assert "In 1 reviews" not in text and "In 1 review an answer of the model was cut off" in text
    assert "2 reviews have no date, and no count over time includes them." in text
    assert (
        "In 1 review of these, the date is unreadable: line 9 (&#39;02/30/2026&#39;)." in text
        and "were read as month/day/year" in text
    )


def test_few_reviews_fill_no_table_of_topics(tmp_path: Path) -> None:
    texts = ("The Breakfast was cold. The breakfast was cold.", "The Breakfast was cold.", "Our Breakfast was great.")
    rows = [{"stars": star, "review": text} for star, text in zip("514", texts, strict=True)]
    _, page = made(tmp_path, rows, by=("stars",))
    assert "Where it hurts" not in page
    values = page.partition('<table class="values">')[2].partition("</table>")[0]
    assert re.findall(r'<th scope="row">(.*?)</th>', values) == ["1", "4", "5"]
    # A capital that a sentence's beginning gave makes no label, nor another form.
    assert "Most complained of: breakfast (2 reviews)." in page and "Breakfast</h3>" not in page


def test_another_page_is_known_from_a_report(usual: tuple[dict[str, Any], str]) -> None:
    assert opinions.GENERATOR in usual[1][:2048]


@pytest.mark.slow
def test_the_table_sorts_filters_and_downloads(usual: tuple[dict[str, Any], str], tmp_path: Path) -> None:
    drive = """
    const rows = () => [...document.querySelectorAll("#rows tbody tr")].map((r) => r.cells[0].textContent);
    const press = (n) => document.querySelector(`#rows [data-column="${n}"]`).click();
    const out = {before: rows()};
    press(0); out.name = rows(); out.sort = document.querySelector("#rows th").getAttribute("aria-sort");
    press(7); out.share = rows();
    const box = document.querySelector("[name=contains]");
    box.value = "BREAK"; box.dispatchEvent(new Event("input", {bubbles: true})); out.filtered = rows();
    const kept = window.Blob; window.Blob = function (parts) { out.csv = parts.join(""); return new kept(parts); };
    document.getElementById("download").click();
    return out;
    """
    (tmp_path / "p.html").write_text(usual[1])
    with chromium(tmp_path) as browser:
        browser.get(f"file://{tmp_path}/p.html")
        out = browser.execute_script(drive)
    rows = usual[0]["figures"]["topics"]["rows"]
    labels = [row["label"] for row in sorted(rows, key=lambda row: (-row["reviews"], -row["opinions"], row["label"]))]
    assert out["before"] == labels[:25] and out["name"] == sorted(labels, key=str.lower)[:25]
    assert out["sort"] == "ascending" and out["filtered"] == ["breakfast", "breakfast buffet"]
    worst = max(rows, key=lambda row: row["polarities"]["negative"]["share"])
    assert out["share"][0] == worst["label"]
    assert out["csv"].startswith("\ufefftopics,opinions") and out["csv"].count("\r\n") == 3


WIDE = """return [...document.querySelectorAll(".box")].filter(box => box.clientWidth).map(box =>
  [box.scrollWidth > box.clientWidth + 1, getComputedStyle(box, "::before").content.includes("scroll it sideways")])"""
OUTSIDE = """return [...document.querySelectorAll("figure svg")].filter(svg => svg.clientWidth).flatMap(svg => {
  const room = svg.closest("figure").getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter(text => {
    const at = text.getBoundingClientRect();
    return at.left < room.left - 1 || at.right > Math.min(room.right + 8, innerWidth);
  }).map(text => text.textContent)})"""
FILLS = """const fill = (query) => getComputedStyle(document.querySelector(query)).fill;
  return ["positive", "neutral"].map(each => [fill(`path.flat.${each}`), fill(`rect.part.${each}`)])"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 1280])
def test_labels_stay_in_their_charts_and_a_table_that_is_cut_off_says_so(
    usual: tuple[dict[str, Any], str], tmp_path: Path, width: int
) -> None:
    (tmp_path / "p.html").write_text(usual[1])
    # 21 periods: the last label of the time axis would stand at the very edge.
    rows = [row | {"date": f"{2024 + n % 21 // 12}-{1 + n % 21 % 12:02d}-03"} for n, row in enumerate(invented(420))]
    (tmp_path / "q.html").write_text(made(tmp_path, rows)[1])
    with chromium(tmp_path, width) as browser:
        for name in ("p", "q"):
            browser.get(f"file://{tmp_path}/{name}.html")
            assert browser.execute_script(OUTSIDE) == []
            browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 50))")
            seen = browser.execute_script(WIDE)
            assert [hint for _, hint in seen] == [cut for cut, _ in seen]
            assert any(cut for cut, _ in seen) == (width == 400)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            assert not browser.get_log("browser")
        for theme in ("light", "dark"):
            browser.execute_script(f"document.querySelector('#theme [value={theme}]').click()")
            assert all(course == bar for course, bar in browser.execute_script(FILLS)), "one color, one meaning"
