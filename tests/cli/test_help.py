"""Help is for somebody who has never seen the project: whole sentences, named groups, nothing cut off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from aspectra.cli import elicit
from aspectra.cli.help import REST, summary
from aspectra.cli.main import COMMANDS, app, run

LEANING = ("Of ", "Their ", "Its ", "Where ", "When ", "That ", "After ", "By ", "For ")  # on a word that is not there


def walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command, with the words that call it."""
    yield name, command
    names = command.list_commands(None) if hasattr(command, "list_commands") else ()
    for each in names:
        yield from walk(command.get_command(None, each), f"{name} {each}")


EVERY = dict(walk(typer.main.get_command(app), "aspectra"))
OWN = {name: command for name, command in EVERY.items() if not hasattr(command, "list_commands")}


@pytest.mark.parametrize("name", EVERY)
def test_every_option_is_a_phrase_that_stands_alone(name: str) -> None:
    for parameter in EVERY[name].params:
        if parameter.hidden or parameter.name == "help":
            continue
        phrase = re.sub(r"\s*\[[^\]]*\]$", "", parameter.help or "")  # what holds where it is left out stands behind
        said = f"{parameter.opts[0]}: {parameter.help}"
        assert phrase[:1].isupper() and phrase.endswith(".") and not phrase.endswith("..."), said
        assert not phrase.startswith(LEANING), said


@pytest.mark.parametrize("name", EVERY)
def test_every_command_says_in_a_sentence_what_it_does(name: str) -> None:
    first = summary(EVERY[name].help)
    assert first[:1].isupper() and first.endswith(".") and "..." not in first, first


def test_no_summary_is_cut_off(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERMINAL_WIDTH", "60")
    for name in EVERY.keys() - OWN.keys():
        assert run([*name.split()[1:], "--help"]) == 0
        out = capsys.readouterr().out
        assert "..." not in out.partition("Commands:")[2].partition("Example:")[0], name
        shown = " ".join(out.split())
        for each in EVERY[name].list_commands(None):
            told = COMMANDS[each] if name == "aspectra" else summary(EVERY[f"{name} {each}"].help)
            assert told in shown, f"{name} {each}"


def test_the_options_of_elicit_stand_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["elicit", "--help"]) == 0
    out = capsys.readouterr().out
    heads = [line[:-1] for line in out.splitlines() if re.fullmatch(r"[A-Z][A-Za-z ]+:", line)]
    assert heads == ["Arguments", REST, *elicit.GROUPS]
    parts = dict(zip(heads, re.split(r"(?m)^[A-Z][A-Za-z ]+:\n", out)[1:], strict=True))
    assert "--base-url" in parts[REST] and "--out" in parts[REST]
    assert "--max-cost" in parts["Limits"] and "--batch-in" in parts["Batch files"] and "--vllm" in parts["Cluster"]
    assert len(re.findall(r"(?m)^  --", parts[REST])) < 12, "the common ones are few"
    names = {parameter.name for parameter in EVERY["aspectra elicit"].params}
    assert {name for group in elicit.GROUPS.values() for name in group} <= names
    shown = re.findall(r"(?m)^  --([a-z-]+)", out)
    assert len(shown) == len(set(shown)) == len(names - {"reviews"}), "each once"
