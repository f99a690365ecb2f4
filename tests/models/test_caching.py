"""A model is made once, whoever asks for it."""

from __future__ import annotations

from pathlib import Path

from tests.test_weights import model_folder

from aspectra.models.caching import once


def test_where_two_make_a_model_at_once_the_first_stands(empty_cache: Path) -> None:
    def first(work: Path) -> None:
        (model_folder(work / "model", "config.json", "model.safetensors") / "by").write_text("the first")

    def second(work: Path) -> None:
        (model_folder(work / "model", "config.json", "model.safetensors") / "by").write_text("the second")
        once("tiny", first)  # is done before this one is

    assert once("tiny", second) == empty_cache / "tiny"
    assert (empty_cache / "tiny" / "by").read_text() == "the first"
    assert [folder.name for folder in empty_cache.iterdir()] == ["tiny"]
