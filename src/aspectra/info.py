"""What a model's folder says of itself in `aspectra.json`: its family, its task, whether it is an export.

Called by whoever loads a model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.errors import UserError
from aspectra.weights import INFO

EXPORT = "export"  # the key that only an export has


def read_info(folder: Path) -> dict[str, Any]:
    """What `aspectra.json` of a model folder says; empty for a model that Aspectra did not make."""
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


def task_of(info: dict[str, Any], given: str | None, else_do: str = "`aspectra finetune` does that") -> str:
    """The task to decode for; UserError where the model was tuned for another, or for none (advice: `else_do`)."""
    tuned = info.get("task")
    if given is not None:
        tasks.get(given)
    if given and tuned and given != tuned:
        raise UserError(f"the model was fine-tuned for {tuned}, not for {given}; give --task {tuned} or another model")
    if not (given or tuned):
        raise UserError(f"the model was fine-tuned for no task; {else_do}")
    return str(given or tuned)
