"""The page, in a headless Chromium: one review, a file of reviews, keyboard, small screens, what goes wrong."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser import chromium
from tests.serve.stand_in import Service, service

NASTY = "<script>alert(1)</script> \U0001f468\u200d\U0001f373 Caf\u00e9: the soup was superb & the waiter was rude."


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    downloads = tmp_path_factory.mktemp("downloads")
    with chromium(downloads) as chrome:
        chrome.downloads = downloads
        yield chrome


@pytest.fixture
def page(browser: Any, running: Service) -> Any:
    """The page, freshly loaded; at the end nobody complained in the console."""
    browser.get_log("browser")
    browser.get(f"{running.url}/")
    until(lambda: "stand-in" in text(browser, "about"))
    yield browser
    assert [entry["message"] for entry in browser.get_log("browser") if " 4" not in entry["message"]] == []


def until(holds: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def text(chrome: Any, name: str) -> str:
    return str(chrome.find_element("id", name).text)


def find(chrome: Any, review: str) -> str:
    """Ask about a review; returns what is said of it."""
    chrome.execute_script("document.getElementById('text').value = arguments[0]", review)
    chrome.execute_script("document.getElementById('told').textContent = ''")
    chrome.find_element("css selector", "#one button").click()
    return str(until(lambda: (said := text(chrome, "told")) != "Reading ..." and said))


def wait_for(chrome: Any, news: str) -> None:
    until(lambda: news in text(chrome, "news"))


def choose(chrome: Any, path: Path) -> None:
    chrome.find_element("id", "file").send_keys(str(path))


def table(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def downloaded(chrome: Any, name: str) -> list[dict[str, str]]:
    chrome.find_element("id", "save").click()
    file = chrome.downloads / name
    until(file.is_file)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    file.unlink()
    return rows


def test_targets_are_marked(page: Any) -> None:
    assert find(page, NASTY) == "2 opinions: 1 positive, 1 negative."
    marks = page.find_elements("css selector", "#marked mark")
    assert [(mark.text, mark.get_attribute("class")) for mark in marks] == [
        ("soup+1", "positive"),
        ("waiter\u22122", "negative"),
    ]
    assert page.execute_script("return document.getElementById('marked').textContent") == NASTY.replace(
        "soup", "soup+1"
    ).replace("waiter", "waiter\u22122")
    rows = [row.text for row in page.find_elements("css selector", "#opinions tr")]
    assert rows == ["1 soup + positive 88 %", "2 waiter \u2212 negative 88 %"]
    link = page.find_element("css selector", "#marked mark a")
    assert link.get_attribute("aria-label") == "opinion 1: positive"
    assert page.find_elements("css selector", link.get_attribute("href").rpartition("/")[2])
    heads = page.find_elements("css selector", ".opinions th")
    assert [head.text for head in heads if head.is_displayed()] == ["#", "Target", "Polarity", "Confidence"]


def test_nothing_found_and_nothing_read(page: Any) -> None:
    assert find(page, " \n ").startswith("The text is empty")
    assert find(page, "Nothing to say \0") == "No opinion found."
    assert not page.find_element("css selector", ".opinions").is_displayed()
    said = find(page, "x" * 2001)
    assert said.startswith("Not read: ")
    assert "2000" in said
    assert not page.find_element("id", "found").is_displayed()


def test_overlapping_opinions_share_a_mark(page: Any) -> None:
    spans = page.execute_async_script(
        """
        const [text, opinions, done] = arguments;
        const answer = new Response(JSON.stringify({ results: [{ opinions, cut: true }] }));
        const fetched = window.fetch;
        window.fetch = async () => answer;
        document.getElementById("text").value = text;
        document.getElementById("one").requestSubmit();
        setTimeout(() => {
          window.fetch = fetched;
          done([...document.querySelectorAll("#marked mark")].map((mark) => [mark.className, mark.textContent]));
        }, 300);
        """,
        "The room service was odd",
        [
            {"target": "service", "category": None, "polarity": "negative", "start": 9, "end": 16, "confidence": None},
            {
                "target": "room service",
                "category": None,
                "polarity": "positive",
                "start": 4,
                "end": 16,
                "confidence": 1,
            },
            {"target": None, "category": None, "polarity": "neutral", "start": None, "end": None, "confidence": 0.5},
        ],
    )
    assert spans == [["conflict", "room service+2\u22121"]]
    assert "there may be more" in text(page, "told")
    assert "not named" in text(page, "opinions")


def test_a_file(page: Any, tmp_path: Path) -> None:
    rows = [["id", "Review", "target", "=SUM(A1)"]]
    rows += [[str(n), f"The w{n} was fine;\nthe tea was cold.", f'a "{n}", b', "-5"] for n in range(150)]
    rows += [["+1", "", "", "@x"], ["x", "y" * 2001, "", "\t"], ["z", "nothing to say", "", "-x"], ["short"]]
    choose(page, table(tmp_path / "reviews.csv", rows))
    until(lambda: text(page, "rows") == "154 rows")
    assert page.execute_script("return document.getElementById('column').selectedOptions[0].text") == "Review"
    page.find_element("id", "start").click()
    news = until(lambda: "Done" in text(page, "news") and text(page, "news"))
    assert news == "Done: 300 opinions in 154 reviews. 1 review too long for this service was left out."
    assert page.find_element("id", "progress").get_property("value") == 1
    assert page.find_element("css selector", "#topics tr").text == "tea 150 0 0 150"
    found = downloaded(page, "reviews-opinions.csv")
    assert len(found) == 304
    assert list(found[0]) == [
        "review_row", "target", "category", "polarity", "start", "end", "confidence", "note",
        "id", "Review", "review_target", "'=SUM(A1)",
    ]  # fmt: skip
    for line in found[:300]:
        assert line["Review"][int(line["start"]) : int(line["end"])] == line["target"]
        assert line["'=SUM(A1)"] == "-5", "a number stays"
    assert [int(line["review_row"]) for line in found[:300]] == [n // 2 + 1 for n in range(300)]
    assert found[2]["review_target"] == 'a "1", b'
    assert [line["note"] for line in found[300:]] == ["empty", "too long, left out", "no opinion", "empty"]
    assert [line["id"] for line in found[300:]] == ["+1", "x", "z", "short"]
    assert [line["'=SUM(A1)"] for line in found[300:]] == ["'@x", "'\t", "'-x", ""]


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        (b'\xef\xbb\xbfa;text\r\n1;"x; y"\r\n', ["a", "text"]),
        (b"a\ttext\n1\tCaf\xe9\n", ["a", "text"]),
        (b'"a, b","text"\r1,"he said ""no"""\r', ["a, b", "text"]),
        (b"text\n\n  \nlast without an end", ["text"]),
        ("\ufeffid\ttext\n1\tCafé\n".encode("utf-16-le"), ["id", "text"]),
        ('\ufeff\ufeff\ufeff"id",text\n1,nice\n'.encode(), ["id", "text"]),
        (b"text\nnice\0 room\n", ["text"]),
        (b",text, ,column_3\n0,nice room,x,y\n", ["column_1", "text", "column_3_", "column_3"]),
    ],
)
def test_what_spreadsheets_write(page: Any, tmp_path: Path, content: bytes, columns: list[str]) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    choose(page, tmp_path / "t.csv")
    until(lambda: page.find_element("id", "start").is_enabled())
    options = page.find_elements("css selector", "#column option")
    assert [option.text for option in options] == columns


def test_files_that_cannot_be_read(page: Any, tmp_path: Path) -> None:
    for name, content, told in (
        ("a", b"", "a.csv cannot be read: it has no rows"),
        ("b", b"text\n", "b.csv cannot be read: it has no rows"),
        ("c", b'a,text\n1,"open\n', "a quote opens in line 2"),
        ("d", b"PAR1\x15\x04\x00\x15 no table of text", "d.csv cannot be read: it is not a CSV file"),
        ("e", b"PK\x03\x04 a workbook", "e.csv cannot be read: it is a spreadsheet"),
        ("p", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "p.csv cannot be read: it is not a text file"),
    ):
        (tmp_path / f"{name}.csv").write_bytes(content)
        choose(page, tmp_path / f"{name}.csv")
        wait_for(page, told)
        assert not page.find_element("id", "start").is_enabled()


def test_a_busy_service_is_waited_for_and_a_stop_goes_on(browser: Any, tmp_path: Path) -> None:
    rows = [["review"], *([f"The w{n} was fine."] for n in range(200))]
    with service(batch=0.15, queue=8, texts=4) as running:
        browser.get(f"{running.url}/")
        until(lambda: "stand-in" in text(browser, "about"))
        choose(browser, table(tmp_path / "reviews.csv", rows))
        until(lambda: browser.find_element("id", "start").is_enabled())
        browser.find_element("id", "start").click()
        until(lambda: browser.find_element("id", "progress").get_property("value") > 0.1)
        browser.find_element("id", "stop").click()
        news = until(lambda: "Stopped" in text(browser, "news") and text(browser, "news"))
        assert "in 200 reviews" not in news
        part = downloaded(browser, "reviews-opinions.csv")
        assert len(part) == 200
        assert {line["note"] for line in part} == {"", "not read"}
        assert browser.find_element("id", "start").text == "Go on"
        browser.find_element("id", "start").click()
        until(lambda: text(browser, "news") == "Done: 200 opinions in 200 reviews.", 40)
        assert all(line["note"] == "" for line in downloaded(browser, "reviews-opinions.csv"))


def test_a_token(browser: Any) -> None:
    with service(token="sesame") as running:
        browser.get(f"{running.url}/")
        until(lambda: browser.find_element("id", "token").is_displayed())
        assert find(browser, "The tea was cold.") == "Not read: the token is missing or wrong"
        browser.find_element("id", "token").send_keys("sesame")
        assert find(browser, "The tea was cold.") == "1 opinion: 1 negative."
        assert browser.execute_script("return localStorage.length + sessionStorage.length") == 0


def test_a_service_that_is_gone(browser: Any) -> None:
    with service() as running:
        browser.get(f"{running.url}/")
        until(lambda: "stand-in" in text(browser, "about"))
    assert find(browser, "The tea was cold.") == "Not read: the service cannot be reached"


def test_by_keyboard_alone(page: Any) -> None:
    """Tab reaches everything in order; Ctrl+Enter asks."""
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    def press(*keys: str) -> dict[str, str]:
        chain = ActionChains(page)
        chain.send_keys(*keys).perform()
        script = "const e = document.activeElement; return {id: e.id, text: e.textContent, tag: e.tagName}"
        return dict(page.execute_script(script))

    assert press(Keys.TAB)["text"] == "Skip to the form"
    assert press(Keys.TAB)["id"] == "text"
    ActionChains(page).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL).send_keys(
        "The tea was cold."
    ).perform()
    ActionChains(page).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
    until(lambda: text(page, "told") == "1 opinion: 1 negative.")
    assert press(Keys.TAB)["text"] == "Find opinions"
    assert press(Keys.TAB)["text"] == "\u22121"
    press(Keys.TAB)
    assert press(Keys.TAB)["id"] == "file"


def test_names_for_screen_readers(page: Any) -> None:
    find(page, NASTY)
    unnamed = page.execute_script(
        """
        return [...document.querySelectorAll("input, textarea, select, button, progress, [role=region]")].filter((e) =>
          !(e.labels?.length || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby")
            || (e.tagName === "BUTTON" && e.textContent.trim()))).map((e) => e.outerHTML)
        """
    )
    assert unnamed == []
    assert page.execute_script("return document.documentElement.lang") == "en"
    assert page.execute_script("return document.querySelectorAll('[role=status][aria-live=polite]').length") == 2
    ids = page.execute_script("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_screens_and_contrast(running: Service, tmp_path: Path, scheme: str) -> None:
    with chromium(tmp_path, width=375, height=800) as chrome:
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        chrome.get(f"{running.url}/")
        assert find(chrome, NASTY + " " + "w" * 90).startswith("2 opinions")
        assert chrome.execute_script("return document.documentElement.scrollWidth") == 375
        faint = chrome.execute_script(
            """
            const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
            const rgb = (color) => {
              canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
              return [...canvas.getImageData(0, 0, 1, 1).data];
            };
            const light = (c) => c.slice(0, 3).map((v) => v / 255)
              .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
              .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const ground = (e) => {
              const found = rgb(getComputedStyle(e).backgroundColor);
              return found[3] === 255 || !e.parentElement ? found : ground(e.parentElement);
            };
            return [...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() && !e.disabled
              && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())).map((e) => {
                const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
                return [(a + 0.05) / (b + 0.05), e.outerHTML.slice(0, 80)];
              }).filter(([ratio]) => ratio < 4.5)
            """
        )
        assert faint == [], json.dumps(faint)
