"""The page on which one's own reviews are checked: in a real browser, from the marks to the figures and the labels."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser import chromium, downloaded

from aspectra.cli.main import run
from aspectra.errors import UserError
from aspectra.report import check

EVIL = "</script><script>document.title='pwned'</script>"
POLARITY = {"room": "positive", "bar service": "negative"}


def sentence(text: str, *targets: str) -> dict[str, Any]:
    opinions = [
        {"target": t, "category": None, "polarity": POLARITY.get(t, "neutral"), "from": text.index(t),
         "to": text.index(t) + len(t), "confidence": 0.9}
        for t in targets
    ]  # fmt: skip
    return {"review_row": 1, "review_id": f"r1 {EVIL}", "text": text, "opinions": opinions}


def drawn(**changes: Any) -> dict[str, Any]:
    """Three sentences: an emoji before all targets, hostile words, nothing found."""
    return {
        "reviews": f"hotels {EVIL}.csv",
        "reader": {"name": "reader", "version": "1", "digest": "d"},
        "seed": 0,
        "of": 1200,
        "targets": True,
        "categories": [],
        "sentences": [
            sentence("😀 The room was fine, the bar service slow, the late check-in a joke.", "room", "bar service"),
            sentence(f"We heard {EVIL} twice.", EVIL),
            sentence("Nobody came, so the soup was cold."),
        ],
        **changes,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page lies, and what it saves."""
    return tmp_path_factory.mktemp("check")


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Any]:
    with chromium(folder) as driver:
        yield driver


@pytest.fixture
def page(browser: Any, folder: Path) -> Any:
    """The page as one sees it first."""
    check.write(drawn(), folder / "check.html")
    browser.get((folder / "check.html").as_uri())
    browser.execute_script("localStorage.clear()")
    browser.get("about:blank")  # a page that is loaded anew is shown where one left it
    browser.get((folder / "check.html").as_uri())
    return browser


def keys(page: Any, *letters: str) -> None:
    for letter in letters:
        page.switch_to.active_element.send_keys(letter)


def current(page: Any) -> int:
    return int(page.execute_script("return document.querySelector('.opinion.current').dataset.number"))


def word(page: Any, text: str) -> Any:
    return next(each for each in page.find_elements("css selector", ".word") if each.text == text)


def lost(page: Any, card: int) -> list[str]:
    """What is told as missed at the end of a sentence."""
    lines = page.find_elements("css selector", f"[data-number='{card}'] .missed li")
    return [" ".join(line.text.split()).removeprefix("missed: ").removesuffix(" remove") for line in lines]


def state(page: Any) -> str:
    told: str = page.find_element("id", "told").text
    return told


def test_marks_by_keys_and_clicks_are_kept_saved_scored_and_imported(
    page: Any, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Nothing that a review says has run, and nothing was refused.
    assert page.title == f"Check of hotels {EVIL}.csv"
    assert page.get_log("browser") == []
    keys(page, "y", "4")  # right; the second is both good and bad
    assert current(page) == 2
    keys(page, "m", *["\ue014"] * 9)  # to the right, from "The"
    assert "late" in page.find_element("css selector", ".picked[role=status]").text
    page.switch_to.active_element.send_keys("\ue008\ue014")  # Shift and to the right; released with the call
    assert "“late check-in” is judged" in page.find_element("css selector", ".picked[role=status]").text
    keys(page, "2")
    assert lost(page, 2) == ["late check-in negative"]
    keys(page, "y")
    assert state(page) == "1 of 3 sentences finished: 1 right, 1 wrong, 1 missed"
    keys(page, "n", "y")
    assert current(page) == 5

    # With the mouse: the first word and the last, or a selection.
    word(page, "soup").click()
    page.find_elements("css selector", "[data-number='5'] [data-polarity=negative]")[0].click()
    word(page, "Nobody").click()
    word(page, "came").click()
    page.find_element("css selector", "[data-number='5'] [data-polarity=neutral]").click()
    assert lost(page, 5) == ["soup negative", "Nobody came neutral"]
    page.find_elements("css selector", "[data-number='5'] [data-remove]")[1].click()
    keys(page, "y")
    assert state(page) == "3 of 3 sentences finished: 1 right, 2 wrong, 2 missed"

    page.refresh()
    assert state(page) == "3 of 3 sentences finished: 1 right, 2 wrong, 2 missed"
    page.find_elements("css selector", ".save")[0].click()
    file = downloaded(folder, page.find_element("id", "bar").get_attribute("data-file"))
    saved = json.loads(file.read_text(encoding="utf-8"))
    first = saved["sentences"][0]
    assert [(o["mark"], o["should"]) for o in first["opinions"]] == [("right", None), ("wrong", "conflict")]
    assert all(first["text"][o["from"] : o["to"]] == o["target"] for o in first["missed"])
    assert [o["target"] for o in first["missed"]] == ["late check-in"]

    assert run(["score", "--audit", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["precision"]["right"], found["precision"]["of"]) == (1, 3)
    assert (found["recall"]["right"], found["recall"]["of"]) == (1, 4)
    assert run(["score", "--audit", str(file)]) == 0
    assert "3 of 3 sentences finished, drawn from 1,200" in capsys.readouterr().out
    command = ["data", "import", str(file), "--task", "atsa", "--split", "train", "--out", str(tmp_path / "labels")]
    assert run(command) == 0
    labels = json.loads((tmp_path / "labels" / "train.json").read_text(encoding="utf-8-sig"))
    assert [[a["target"] for a in each["aspects"]] for each in labels] == [
        ["room", "bar service", "late check-in"],
        [],
        ["soup"],
    ]


def test_selected_words_are_what_is_missed_and_a_trailing_space_is_not(page: Any) -> None:
    page.execute_script(
        """const [from, to] = arguments, range = document.createRange();
        range.setStart(from.firstChild, 1); range.setEnd(to.firstChild, 0); // within a word, up to before another
        getSelection().removeAllRanges(); getSelection().addRange(range);
        from.closest(".words").dispatchEvent(new MouseEvent("click", { bubbles: true }));""",
        word(page, "soup"),
        word(page, "cold"),
    )
    picked = next(each for each in page.find_elements("css selector", ".picked[role=status]") if each.is_displayed())
    assert "“soup was” is judged" in picked.text
    keys(page, "\ue00c")  # Escape
    assert not picked.is_displayed() and current(page) == 5


def test_a_target_that_is_here_already_is_judged_and_not_added(page: Any) -> None:
    word(page, "room").click()
    assert "“room” is in the list above" in page.find_element("css selector", ".picked[role=status]").text
    keys(page, "2")
    assert state(page) == "0 of 3 sentences finished: 0 right, 0 wrong, 0 missed"
    keys(page, "\ue00c")  # Escape
    word(page, "late").click()
    keys(page, "2")
    word(page, "late").click()
    keys(page, "1")
    assert lost(page, 2) == ["late negative"]


def test_what_is_undone_and_what_was_stored_amiss_does_no_harm(page: Any) -> None:
    keys(page, "y", "n", "m", "1", "y", "k", "u")
    assert state(page) == "0 of 3 sentences finished: 1 right, 1 wrong, 1 missed"
    keys(page, "u", "u")
    assert state(page) == "0 of 3 sentences finished: 1 right, 0 wrong, 0 missed" and current(page) == 1
    keys(page, "u", "u")
    assert state(page) == "0 of 3 sentences finished: 0 right, 0 wrong, 0 missed" and current(page) == 0
    name = page.find_element("id", "bar").get_attribute("data-file").removesuffix(".json")
    stored = {"0": {"mark": "perhaps"}, "1": 7, "2": {"complete": 1, "missed": [{"target": "x", "from": 0, "to": 900}]}}
    page.execute_script("localStorage.setItem(`aspectra-${arguments[0]}`, arguments[1])", name, json.dumps(stored))
    page.refresh()
    assert state(page) == "0 of 3 sentences finished: 0 right, 0 wrong, 0 missed"
    assert page.get_log("browser") == []


def test_categories_are_named_where_the_reader_names_some(tmp_path: Path) -> None:
    file = tmp_path / "check.html"
    check.write(drawn(targets=False, categories=["food quality", "staff"]), file)
    with chromium(tmp_path, width=375, height=700) as driver:
        driver.get(file.as_uri())
        driver.find_element("css selector", "[data-number='5'] [data-mark=more]").click()
        driver.find_element("css selector", "[data-number='5'] select").send_keys("staff")
        driver.find_element("css selector", "[data-number='5'] [data-polarity=negative]").click()
        assert lost(driver, 5) == ["staff negative"]
        # A phone shows all of it, in both colors.
        for theme in ("light", "dark"):
            driver.execute_script(f"document.querySelector('#theme [value={theme}]').click()")
            assert driver.execute_script("return getComputedStyle(document.documentElement).colorScheme") == theme
            assert driver.execute_script("return document.documentElement.scrollWidth") == 375
        script = "return [...document.querySelectorAll('.judge button')].map(b => b.offsetHeight).filter(h => h)"
        assert min(driver.execute_script(script)) >= 44


def test_a_review_is_called_by_its_row_as_in_the_report_and_by_its_id_if_it_has_one(tmp_path: Path) -> None:
    some = drawn()["sentences"]
    sentences = [some[0] | {"review_row": 3, "review_id": name} for name in ("row-3", "stay-001")]
    check.write(drawn(sentences=sentences), tmp_path / "check.html")
    heads = re.findall(r"<h2 .*?<small>(.*?)</small>", (tmp_path / "check.html").read_text(encoding="utf-8"))
    assert heads == ["row 3", "row 3, stay-001"]


def test_a_key_and_what_it_does_stand_in_one_line_and_lines_begin_alike(tmp_path: Path) -> None:
    check.write(drawn(), tmp_path / "check.html")
    with chromium(tmp_path, width=700) as driver:
        driver.get((tmp_path / "check.html").as_uri())
        keys = driver.execute_script(
            """return [...document.querySelectorAll(".keys kbd")].map(key => {
            const range = document.createRange(); range.selectNodeContents(key.parentElement);
            const told = range.getBoundingClientRect(), at = key.getBoundingClientRect();
            return [at.left, at.top, told.height / at.height]; })"""
        )
    assert len(keys) == 10 and max(tall for _, _, tall in keys) < 1.6
    lines = {round(top): min(left for left, other, _ in keys if other == top) for _, top, _ in keys}
    assert len(lines) > 1 and len(set(lines.values())) == 1


def test_the_page_takes_the_place_of_no_other_file(tmp_path: Path) -> None:
    file = tmp_path / "check.html"
    page = check.write(drawn(), file)
    assert check.write(drawn(), file) == page != check.write(drawn(seed=1), file)
    file.write_text("<title>My diary</title>")
    with pytest.raises(UserError, match="is not a page of `aspectra check`; name another file with --out"):
        check.write(drawn(), file)
