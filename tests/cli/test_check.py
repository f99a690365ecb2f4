"""`aspectra check`: from an analyzed file to a page, and one line for what cannot be checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.analyze.stand_in import invented, put, source

from aspectra.analyze.analysis import analyze
from aspectra.cli.main import run


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("check")
    reviews = put(folder / "reviews.csv", invented(40))
    analyze(reviews, source(), folder / "opinions.csv")
    return str(reviews), str(folder / "opinions.csv")


def test_the_page_is_written_beside_the_opinions(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", *files]) == 0
    assert capsys.readouterr().out.startswith(f"{files[1]}.check.html: 30 of ")
    text = Path(f"{files[1]}.check.html").read_text(encoding="utf-8")
    assert text.count('<article class="answer"') == 30
    assert run(["check", *files, "--sentences", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["drawn"] == 3


def test_one_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviews = put(tmp_path / "reviews.csv", [{"text": "The bed was lovely."}])
    analyze(reviews, source(), tmp_path / "opinions.csv")
    assert run(["check", str(reviews), str(tmp_path / "opinions.csv")]) == 0
    assert "1 of 1 sentence with 1 opinion; open it in a browser" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["{0}", "{0}"], "name the file that `aspectra analyze` wrote"),
        (["{1}", "{1}"], "is not the file that"),
        (["{0}", "{1}", "--out", "page.txt"], "name a file that ends in .html"),
        (["{0}"], "OPINIONS"),
    ],
)
def test_a_mistake_is_one_line(
    files: tuple[str, str], capsys: pytest.CaptureFixture[str], given: list[str], told: str
) -> None:
    assert run(["check", *(part.format(*files) for part in given)]) == 2
    shown = capsys.readouterr()
    assert told in shown.err and shown.err.count("\n") == 1 and shown.out == ""
