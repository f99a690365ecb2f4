"""Writes the sentences that a student gets for a seed and a number of shots, to train other models on the same.

Called by `aspectra data draw`. Fine-tuning and the benchmark use the same `datasets.draw`.
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

# Only formats that keep every sentence: PyABSA's drop or merge some, so a model would learn from others.
FORMS: dict[str, tuple[str, Callable[[Path, Sequence[Example]], None]]] = {
    "json": ("json", save),
    "jsonl": ("jsonl", table.write),
    "csv": ("csv", table.write),
    "semeval": ("xml", semeval.write),
}


def draw(data: str, task: str | None, shots: int | None, seed: int, out: Path, form: str = "json") -> dict[str, Any]:
    """Write `train` and `dev` to `out` as a student gets them, and return what was written.

    `train` has `shots` training sentences drawn by `seed`, in the order of the set (None: all of them). `dev` is the
    set's whole dev split, by which a student's best epoch is chosen. The test split stays in the set. `data` is a name
    or a folder; `task` may be None if the name includes it.

    The result has `files`, the number of sentences in `train`, `left` out and in `dev` (None if the set has no dev),
    and the files of the set's `test` split. Raises UserError for an unknown set or format, for more shots than
    sentences, and for an `out` with other files.
    """
    if form not in FORMS:
        raise unknown("format", form, FORMS)
    if Path(data).is_dir():  # the task does not matter for a folder
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
