"""Model folders: whether transformers may load one, and the error if it cannot.

Called by `aspectra.models`, which finds the folder, and by code that loads one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aspectra.errors import UserError
from aspectra.manifest import UNFINISHED
from aspectra.quiet import quiet

INFO = "aspectra.json"  # next to the weights of a model that was made here
HEADS = "heads.safetensors"  # next to the encoder of a tagger
RUN = ("model.bin", "model.onnx")  # an export has these instead of weights
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")


def check(folder: Path) -> Path:
    """The folder itself, if `transformers` can load weights from it without running foreign code.

    Raises UserError that says what is missing.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is a file; a model is a folder with config.json and safetensors weights")
    if (folder / "adapter_config.json").exists():
        # transformers would download the base model that it names, whatever the weights next to it are.
        raise UserError(f"{folder} has only an adapter; merge it into its model (peft: merge_and_unload) and save that")
    weights = [file for file in folder.glob("*.safetensors") if not file.name.startswith("adapter_")]
    if not weights:
        if (folder / INFO).is_file() and any((folder / name).is_file() for name in RUN):
            raise UserError(
                f"{folder} is an export, and cannot be trained or loaded by transformers; name the student that it "
                "was made from"
            )
        pickled = sorted(file.name for file in folder.iterdir() if file.suffix in PICKLED)
        if pickled:
            raise UserError(
                f"{folder} has only pickled weights ({pickled[0]}), and a pickle can run code when it is loaded; "
                "save the model with safetensors (transformers: model.save_pretrained) and try again"
            )
        if (folder / "adapter_model.safetensors").exists():
            raise UserError(f"{folder} has only an adapter; merge it into its model (peft: merge_and_unload) first")
        if (folder / UNFINISHED).is_file():
            raise UserError(f"{folder} is not finished: run the same command to go on")
        raise UserError(
            f"{folder} has no weights; a model is a folder with config.json and model.safetensors, or an export"
        )
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder} has weights but no config.json; it is not a transformers model")
    if lost := [name for name in shards(folder) if not (folder / name).is_file()]:
        raise UserError(f"{folder} has no {lost[0]}, a part of its weights; fetch or save the model again")
    return folder


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """Silence transformers while it loads a folder, and turn its errors into a UserError of one line."""
    from safetensors import SafetensorError

    try:
        with quiet():
            yield
    except (ValueError, OSError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(
            f"cannot load the model in {folder}: {reason}; if you cannot fix that, fetch or save the model again"
        ) from None


def shards(folder: Path) -> list[str]:
    """The files of sharded weights, from the folder's own index."""
    try:
        index = json.loads((folder / "model.safetensors.index.json").read_text(encoding="utf-8"))
        return sorted(set(index["weight_map"].values()))
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, AttributeError, TypeError):
        raise UserError(f"{folder / 'model.safetensors.index.json'} is not an index of weights") from None
