"""The sentences that a student is given at a seed and a number of shots, for whoever compares a model of their own.

Called by `aspectra data draw`. Fine-tuning and the benchmark draw with the same `datasets.draw`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.data import datasets
from aspectra.data.examples import save
from aspectra.data.imports import semeval, table
from aspectra.errors import UserError, unknown
from aspectra.manifest import Stage
from aspectra.schema import Example

# Only formats that hold every sentence: PyABSA's leave out or join some, so that a model would learn others.
FORMS: dict[str, tuple[str, Callable[[Path, Sequence[Example]], None]]] = {
    "json": ("json", save),
    "jsonl": ("jsonl", table.write),
    "csv": ("csv", table.write),
    "semeval": ("xml", semeval.write),
}


def draw(data: str, task: str | None, shots: int | None, seed: int, out: Path, form: str = "json") -> dict[str, Any]:
    """Write `train` and `dev` to `out` as a student has them, and return what was written.

    `train` holds `shots` training sentences drawn by `seed`, in the order of the set (None: all of them); `dev` is the
    set's whole dev side, by which a student's best epoch is chosen. The test side stays in the set. `data` is a name or
    a folder; `task` may be None where the name says it.

    The result has `files`, the sentences in `train`, those `left` behind, those in `dev` (None where the set has none),
    and the files of the set's `test` side. Raises UserError for an unknown set or format, for more shots than there are
    sentences, and for an `out` that holds something else.
    """
    if form not in FORMS:
        raise unknown("format", form, FORMS)
    if Path(data).is_dir():  # whichever task: a folder is that folder
        folder = datasets.find(task or next(iter(tasks.TASKS)), data)
    else:
        folder = datasets.find(*datasets.task_of(data, task))
    whole = datasets.split(folder, "train")
    if shots is not None and shots > len(whole):
        raise UserError(f"--shots {shots} is more than the {len(whole)} training sentences of {data}; use fewer")
    parts = {"train": datasets.draw(whole, shots, seed)}
    sides = [side for side in ("train", "dev") if (folder / f"{side}.json").is_file()]
    if "dev" in sides:
        parts["dev"] = datasets.split(folder, "dev")
    suffix, write = FORMS[form]
    inputs: dict[str, Path | str] = {f"{side}.json": folder / f"{side}.json" for side in sides}
    stage = Stage("draw", out, inputs, {"shots": shots, "seed": seed, "format": form})
    files = {side: out / f"{side}.{suffix}" for side in parts}
    if stage.finished() is None:
        stage.begin()
        for side, examples in parts.items():
            write(files[side], examples)
        stage.finish({side: len(examples) for side, examples in parts.items()})
    return {
        "files": {side: str(file) for side, file in files.items()},
        "seed": seed,
        "train": len(parts["train"]),
        "left": len(whole) - len(parts["train"]),
        "dev": len(parts["dev"]) if "dev" in parts else None,
        "test": [str(file) for file in datasets.files(folder, "test")] if (folder / "test.json").is_file() else [],
    }
