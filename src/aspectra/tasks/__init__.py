"""The tasks, by name. A new task is a small file with a `Task` and a line here."""

from __future__ import annotations

from aspectra.errors import unknown
from aspectra.tasks.acsa import Acsa
from aspectra.tasks.atsa import Atsa
from aspectra.tasks.linear import NOTHING, SCORINGS, Pair, Parsed, Scoring, Task
from aspectra.tasks.tasd import Tasd

TASKS: dict[str, Task] = {task.name: task for task in (Atsa(), Acsa(), Tasd())}
CHOICE = ", ".join([*TASKS][:-1]) + f" or {[*TASKS][-1]}"  # for help texts

__all__ = ["CHOICE", "NOTHING", "SCORINGS", "TASKS", "Pair", "Parsed", "Scoring", "Task", "get"]


def get(name: str) -> Task:
    """The task of that name. Raises UserError that names the existing ones."""
    if name not in TASKS:
        raise unknown("task", name, TASKS)
    return TASKS[name]
