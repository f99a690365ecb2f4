"""Which family a model folder is of, and the student in it. Called by `session`."""

from __future__ import annotations

from pathlib import Path

from aspectra.students.student import Student


def load(folder: Path, newline_token: bool = False) -> Student:
    """The student in a folder, in 32-bit floats on the CPU.

    `newline_token` adds the token `[NL]` where the vocabulary has no newline. Raises UserError where the folder holds
    no model that can be read safely.
    """
    from aspectra.students.writers.student import WritingStudent

    return WritingStudent.load(folder, newline_token=newline_token)
