"""Sets by name: their folders, the files of each split, and their sentences.

A set is a folder `<task>/<name>/{train,dev,test,hard_test}.json`. Called by everything that takes `--data`:
fine-tuning, export, benchmark, corpus, reports, and `aspectra data`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from aspectra import tasks
from aspectra.data.examples import load
from aspectra.errors import UserError, unknown
from aspectra.models import cache
from aspectra.places import DEMO, REVIEWS
from aspectra.schema import Example

FILES = ("train", "dev", "test", "hard_test")
SPLITS = {"train": ("train",), "dev": ("dev",), "test": ("test", "hard_test")}
DATA_VARIABLE = "ASPECTRA_DATA"
OF_REVIEWS = "atsa"  # the task of Aspectra's own reviews
T = TypeVar("T")


def find(task: str, name_or_dir: str | Path) -> Path:
    """The folder of a set: a path, else a name in one of `roots()`, with or without the task before it (`atsa/rest14`).

    Raises UserError that names the existing sets and how to get others.
    """
    tasks.get(task)
    folder = Path(name_or_dir)
    if _is_set(folder):
        return folder
    named = known(task)
    name = str(name_or_dir).removeprefix(f"{task}/")
    if name in named:
        return named[name]
    if folder.is_dir():
        raise UserError(f"{folder} has none of {', '.join(f'{file}.json' for file in FILES)}")
    if folder.is_file():
        raise UserError(f"{folder} is a file; a set is a folder with train.json, dev.json and test.json")
    if folder.name != name or name.startswith("~"):
        holds = "train.json, dev.json and test.json"
        raise UserError(f"no folder {folder}; name one with {holds}, or a known set")
    if others := [other for other in tasks.TASKS if name in known(other)]:
        raise UserError(f"{name} is a set of {' and '.join(others)}, not of {task}")
    raise unknown_set(f"{task} dataset", name, named)


def task_of(data: str, given: str | None) -> tuple[str, str]:
    """(task, set) from --data: TASK/NAME, a name that only one task has, or a folder.

    The task of a folder is the given one, its parent's name, or the only task that fits its test sentences. A task that
    uses another task's sets must be named. Raises UserError if the task is ambiguous.
    """
    if given is not None:
        tasks.get(given)
    head, slash, tail = data.partition("/")
    if slash and head in tasks.TASKS and not Path(data).is_dir():
        if given not in (None, head):
            raise UserError(f"--task {given} and --data {data} name different tasks")
        return head, tail
    if given is not None:
        return given, data
    having = {task: known(task) for task in tasks.TASKS}
    owners = [task for task, sets in having.items() if data in sets]
    owners = [task for task in owners if tasks.get(task).data not in owners]
    if len(owners) == 1:
        return owners[0], data
    if owners:
        raise UserError(f"the set {data} exists for {' and '.join(owners)}: write --data {owners[0]}/{data}")
    if Path(data).is_dir():
        parent = Path(data).resolve().parent.name
        found = [parent] if parent in tasks.TASKS else told_by(Path(data))
        if len(found) == 1:
            return found[0], data
        raise UserError(f"{data} can be a set of any task: name it with --task: {tasks.CHOICE}")
    names = [f"{task}/{name}" for task, sets in having.items() for name in sets]
    raise unknown_set("dataset", data, names)


def told_by(folder: Path) -> list[str]:
    """The tasks with sets of their own that fit the opinions in a folder's test sentences."""
    opinions = [o for example in split(folder, "test") for o in example.opinions]
    had = {field for field in ("target", "category") if any(getattr(o, field) for o in opinions)}
    return [name for name, task in tasks.TASKS.items() if task.data is None and had.issuperset(task.by)]


def unknown_set(kind: str, name: str, here: Iterable[str]) -> UserError:
    """A `UserError` for an unknown set, with the known ones and how to get others."""
    if name == REVIEWS.name:
        return UserError(
            f"{name} comes with Aspectra's source code, and not with an installed package: get the source, and "
            f"name its folder data/{name}"
        )
    found = unknown(kind, name, here or ["(none)"])
    own = f"name the folder of your own, or put it below {DATA_VARIABLE}/<task>/"
    return UserError(f"{found}. `aspectra data fetch` gets the paper's sets; {own}")


def known(task: str) -> dict[str, Path]:
    """The sets of a task that exist here by name, including those of the task whose sets it uses.

    A checkout has Aspectra's own reviews too.
    """
    here: dict[str, Path] = {}
    for kind in (task, tasks.get(task).data):
        for root in roots() if kind else ():
            for folder in sorted((root / str(kind)).glob("*")):
                if _is_set(folder):
                    here.setdefault(folder.name, folder)
        if kind == OF_REVIEWS and _is_set(REVIEWS):
            here.setdefault(REVIEWS.name, REVIEWS)
    return here


def roots() -> list[Path]:
    """Folders with `<task>/<name>`, the first wins: $ASPECTRA_DATA, the demo, fetched sets, `../shared`."""
    found = [DEMO, fetched()]
    if os.environ.get(DATA_VARIABLE):
        found.insert(0, Path(os.environ[DATA_VARIABLE]).expanduser())
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").is_file():
        found.append(checkout.parent / "shared" / "data" / "benchmark")
    return found


def fetched() -> Path:
    """Default folder of `aspectra data fetch`: `data` in the cache folder."""
    return cache() / "data"


def files(folder: Path, name: str) -> list[Path]:
    """The files of a split (train, dev, test). Test is test.json and, if it exists, hard_test.json.

    Raises UserError for an unknown split or a set without that file.
    """
    if name not in SPLITS:
        raise unknown("split", name, SPLITS)
    first, *more = (folder / f"{file}.json" for file in SPLITS[name])
    if not first.is_file():
        # Silver labels have no test split: nobody checked them, so a score on them would mean little.
        then = "; use your own labels: `aspectra data import` makes a set from them" if name == "test" else ""
        raise UserError(f"the set {folder} has no {first.name}{then}")
    return [first, *(path for path in more if path.is_file())]


def split(folder: Path, name: str) -> list[Example]:
    """The sentences of a split (train, dev, test); see `files`."""
    return [example for path in files(folder, name) for example in load(path)]


def draw(examples: Sequence[T], count: int | None, seed: int = 42) -> list[T]:
    """`count` sentences, or their predictions, drawn by seed, in their order. All if `count` is None or too large."""
    if count is None or count >= len(examples):
        return list(examples)
    return [examples[i] for i in sorted(random.Random(seed).sample(range(len(examples)), count))]


def _is_set(folder: Path) -> bool:
    return any((folder / f"{file}.json").is_file() for file in FILES)
