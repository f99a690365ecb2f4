"""The page on which a teacher is judged: one safe file, and in a real browser what it keeps and saves."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from tests.browser import chromium, downloaded

from aspectra.cli.main import run
from aspectra.config import ElicitConfig
from aspectra.elicit.engine import elicit
from aspectra.report import audit

EVIL = "<script>document.title='pwned'</script>"
ODD = "<evil onmouseover=document.title='pwned'>"  # no tag of HTML, so that it stays in a review that is read
BLOCK = 'Opinion Target {0}: "{1}"\nAspect: {3}\nSentiment: {2}\nReasoning: Said so.'
REVIEWS = {
    "r1": f"The {ODD} was fine, the bar service <x-img src=x onerror=alert(1)> slow, the bar < /script> not.",
    "r2": "Cold soup. " * 80,
    "r3": "Nobody answered.",
}
ANSWERS = [
    ("r1", "analysis", [(ODD, "Positive"), ("bar service", "Negative"), ("bar", "Positive"), ("price", "Negative")]),
    ("r2", "analysis", [("soup", "Negative")]),
]


def folder(path: Path) -> Path:
    """Two analyses with five opinions, a rewriting, and a rejected answer, all hostile.

    An answer with a tag that its review lacks is rejected, so the others have none but the review's own.
    """
    (path / "reviews.jsonl").write_text("".join(json.dumps({"id": n, "text": t}) + "\n" for n, t in REVIEWS.items()))
    rows: list[dict[str, Any]] = [
        {
            "review": REVIEWS[n],
            "kind": kind,
            "text": "\n\n".join(BLOCK.format(i, *b, ODD if n == "r1" else "<3") for i, b in enumerate(said, 1)),
        }
        for n, kind, said in ANSWERS
    ]
    rows.append({"review": REVIEWS["r3"], "kind": "analysis", "text": f"I like {EVIL} </script>"})
    rows.append({"review": REVIEWS["r3"], "kind": "rewriting", "text": "I was cross. <3"})
    said = path / "said.jsonl"
    said.write_text("".join(json.dumps({**row, "model": f"teacher {EVIL}"}) + "\n" for row in rows))
    elicit(path / "reviews.jsonl", ElicitConfig(teacher="recorded", model=str(said)), path / "out")
    return path / "out"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("audit"))


def test_the_page_is_counted_and_escaped_and_fetches_nothing(out: Path) -> None:
    made = audit.write(out, 50, seed=11)
    assert made == {"page": str(out / "audit.html"), "drawn": 4, "done": 3, "rejected": 1, "of": 4, "opinions": 6}
    text = (out / "audit.html").read_text(encoding="utf-8")
    assert not any(mark in text for mark in ("<script>document", "<evil", "<x-img"))
    assert "Rejected: no opinion target." in text
    assert not re.search(r"(?:src|href)=\"(?!#)", text)
    assert "http" not in re.sub(r"http-equiv|<style>.*?</style>", "", text, flags=re.DOTALL)
    # What the reader's eye joins is the review itself.
    found = re.findall(r"<h3>Review</h3><p>(.*?)</p></div>", text, re.DOTALL)
    assert {unescape(re.sub(r"</?mark[^>]*>", "", part)) for part in found} == set(REVIEWS.values())


def test_only_its_own_style_and_script_are_allowed(out: Path) -> None:
    audit.write(out, 50)
    text = (out / "audit.html").read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    found = re.findall(r"<style>(.*?)</style>", text, re.DOTALL) + re.findall(
        r"<script>(.*?)</script>", text, re.DOTALL
    )
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in found]
    assert policy[1].replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert len(found) == 2 and "style=" not in text and not re.search(r"\son\w+=\"", text)


def test_the_page_speaks_only_of_what_its_kinds_are_asked(out: Path, tmp_path: Path) -> None:
    audit.write(out, 50)
    every = (out / "audit.html").read_text(encoding="utf-8")
    assert "Is the reasoning convincing?" in every and "all the sentiments of the review" in every
    assert all(f"<kbd>{letter}</kbd>" in every for letter in "tsri")
    (tmp_path / "reviews.csv").write_text("id,text\nr1,The soup was cold.\n")
    answer = json.dumps({"opinions": [{"target": "soup", "polarity": "negative"}]})
    said = {"review": "The soup was cold.", "kind": "extraction", "text": answer, "model": "m"}
    (tmp_path / "said.jsonl").write_text(json.dumps(said) + "\n")
    config = ElicitConfig(teacher="recorded", model=str(tmp_path / "said.jsonl"), kinds=("extraction",))
    elicit(tmp_path / "reviews.csv", config, tmp_path / "out")
    assert audit.write(tmp_path / "out", 50)["opinions"] == 1
    few = (tmp_path / "out" / "audit.html").read_text(encoding="utf-8")
    assert "Is the sentiment right?" in few and "<kbd>t</kbd>" in few
    for absent in ("Is the reasoning convincing?", "Is nothing invented?", "of a rewriting", "<kbd>r</kbd>"):
        assert absent not in few


def test_another_draw_or_another_answer_is_another_page_and_the_same_is_the_same(out: Path, tmp_path: Path) -> None:
    def name(seed: int, count: int = 50) -> str:
        audit.write(out, count, seed)
        found = re.search(r'data-file="audit-(\w+)\.json"', (out / "audit.html").read_text(encoding="utf-8"))
        assert found is not None
        return found[1]

    assert name(0) == name(0)
    assert len({name(0), name(1), name(0, 2)}) == 3


@pytest.fixture(scope="module")
def browser(out: Path) -> Iterator[Any]:
    with chromium(out) as driver:
        yield driver


@pytest.fixture
def page(browser: Any, out: Path) -> Any:
    """The page as one sees it first."""
    audit.write(out, 50, seed=11)
    browser.get((out / "audit.html").as_uri())
    browser.execute_script("localStorage.clear()")
    browser.get("about:blank")  # a page that is loaded anew is shown where one left it
    browser.get((out / "audit.html").as_uri())
    return browser


def pressed(page: Any) -> list[str]:
    """The answers to the questions of each opinion as the buttons show them: + yes, - no, . open."""
    found: list[str] = page.execute_script(
        "return [...document.querySelectorAll('.opinion')].map(card => [...card.querySelectorAll('[data-question]')]"
        ".map(q => ({right: '+', wrong: '-'})[q.querySelector('[aria-pressed=true]')?.dataset.mark] ?? '.').join(''))"
    )
    return found


def keys(page: Any, letters: str) -> None:
    page.switch_to.active_element.send_keys(letters)


def test_judging_by_keys_and_clicks_is_kept_saved_and_scored(
    page: Any, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Nothing that a review or an answer says has run, and nothing was refused.
    assert page.title == f"Audit of teacher {EVIL}"
    assert page.get_log("browser") == []
    # The second card is a rewriting, of which two things are asked; of opinions of an analysis it is four.
    keys(page, "yny")
    assert pressed(page) == ["++++", "--", "++++", "....", "....", "...."]
    keys(page, "uu")  # the last mark first, and back to its card
    assert pressed(page) == ["++++", "..", "....", "....", "....", "...."]
    keys(page, "nyru")  # n and y lead to the fourth, whose reasoning is marked and undone
    keys(page, "ryjn")  # y leads to the fifth, past it to the last
    assert pressed(page) == ["++++", "--", "++++", "++-+", "....", "----"]
    keys(page, "jjj")
    assert page.execute_script("return document.querySelector('.opinion.current').dataset.number") == "5"
    fifth = page.find_elements("css selector", ".opinion")[4]
    no, yes = (fifth.find_element("css selector", f"[data-mark={mark}]") for mark in ("wrong", "right"))
    for button, shown in ((no, "-..."), (yes, "+..."), (yes, "....")):
        button.click()
        assert pressed(page)[4] == shown

    page.refresh()
    assert pressed(page) == ["++++", "--", "++++", "++-+", "....", "----"]
    assert page.find_element("id", "told").text == "5 of 6 judged: 3 right, 2 wrong"
    # One goes on where one stopped.
    assert page.execute_script("return document.querySelector('.opinion.current').dataset.number") == "4"

    page.find_elements("css selector", ".save")[0].click()
    name = page.find_element("id", "bar").get_attribute("data-file")
    file = downloaded(out, name)
    assert name in page.find_element("css selector", ".bar .after").text
    saved = json.loads(file.read_text(encoding="utf-8"))
    said = {"target": "right", "sentiment": "right", "reasoning": "wrong", "invented": "right"}
    assert saved["opinions"][3]["answers"] == said
    assert set(saved["opinions"][4]["answers"].values()) == {None}
    keys(page, "t")
    assert not page.find_element("css selector", ".bar .after").is_displayed(), "the file is not the newest any more"
    assert saved["teachers"] == [f"teacher {EVIL}"]

    assert run(["score", "--audit", str(file), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["right"], found["judged"], found["unanswered"], found["precision"]) == (3, 5, 1, 0.6)
    assert sum(part["judged"] for part in found["by"]["kind"].values()) == 5
    assert list(found["by"]["model"]) == [f"teacher {EVIL}"]
    assert found["questions"]["reasoning"]["share"] < found["questions"]["target"]["share"]
    assert run(["score", "--audit", str(file)]) == 0
    assert "60.00" in capsys.readouterr().out, "people read percent"
    assert found["responses"] == {"drawn": 4, "done": 3, "rejected": 1, "of": 4}


def test_the_opinion_under_judgment_is_marked_in_its_review_and_in_sight(page: Any) -> None:
    first = "return [...document.querySelectorAll('mark.current')].map(mark => mark.textContent).join('')"
    seen = set()
    for _ in range(6):
        target = page.execute_script("return document.querySelector('.opinion.current b')?.textContent")
        marked = page.execute_script(first)
        assert marked == (target if target in REVIEWS["r1"] + REVIEWS["r2"] else "")
        seen.add(marked)
        top, bottom = page.execute_script(
            "const r = document.querySelector('.opinion.current').getBoundingClientRect(); return [r.top, r.bottom]"
        )
        assert top >= 0 and bottom <= 900
        keys(page, "j")
    assert seen == {"", ODD, "bar service", "bar", "soup"}


def test_a_phone_shows_all_of_it(out: Path, tmp_path: Path) -> None:
    with chromium(tmp_path, width=375, height=700) as driver:
        audit.write(out, 50, seed=11)
        driver.get((out / "audit.html").as_uri())
        for theme in ("light", "dark"):
            driver.execute_script(f"document.querySelector('#theme [value={theme}]').click()")
            assert driver.execute_script("return getComputedStyle(document.documentElement).colorScheme") == theme
            assert driver.execute_script("return document.documentElement.scrollWidth") == 375
        heights = driver.execute_script(
            "return [...document.querySelectorAll('.judge button')].map(b => b.offsetHeight)"
        )
        assert min(heights) >= 44


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["elicit", "--audit", "5"], "--out is missing"),
        (["elicit", "--audit", "0", "--out", "{out}"], "--audit"),
        (["elicit", "--audit", "5", "--out", "{gone}"], "has no responses.sqlite"),
        (["score", "--audit", "{gone}"], "no file"),
        (["score", "--audit", "{gone}", "--task", "atsa"], "--audit takes no other files"),
        (["score"], "--gold is missing"),
    ],
)
def test_a_mistake_is_one_line(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    filled = [part.format(out=out, gone=tmp_path / "gone") for part in arguments]
    assert run(filled) == 2
    shown = capsys.readouterr()
    assert told in shown.err and shown.err.count("\n") == 1 and shown.out == ""


def test_the_command_tells_where_the_page_is(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["elicit", "--audit", "2", "--out", str(out), "--seed", "5"]) == 0
    assert capsys.readouterr().out.startswith(f"{out}/audit.html: ")
    assert run(["elicit", "--audit", "2", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["drawn"] == 2
