"""Reviews of a hotel, and an LLM on the loopback that knows what they say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.endpoint import Answer, Endpoint, endpoint, review_of
from tests.students.taggers.labels import WORDS, sentence

__all__ = ["endpoint"]

SAID = re.compile(rf"the ([a-z ]+?) was ({'|'.join(WORDS.values())})", re.IGNORECASE)


def review(number: int) -> str:
    """Two sentences, no two reviews nearly alike."""
    return f"{sentence(number).text} On day {number} we paid {7 * number} euros and left by train {number + 3}."


def opinions(request: dict[str, Any]) -> str:
    """The opinions of the review that is asked about, as a good LLM answers."""
    polarity = {word: name for name, word in WORDS.items()}
    found = [{"target": t, "polarity": polarity[word]} for t, word in SAID.findall(review_of(request))]
    return json.dumps({"opinions": found})


@pytest.fixture
def llm(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    endpoint.answer = lambda request: Answer(opinions(request))
    yield endpoint


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """A file of 80 reviews; the text's column is not the one that would be found."""
    path = tmp_path / "reviews.jsonl"
    rows = [{"id": f"r{n}", "said": review(n), "text": "see the other column"} for n in range(80)]
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    return path
