"""A model's folder is taken or refused by what lies in it, before anything of it is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aspectra.errors import UserError
from aspectra.weights import check


def model_folder(folder: Path, *files: str) -> Path:
    folder.mkdir()
    for name in files:
        (folder / name).write_text("{}")
    return folder


@pytest.mark.parametrize("pickled", ["pytorch_model.bin", "weights.pt"])
def test_pickled_weights_are_refused(tmp_path: Path, pickled: str) -> None:
    folder = model_folder(tmp_path / "old", "config.json", pickled)
    with pytest.raises(UserError, match=f"only pickled weights .{pickled}.*safetensors"):
        check(folder)


def test_folders_that_are_no_model_say_what_they_lack(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no weights"):
        check(model_folder(tmp_path / "bare", "config.json"))
    with pytest.raises(UserError, match=r"no config\.json"):
        check(model_folder(tmp_path / "headless", "model.safetensors"))
    with pytest.raises(UserError, match="only an adapter"):
        check(model_folder(tmp_path / "lora", "config.json", "adapter_model.safetensors"))
    both = model_folder(tmp_path / "both", "config.json", "model.safetensors", "adapter_config.json")
    with pytest.raises(UserError, match="has only an adapter"):
        check(both)
    (tmp_path / "file.gguf").write_text("")
    with pytest.raises(UserError, match="is a file"):
        check(tmp_path / "file.gguf")


def test_weights_with_a_part_missing_are_refused(tmp_path: Path) -> None:
    """What a fetch that was killed leaves: the index and the first of two parts."""
    folder = model_folder(tmp_path / "half", "config.json", "model-00001-of-00002.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(UserError, match=r"has no model-00002-of-00002\.safetensors"):
        check(folder)
    (folder / "model.safetensors.index.json").write_text("{")
    with pytest.raises(UserError, match="not an index of weights"):
        check(folder)
