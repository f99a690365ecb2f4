"""An endpoint's key is known in every form in which it could be written down."""

from __future__ import annotations

import pytest

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.teachers.keys import read_headers, secrets


def test_secrets_are_known_in_every_spelling() -> None:
    found = secrets("https://me:pass%2Fword@host/v1?token=abcdef&v=1", "sk-a/b+c")
    for spelling in ("sk-a/b+c", "sk-a%2Fb%2Bc", "pass%2Fword", "pass/word", "abcdef", "bWU6cGFzcy93b3Jk"):
        assert spelling in found, spelling
    assert "1" not in found, "hiding every 1 would hide what went wrong"
    assert secrets("https://host/v1", None) == ()
    azure = secrets("https://h/openai/deployments/m?api-version=2024-10-21", None, ["Bearer abcdef"])
    assert "abcdef" in azure and "2024-10-21" not in azure


@pytest.mark.parametrize(
    ("header", "value", "told"),
    [
        ("api-key", "", "set the environment variable MY_KEY to its value"),
        ("api-key", "two\nlines", "must contain the value of the header api-key, in one line"),
        ("api key", "x", "'api key' is not a valid header name"),
    ],
)
def test_a_header_that_cannot_be_sent_is_told_without_its_value(
    header: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(UserError, match=told):
        read_headers(ElicitConfig(model="m", headers={header: "MY_KEY"}))
