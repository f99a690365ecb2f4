"""An endpoint's key is known in every form in which it could be written down."""

from __future__ import annotations

from aspectra.teachers.keys import secrets


def test_secrets_are_known_in_every_spelling() -> None:
    found = secrets("https://me:pass%2Fword@host/v1?token=abcdef&v=1", "sk-a/b+c")
    for spelling in ("sk-a/b+c", "sk-a%2Fb%2Bc", "pass%2Fword", "pass/word", "abcdef", "bWU6cGFzcy93b3Jk"):
        assert spelling in found, spelling
    assert "1" not in found, "hiding every 1 would hide what went wrong"
    assert secrets("https://host/v1", None) == ()
