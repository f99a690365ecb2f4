"""Reads `aspectra.json` of a model's folder: its family, its task, whether it is an export.

Called by code that loads a model.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.errors import UserError
from aspectra.files import canonical, sha256
from aspectra.manifest import read
from aspectra.weights import INFO

EXPORT = "export"  # only an export has this key
MEASURED = "measured.json"  # scores of a published reader on several sets; written by hand with its card
READ_WITH = ("config.json", "tokenizer.json", "tokenizer_config.json", "*.safetensors", "*.onnx", "model.bin")


def read_info(folder: Path) -> dict[str, Any]:
    """The contents of `aspectra.json` in a model folder; empty for a model that Aspectra did not make."""
    try:
        value = json.loads((folder / INFO).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UserError(f"{folder / INFO} is not JSON: {error}") from None
    return value if isinstance(value, dict) else {}


def is_export(folder: Path | str) -> bool:
    """Whether a folder was made by `aspectra export`."""
    path = Path(folder).expanduser()
    return path.is_dir() and (path / INFO).is_file() and EXPORT in read_info(path)


def of_a_model(folder: Path) -> bool:
    """Whether a folder has any of the files that models have."""
    return any(any(folder.glob(pattern)) for pattern in (INFO, *READ_WITH))


def digest(folder: Path) -> str:
    """Hash of the weights, the tokenizer and the settings for using them; not of the provenance."""
    files = {file.name: sha256(file) for pattern in READ_WITH for file in sorted(folder.glob(pattern))}
    info = {name: value for name, value in read_info(folder).items() if name != "provenance"}
    return hashlib.sha256(canonical([files, info]).encode()).hexdigest()[:16]


def about(folder: Path) -> dict[str, Any]:
    """The reader's identity, for outputs: {"name", "version", "digest"}."""
    name, version = named(folder)
    return {"name": name, "version": version, "digest": digest(folder)}


def named(folder: Path) -> tuple[str, str | None]:
    """(name, version) of an export, else the folder's name and None."""
    said = of_export(folder)
    return said.get("name") or folder.resolve().name, said.get("version")


def language(folder: Path) -> str | None:
    """The language code of an export."""
    return of_export(folder).get("language")


def quality(folder: Path, least: float = 0.0) -> dict[str, Any] | None:
    """Measured quality of a model, from its manifest; None if there is none.

    Of an export, on labeled sentences that it was not trained on: {"precision", "recall", "confidence", "sentences",
    "data"}, for opinions with about the confidence `least`; for all opinions also `others`, the scores in `MEASURED`:
    {"data", "sentences", "precision", "recall"} a set. Of a student, on dev: {"f1", "sentences", "data"}.
    """
    made = read(folder) or {}
    figures = made.get("figures") or {}
    if trust := figures.get("confidences"):
        rows = [row for row in trust["thresholds"] if row["confidence"] <= least]
        told = {name: rows[-1][name] for name in ("precision", "recall", "confidence")}
        found = {**told, "sentences": trust["sentences"], "data": Path(figures.get("data") or "dev").name}
        if not least and (folder / MEASURED).is_file():
            found["others"] = json.loads((folder / MEASURED).read_text(encoding="utf-8"))
        return found
    if (f1 := figures.get("dev_f1")) is not None:
        data = (made.get("config") or {}).get("data") or "dev"
        return {"f1": f1, "sentences": figures.get("dev_sentences"), "data": Path(data).name}
    return None


def of_export(folder: Path) -> dict[str, Any]:
    """The export's entry in `aspectra.json`; empty for other folders."""
    said = read_info(folder).get(EXPORT)
    return said if isinstance(said, dict) else {}


def task_of(info: dict[str, Any], given: str | None, else_do: str = "run `aspectra finetune`") -> str:
    """The task to decode for. UserError if the model was tuned for another, or for none (advice: `else_do`)."""
    tuned = info.get("task")
    if given is not None:
        tasks.get(given)
    if given and tuned and given != tuned:
        raise UserError(f"the model was fine-tuned for {tuned}, not for {given}; give --task {tuned} or another model")
    if not (given or tuned):
        raise UserError(f"the model was fine-tuned for no task; {else_do}")
    return str(given or tuned)
