"""Targets under topics: by the API, and as the picture that the page ends a file of reviews with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser import chromium
from tests.meaning.words import write_words
from tests.serve.conftest import call
from tests.serve.stand_in import Service, service
from tests.serve.test_page import choose, table, text, until, wait_for

from aspectra.serve.shapes import FOUND

TARGETS = [{"target": "waiter", "count": 3.0}, {"target": "staff"}, {"target": "soup", "count": 2}, {"target": "pasta"}]


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose reader has a table of meanings."""
    with service(words=write_words(tmp_path_factory.mktemp("words"))) as running:
        yield running


def test_targets_that_belong_together_come_back_together(knowing: Service) -> None:
    answer = call(knowing, "/v1/topics", {"targets": [*TARGETS, {"target": "Zzyzx"}]})
    assert answer.status == 200
    assert answer.body["topics"] == [
        {"topic": "waiter", "targets": ["waiter", "staff"]},
        {"topic": "soup", "targets": ["soup", "pasta"]},
        {"topic": "Zzyzx", "targets": ["Zzyzx"]},
    ]
    assert answer.body["other"] == [] and answer.body["reader"]["name"] == "stand-in"


def test_topics_of_ones_own(knowing: Service) -> None:
    body = {"targets": TARGETS, "topics": {"kitchen": ["food"], "rooms": ["bed"]}}
    assert call(knowing, "/v1/topics", body).body["topics"] == [
        {"topic": "kitchen", "targets": ["soup", "pasta"]},
        {"topic": "rooms", "targets": []},
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"targets": []}, "targets must have at least one text"),
        ({"targets": [{"target": ""}]}, "targets[0].target must not be empty"),
        ({"targets": [{"target": "x", "count": 0}]}, "targets[0].count must be 1 or more"),
        ({"targets": [{"target": "x", "count": 1.5}]}, "targets[0].count must be a whole number"),
        ({"targets": [{"target": "x"}], "topic": {}}, "topic is unknown: leave it out"),
        (["waiter"], f"the body must be a JSON object, as in {json.dumps(FOUND)}"),
        ({"targets": ["waiter"]}, 'targets[0] must be a JSON object, as in {"target": "waiter", "count": 3}'),
        ({"targets": [{"target": "x"}, 3]}, 'targets[1] must be a JSON object, as in {"target": "waiter", "count": 3}'),
        ({"targets": "waiter"}, f"targets must be a list, as in {json.dumps(FOUND['targets'])}"),
        ({"targets": [{"target": "x", "around": "y"}]}, "targets[0].around must be a list of texts"),
        (
            {"targets": [{"target": "x"}], "topics": ["staff"]},
            'topics must be a JSON object, as in {"staff": ["waiter"]}',
        ),
        ({"targets": [{"target": "x"}], "topics": {"staff": "waiter"}}, "topics.staff must be a list of texts"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(knowing: Service, body: Any, told: str) -> None:
    answer = call(knowing, "/v1/topics", body)
    assert (answer.status, answer.body) == (422, {"detail": told})


@pytest.mark.parametrize(
    ("topics", "told"),
    [
        ({"other": []}, "'other' is the name for targets that fit nowhere; call this topic something else"),
        ({"food": [], " OTHER ": ["x"]}, "'OTHER' is the name for targets that fit nowhere; call this topic some"),
        ({"Overall": []}, "'Overall' is the name for opinions without a target; call this topic something else"),
        ({"food": ["soup"], "kitchen": ["Soup"]}, "'Soup' is in both 'food' and 'kitchen'; keep one"),
        ({"food": [], "Food": []}, "'Food' is in both 'food' and 'Food'; keep one"),
        ({"my food": [], "my  food": []}, "'my food' appears twice; keep one"),
        ({" ": []}, "a topic or an example is empty"),
        ({"food": [""]}, "a topic or an example is empty"),
    ],
)
def test_topics_that_no_file_may_have_are_refused_as_there(knowing: Service, topics: Any, told: str) -> None:
    answer = call(knowing, "/v1/topics", {"targets": TARGETS, "topics": topics})
    assert answer.status == 422 and answer.body["detail"].startswith(f"topics: {told}")


def test_a_reader_without_a_table_of_meanings_offers_none(running: Service, knowing: Service) -> None:
    assert call(running, "/v1/topics", {"targets": TARGETS}).status == 404
    assert not call(running, "/v1/about").body["topics"] and call(knowing, "/v1/about").body["topics"]
    assert "/v1/topics" not in call(running, "/openapi.json").body["paths"]


# The service goes away behind its first answer, and the page waits no time; `asked` says what it asked for.
AWAY = """
window.asked = [];
const [real, later] = [window.fetch, window.setTimeout];
const whole = async (answer) => { await answer.clone().text(); return answer; };
let first;
window.fetch = (path, more) => {
  if (asked.push(path) === 1) return first = real(path, more).then(whole);
  return first.then(() => { throw new TypeError("gone"); });
};
window.setTimeout = (what, wait, ...more) => later(what, Math.min(wait, 20), ...more);
"""


def test_a_service_that_went_away_is_not_waited_for_twice(knowing: Service, tmp_path: Path) -> None:
    reviews = table(tmp_path / "r.csv", [["text"], *([f"The w{n} was fine."] for n in range(20))])
    with chromium(tmp_path) as browser:
        browser.get(f"{knowing.url}/")
        until(lambda: "stand-in" in text(browser, "about"))
        choose(browser, reviews)
        until(lambda: browser.find_element("id", "start").is_enabled())
        browser.execute_script(AWAY)
        browser.find_element("id", "start").click()
        wait_for(browser, "Stopped: the service cannot be reached. 16 opinions in 16 reviews.")
        assert browser.execute_script("return asked.filter(path => path === 'v1/topics').length") == 1
        assert browser.find_element("id", "topics-box").is_displayed(), "the table by words stands in for the picture"


@pytest.mark.parametrize("width", [400, 1280])
def test_a_file_of_reviews_ends_with_a_picture_of_topics(knowing: Service, tmp_path: Path, width: int) -> None:
    said = ["The waiter was rude. The staff was superb.", "The staff was rude.", "Soup was superb.", "Pasta was cold."]
    reviews = table(tmp_path / "r.csv", [["text"], *([one] for one in said)])
    with chromium(tmp_path, width) as browser:
        browser.get(f"{knowing.url}/")
        until(lambda: "stand-in" in text(browser, "about"))
        choose(browser, reviews)
        until(lambda: browser.find_element("id", "start").is_enabled())
        browser.find_element("id", "start").click()
        wait_for(browser, "Done: 5 opinions in 4 reviews.")
        rows = [row.text.split("\n") for row in browser.find_elements("css selector", "#picture tr")]
        assert rows == [
            ["staff", "waiter", "2 complain, 0 only praise, 0 neither", "100 %", "2 of 2"],
            ["pasta", "soup", "1 complain, 1 only praise, 0 neither", "50 %", "1 of 2"],
        ]
        assert not browser.find_element("id", "topics-box").is_displayed()
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert not browser.get_log("browser")
