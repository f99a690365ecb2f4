"""`aspectra distil` with a loopback LLM and a tiny tagger: one command from reviews to an export, and what it tells."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.endpoint import Answer, Endpoint
from tests.students.taggers.labels import sentence, taught

from aspectra.cli.main import run
from aspectra.data.examples import load, save

SMALL = ["--set", "pretrain.epochs=1", "--set", "pretrain.threads=1", "--set", "finetune.epochs=1"]
SMALL += ["--set", "finetune.threads=1"]


@pytest.fixture(scope="session")
def tagger(encoder_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student that knows the task already."""
    return taught(encoder_of("bert"), tmp_path_factory.mktemp("known") / "tagger", steps=40)


def command(reviews: Path, llm: Endpoint, student: Path, out: Path, *more: str) -> list[str]:
    asked = ["distil", str(reviews), "--base-url", llm.url, "--model", "my-llm", "--text-column", "said"]
    return [*asked, "--student", str(student), "--reviews", "50", "--out", str(out), *SMALL, *more]


def results(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "results.json").read_text(encoding="utf-8")))


def stamps(out: Path) -> dict[str, int]:
    return {str(file.relative_to(out)): file.stat().st_mtime_ns for file in out.rglob("manifest.json")}


def test_from_reviews_to_the_command_that_reads_them_all(
    reviews: Path, llm: Endpoint, tagger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine"
    assert run(command(reviews, llm, tagger, out)) == 0
    shown = capsys.readouterr().out
    made = results(out)
    assert len(llm.requests) == 50, "never more than was asked for"
    assert [row["system"] for row in made["rows"]] == ["before", "half", "all"]
    assert made["answers"]["held"]["reviews"] == 5
    assert made["answers"]["learned"] == {"half": 22, "all": 45}
    assert {"all - before", "all - half"} == made["gains"].keys()
    assert "Would paying for more help?" in shown and "5 answered reviews held out" in shown
    assert "reviews: 50 drawn of 80, 25 of them where the student was unsure" in shown
    assert "<script>" in (out / "report.html").read_text(encoding="utf-8")

    # Once more: nothing is asked, nothing is done again.
    before = stamps(out)
    assert run(command(reviews, llm, tagger, out)) == 0
    assert (len(llm.requests), stamps(out)) == (50, before)

    # The last line is a command, and it works.
    words = shlex.split(capsys.readouterr().out.splitlines()[-1])
    assert words[:3] == ["aspectra", "analyze", str(reviews)]
    assert run(words[1:]) == 0
    assert len((out / "opinions.csv").read_text(encoding="utf-8").splitlines()) > 1
    assert (out / "opinions.html").is_file()

    # More reviews go on from the same answers.
    capsys.readouterr()
    assert run(command(reviews, llm, tagger, out, "--reviews", "60", "--plan", "--json")) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["answered"] >= 40 and plan["answered"] + plan["requests"] == 60


def test_a_plan_sends_nothing_and_the_run_asks_what_was_planned(
    reviews: Path, llm: Endpoint, tagger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = ["--price-in", "1", "--price-out", "2", "--max-cost", "5", "--rpm", "100"]
    assert run(command(reviews, llm, tagger, tmp_path / "mine", *prices, "--plan", "--json")) == 0
    plan = json.loads(capsys.readouterr().out)
    assert not llm.requests
    assert plan["requests"] == 50 and plan["cost_usd"] > 0 and plan["bound"] == "--rpm"
    assert [path.name for path in (tmp_path / "mine").iterdir() if path.is_dir()] == ["draw"]
    assert run(command(reviews, llm, tagger, tmp_path / "mine", "--plan")) == 0
    assert "--reviews 50" in capsys.readouterr().out, "how to know the time"


def test_an_encoder_that_knows_nothing_has_no_before(
    reviews: Path,
    llm: Endpoint,
    encoder_of: Callable[[str], Path],
    tagger: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(command(reviews, llm, encoder_of("bert"), tmp_path / "mine")) == 0
    made, shown = results(tmp_path / "mine"), capsys.readouterr().out
    assert [row["system"] for row in made["rows"]] == ["half", "all"]
    assert made["draw"]["unsure"] == 0
    assert "does not know the task, so there is nothing to measure" in shown
    # Another student learns from what was paid for, though it would have drawn others.
    assert run(command(reviews, llm, tagger, tmp_path / "mine", "--plan", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["requests"] == 0


def test_labels_are_learned_and_judged_by_and_their_sentences_not_learned_from_the_llm(
    reviews: Path, llm: Endpoint, tagger: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    for side, numbers in (("train", range(100, 112)), ("dev", range(120, 126)), ("test", range(130, 142))):
        save(own / f"{side}.json", [sentence(number) for number in numbers])
    drawn = [json.loads(line) for line in reviews.read_text(encoding="utf-8").splitlines()]
    leak = drawn[7]["said"]
    save(own / "test.json", [*load(own / "test.json"), sentence(7).__class__("leak", leak)])
    out = tmp_path / "mine"
    assert run(command(reviews, llm, tagger, out, "--labels", str(own), "--reviews", "80")) == 0
    made = results(out)
    assert [row["system"] for row in made["rows"]] == ["before", "labels", "half", "all"]
    assert (made["judged"]["by"], made["judged"]["sentences"]) == ("labels", 13)
    learned = (out / "corpus" / "all" / "silver" / "train.json").read_text(encoding="utf-8")
    assert "euros and left by train 10." not in learned, "the leak is the review of day 7"
    assert json.loads((out / "export" / "manifest.json").read_text())["config"]["data"] == str(own)


def test_money_that_ends_leaves_a_report_on_what_was_answered(
    reviews: Path, llm: Endpoint, tagger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # An answer takes 100 tokens in and 20 out; --max-cost keeps room for the dearest one.
    prices = ["--price-in", "10", "--price-out", "10", "--max-cost", "0.05", "--concurrency", "1"]
    assert run(command(reviews, llm, tagger, tmp_path / "mine", *prices)) == 0
    made = results(tmp_path / "mine")
    assert 20 <= made["answers"]["answered"] < 50 and made["asked"]["pending"] > 0
    assert made["asked"]["cost_usd"] <= 0.05
    assert abs(made["answers"]["held"]["reviews"] - made["answers"]["answered"] / 10) < 2, "still a tenth"
    assert "raise --max-cost to go on" in capsys.readouterr().err
    paid = len(llm.requests)
    assert run(command(reviews, llm, tagger, tmp_path / "mine", *prices, "--max-cost", "5")) == 0
    assert len(llm.requests) == 50 > paid
    assert results(tmp_path / "mine")["answers"]["answered"] == 50


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--max-cost", "5"], "--max-cost needs the prices"),
        (["--base-url", "127.0.0.1:9/v1"], "127.0.0.1:9/v1"),
        (["--model", ""], "use --model"),
        (["--student", "smollm2"], "did you mean 'smollm2-135m'"),
        (["--labels", "no/where"], "no/where"),
        (["--teacher", "oracle"], "unknown teacher 'oracle'"),
        (["--plan", "--demonstrations", "no/file.jsonl"], "no/file.jsonl"),
        (["--plan", "--demonstrations", "demo:reviews.jsonl"], "review"),
        (["--set", "pretrain.epoch=3"], "did you mean 'epochs'"),
        (["--set", "elicit.select=3"], "elicit.select is set by distil"),
        (["--set", "elicit.kinds=[rewriting]"], "must have extraction"),
        (["--text-column", "review"], "has no column 'review'"),
        (["--plan", "--teacher", "recorded", "--model", "demo:responses.jsonl"], "needs no tokens and no money"),
    ],
)
def test_wrong_input_is_told_in_a_line_before_anything_is_asked(
    more: list[str],
    says: str,
    reviews: Path,
    llm: Endpoint,
    tagger: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(command(reviews, llm, tagger, tmp_path / "mine", *more)) == 2
    assert says in capsys.readouterr().err.splitlines()[-1]
    assert not llm.requests
    assert not list(tmp_path.glob("mine/draw/*")), "no reviews were read first, which takes minutes"


def test_a_student_that_writes_is_sent_elsewhere(
    reviews: Path, llm: Endpoint, causal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command(reviews, llm, causal, tmp_path / "mine")) == 2
    assert "is a writer, and distil trains a tagger" in capsys.readouterr().err


def test_an_llm_that_finds_nothing_is_no_report_of_zeros(
    reviews: Path, llm: Endpoint, tagger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    llm.answer = lambda request: Answer('{"opinions": []}')
    assert run(command(reviews, llm, tagger, tmp_path / "mine")) == 2
    assert "found no opinion in the 5 held-out reviews" in capsys.readouterr().err
    llm.answer = lambda request: Answer("As an AI language model, I cannot.")
    assert run(command(reviews, llm, tagger, tmp_path / "other")) == 2
    assert "0 reviews answered, and at least 20 are needed" in capsys.readouterr().err


def test_the_folder_of_something_else_is_not_touched(
    reviews: Path, llm: Endpoint, tagger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "run.json").write_text("{}", encoding="utf-8")
    assert run(command(reviews, llm, tagger, tmp_path / "mine")) == 2
    assert "has other files" in capsys.readouterr().err
