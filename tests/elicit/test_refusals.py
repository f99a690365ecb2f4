"""Refused requests: a setting that is not taken, a row that is not, a key or a model that no row gets past."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults import Endpoint, serving
from tests.vendors import EVERYONE, ROWS, UNWANTED

from aspectra.config import ElicitConfig
from aspectra.elicit.engine import elicit
from aspectra.elicit.status import status
from aspectra.errors import UserError

Write = Callable[..., Path]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with serving() as endpoint:
        yield endpoint


def settings(endpoint: Endpoint, **changes: Any) -> ElicitConfig:
    return ElicitConfig(**{"model": "m", "base_url": endpoint.url, "kinds": ("analysis",), "concurrency": 1, **changes})


def texts(number: int) -> list[str]:
    return [f"Text{n} is fine." for n in range(number)]


def stored(out: Path) -> list[tuple[str, str | None, str | None]]:
    with sqlite3.connect(out / "responses.sqlite") as db:
        return db.execute("SELECT status, reason, left_out FROM responses ORDER BY request").fetchall()


@pytest.mark.parametrize("name", UNWANTED)
def test_a_setting_that_is_not_taken_is_left_out_and_that_is_said_once_and_written_down(
    name: str, server: Endpoint, write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setting, out = UNWANTED[name][0], tmp_path / "out"
    server.strict = {setting: name}
    config = settings(server, kinds=("extraction",), retries=0)
    assert elicit(write_reviews(*texts(4)), config, out)["done"] == 4
    assert server.requests() == 5, "once refused, then never sent again"
    said = capsys.readouterr().err
    assert said.count(f"the endpoint does not accept {setting} (4") == 1
    written = json.loads((out / "manifest.json").read_text())["left_out"]
    if setting == "max_tokens":
        assert "max_completion_tokens instead" in said and written == {}
        assert server.last["max_completion_tokens"] == 512
    else:
        assert written == {setting: 4}
        assert [left for _, _, left in stored(out)] == [setting] * 4


def test_several_settings_are_left_out_one_after_another(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    server.strict = {"seed": "seed-pydantic", "temperature": "temperature-tgi", "max_tokens": "max_tokens-pydantic"}
    out = tmp_path / "out"
    assert elicit(write_reviews(*texts(3)), settings(server), out)["done"] == 3
    assert json.loads((out / "manifest.json").read_text())["left_out"] == {"seed": 3, "temperature": 3}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_is_refused_for_what_it_holds_is_rejected_and_switches_nothing_off(
    name: str, server: Endpoint, write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults.always = {"Bad": name}
    reviews, out = write_reviews("Bad text.", *texts(2)), tmp_path / "out"
    config = settings(server, kinds=("extraction",), price_in=1.0, price_out=1.0)
    counts = elicit(reviews, config, out)
    assert (counts["done"], counts["rejected"], counts["failed"]) == (2, 1, 0)
    assert "does not take" not in capsys.readouterr().err
    assert server.last["response_format"] == {"type": "json_object"}
    assert stored(out)[0][1].startswith(f"{ROWS[name][0]} ({ROWS[name][1]}")  # type: ignore[union-attr]
    assert counts["cost_usd"] == pytest.approx(2 * 120 / 1e6), "a refusal costs nothing"
    assert elicit(reviews, config, out)["rejected"] == 1
    assert server.requests() == 3, "it is not asked for ever"


@pytest.mark.parametrize("name", EVERYONE)
@pytest.mark.parametrize("rows", [1, 3, 40])
def test_what_every_row_meets_stops_the_run_with_the_servers_words_and_marks_nothing(
    name: str, rows: int, server: Endpoint, write_reviews: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    server.down = name
    reviews, out = write_reviews(*texts(rows)), tmp_path / "out"
    config = settings(server, concurrency=4, kinds=("analysis", "extraction"))
    with pytest.raises(UserError, match=EVERYONE[name][0]):
        elicit(reviews, config, out)
    assert server.requests() <= 20, "a few rows"
    assert not (out / "responses.sqlite").exists() or status(out)["failed"] + status(out)["rejected"] == 0
    server.down = ""
    assert elicit(reviews, config, out)["done"] == 2 * rows


def test_a_key_that_is_revoked_in_the_middle_marks_nothing(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    reviews, out, choose = write_reviews(*texts(100)), tmp_path / "out", server.choose
    server.choose = lambda *asked: "key-google" if server.requests() > 10 else choose(*asked)  # type: ignore[method-assign]
    with pytest.raises(UserError, match="refuses every request"):
        elicit(reviews, settings(server, concurrency=4), out)
    counts = status(out)
    assert (counts["done"], counts["rejected"] + counts["failed"], counts["pending"]) == (10, 0, 90)
    assert server.requests() < 60


def test_rows_that_are_refused_among_others_that_are_answered_are_rejected(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    server.faults.always = {"Bad": "model-dashscope"}
    out, some = tmp_path / "out", [text for n, text in enumerate(texts(9)) for text in (f"Bad {n}.", text)]
    counts = elicit(write_reviews(*some), settings(server), out)
    assert (counts["done"], counts["rejected"], counts["pending"]) == (9, 9, 0)
    # One more such row, alone in its run: others were answered before.
    more = elicit(write_reviews(*some, "Bad one."), settings(server), out)
    assert (more["done"], more["rejected"], more["pending"]) == (9, 10, 0)


def test_an_answer_that_was_no_json_is_tried_again_and_at_last_without_the_wish_for_it(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    server.strict = {"response_format": "no-json"}
    out = tmp_path / "out"
    counts = elicit(write_reviews("Good text."), settings(server, kinds=("extraction",), attempts=3), out)
    assert (counts["done"], server.requests()) == (1, 4)
    assert stored(out) == [("done", None, "response_format")]
    other = tmp_path / "other"
    assert elicit(write_reviews("Good text."), settings(server, kinds=("extraction",)), other)["done"] == 1


def test_an_answer_that_was_no_json_now_and_then_switches_nothing_off(
    server: Endpoint, write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults.share, server.faults.kinds = 0.4, ("no-json",)
    config = settings(server, kinds=("extraction",), attempts=4)
    assert elicit(write_reviews(*texts(12)), config, tmp_path / "out")["done"] == 12
    assert "does not take" not in capsys.readouterr().err
    assert server.last["response_format"] == {"type": "json_object"}


def test_a_key_of_the_request_is_left_out_where_the_user_says_null(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    server.strict = {"seed": "seed-pydantic"}
    config = settings(server, extra_body={"seed": None, "top_k": 3}, retries=0)
    assert elicit(write_reviews(*texts(2)), config, tmp_path / "out")["done"] == 2
    assert server.requests() == 2 and "seed" not in server.last and server.last["top_k"] == 3


def test_a_setting_that_the_user_gave_and_the_endpoint_does_not_take_stops_the_run(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    server.strict = {"seed": "seed-pydantic"}
    with pytest.raises(UserError, match=r"refuses every request \(422: seed: Extra.*--extra-body"):
        elicit(write_reviews(*texts(9)), settings(server, extra_body={"seed": 7}), tmp_path / "out")


def test_without_a_limit_of_the_answer_a_budget_cannot_be_kept(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    priced = {"max_cost": 1.0, "price_in": 1.0, "price_out": 1.0}
    reviews = write_reviews(*texts(2))
    with pytest.raises(UserError, match="--max-cost needs a limit"):
        elicit(reviews, settings(server, extra_body={"max_tokens": None}, **priced), tmp_path / "out")
    server.strict = {"max_tokens": "max_tokens-openai", "max_completion_tokens": "completion"}
    with pytest.raises(UserError, match="accepts no limit for an answer's tokens"):
        elicit(reviews, settings(server, **priced), tmp_path / "out")
    assert elicit(reviews, settings(server), tmp_path / "out")["done"] == 2
