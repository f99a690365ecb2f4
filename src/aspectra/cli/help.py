"""The layout of help: options in named groups, commands with their full summary. Called by the commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

REST = "Common options"


def grouped(groups: Mapping[str, Sequence[str]]) -> type[TyperCommand]:
    """A command whose help shows its options in groups: {title: the names of parameters}.

    Options without a group come first, under `REST`.
    """
    titles = {name: title for title, names in groups.items() for name in names}

    class Grouped(TyperCommand):
        def format_options(self, ctx: Any, formatter: Any) -> None:
            found: dict[str, list[tuple[str, str]]] = {"Arguments": [], REST: [], **{title: [] for title in groups}}
            for parameter in self.get_params(ctx):
                if (record := parameter.get_help_record(ctx)) is not None:
                    kind = "Arguments" if parameter.param_type_name == "argument" else REST
                    found[titles.get(str(parameter.name), kind)].append(record)
            for title, records in found.items():
                if records:
                    with formatter.section(title):
                        formatter.write_dl(records)

    return Grouped


class Whole(TyperGroup):
    """A group whose help shows the whole first paragraph of each command, instead of truncating it."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, summary(each.help or "")) for name, each in commands.items() if each and not each.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def summary(text: str) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join(text.strip().partition("\n\n")[0].split())
