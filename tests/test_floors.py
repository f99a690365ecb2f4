"""The floors hold for whatever a linter of imports does not see; the rest is its contract in pyproject.toml."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import aspectra

SOURCE = Path(aspectra.__file__).parent
LONGEST, MEDIAN = 300, 120  # lines of a file
BY_STRING = ("import_module", "__import__", "resolve_name", "runpy", "spec_from_file_location", "exec_module")


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(SOURCE)), ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_is_imported_by_a_string_but_the_commands() -> None:
    found = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in BY_STRING)
        or (isinstance(node, ast.Attribute) and node.attr in BY_STRING)
        or (isinstance(node, ast.alias) and node.name in BY_STRING)
    }
    assert found == {"cli/main.py"}


def test_nothing_reaches_up_through_the_package_itself() -> None:
    """`aspectra.load` and `aspectra.analyze` are for users: a floor that took them would import upwards unseen."""
    found = [
        f"{name}:{node.lineno}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(alias.name == "aspectra" for alias in node.names))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "aspectra"
            and any(alias.name in ("load", "analyze") for alias in node.names)
        )
    ]
    assert found == []


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(SOURCE)): len(path.read_text().splitlines()) for path in SOURCE.rglob("*.py")}
    assert [name for name, lines in lengths.items() if lines > LONGEST] == []
    written = sorted(lines for name, lines in lengths.items() if not name.endswith("__init__.py"))
    assert written[len(written) // 2] < MEDIAN
