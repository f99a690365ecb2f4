"""What a log shows of long work."""

from __future__ import annotations

import io
from contextlib import redirect_stderr

import pytest

from aspectra import progress


def test_a_log_line_tells_what_is_done_and_the_time_left() -> None:
    bar = progress.Bar("corpus", 10)
    bar.done, bar.note = 4, "all well"
    assert bar.line(bar.started + 8) == "corpus: 4 of 10, 12 s left, all well"


def test_without_a_total_only_what_is_done_is_told() -> None:
    bar = progress.Bar("read", None)
    bar.advance(3)
    assert bar.line(bar.started + 1) == "read: 3"


def test_talk_goes_to_stderr_and_short_work_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.progress("quick", 2) as bar:
        bar.advance()
    progress.say("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_a_bar_on_a_terminal_outlives_a_silenced_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, swallowed = Terminal(), io.StringIO()
    monkeypatch.setattr("sys.stderr", terminal)
    with progress.progress("unpack", None) as bar, redirect_stderr(swallowed):
        bar.total = 2.0
        bar.advance(2, "all well")
    assert "unpack" in terminal.getvalue() and "2/2" in terminal.getvalue()
    assert swallowed.getvalue() == ""


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0 s"), (59.6, "1:00"), (185, "3:05"), (3723, "1:02:03")])
def test_clock(seconds: float, shown: str) -> None:
    assert progress.clock(seconds) == shown
