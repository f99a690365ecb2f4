"""Errors as vendors word them, and what each is about."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.vendors import EVERYONE, ROWS, SAID, UNWANTED, openai, pydantic

from aspectra.teachers.refusal import Refusal, message_of

SENT = {"model", "messages", "temperature", "max_tokens", "seed", "response_format"}


def read(name: str) -> Refusal:
    status, body = SAID[name]
    return Refusal.of(status, body.encode() if isinstance(body, str) else json.dumps(body).encode())


@pytest.mark.parametrize("name", [name for name in UNWANTED if name != "response_format-unsaid"])
def test_the_setting_that_an_error_names_is_the_one_that_is_not_taken(name: str) -> None:
    assert read(name).unwanted(SENT) == UNWANTED[name][0]
    assert read(name).unwanted(SENT - {UNWANTED[name][0]}) is None, "it was not sent"


@pytest.mark.parametrize("name", ["response_format-unsaid", *ROWS, *EVERYONE, "no-json"])
def test_an_error_about_something_else_is_about_no_setting(name: str) -> None:
    assert read(name).unwanted(SENT) is None


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_refused_for_what_it_holds(name: str) -> None:
    assert read(name).meaning == ROWS[name][0]


@pytest.mark.parametrize("name", EVERYONE)
def test_the_words_of_an_error_are_told_however_it_is_built(name: str) -> None:
    found = read(name)
    assert found.meaning in ("key", "address", "unclear")
    assert EVERYONE[name][0] in found.text


@pytest.mark.parametrize(
    "told",
    [
        "Invalid input: 'The temperature of the pool is great, the seed bread not.'",
        "Invalid prompt",
        "We could not parse the JSON body of your request.",
    ],
)
def test_words_of_the_review_in_an_error_name_no_setting(told: str) -> None:
    assert Refusal.of(400, openai(told)).unwanted(SENT) is None


def test_what_a_validator_repeats_of_the_request_is_not_its_complaint() -> None:
    found = Refusal.of(422, pydantic("stream", "missing", "Field required"))
    assert (found.unwanted(SENT), found.text) == (None, "stream: Field required")


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (429, openai("You exceeded your quota", "insufficient_quota"), "unpaid"),
        (400, {"error": {"message": "Your credit balance is too low to access the API."}}, "unpaid"),
        (402, {"error": {"message": "Insufficient Balance"}}, "unpaid"),
        (429, openai("Too many tokens per minute, context length aside"), "passing"),
        (503, "<html><title>503</title></html>", "passing"),
        (500, openai("The temperature sensor is not supported"), "passing"),
        (400, openai("This model only supports stream mode, please enable the stream parameter"), "stream"),
        (400, openai("Non-streaming requests are not supported"), "stream"),
    ],
)
def test_what_else_an_error_may_mean(status: int, body: Any, meaning: str) -> None:
    assert Refusal.of(status, body).meaning == meaning


def test_a_page_and_a_list_are_told_as_words() -> None:
    assert message_of("<html><style>a {}</style><h1>Bad</h1> <p>Gateway</p></html>") == "Bad Gateway"
    assert message_of([{"error": {"message": "no"}}, {"error": "neither"}]) == "no; neither"
    assert message_of({"errors": [{"message": "no"}]}) == "no"
