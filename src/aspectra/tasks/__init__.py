"""The tasks, by name. A new one is a small file with a `Task` and a line here."""

from __future__ import annotations

from aspectra.errors import unknown
from aspectra.tasks.acsa import Acsa
from aspectra.tasks.atsa import Atsa
from aspectra.tasks.linear import NOTHING, SCORINGS, Pair, Parsed, Scoring, Task

TASKS: dict[str, Task] = {task.name: task for task in (Atsa(), Acsa())}

__all__ = ["NOTHING", "SCORINGS", "TASKS", "Pair", "Parsed", "Scoring", "Task", "get"]


def get(name: str) -> Task:
    """The task of that name; raises UserError naming those that exist."""
    if name not in TASKS:
        raise unknown("task", name, TASKS)
    return TASKS[name]
