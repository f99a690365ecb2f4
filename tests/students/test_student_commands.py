"""pretrain, finetune, evaluate and models from the command line: JSON for machines, one line for mistakes.

Here and not in tests/cli because the generated students are this folder's fixtures.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.tiny import torchrun

from aspectra.cli.main import run

TINY = [
    item
    for setting in ("learning_rate=0.01", "threads=1", "bf16=false", "input_tokens=64", "answer_tokens=64")
    for item in ("--set", setting)
]


def test_from_corpus_to_score(
    student_folder: Path, corpus: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    student, tuned, scored = (str(tmp_path / name) for name in ("student", "tuned", "scored"))
    pretrain = [
        "pretrain",
        str(corpus),
        "--student",
        str(student_folder),
        "--out",
        student,
        "--device",
        "cpu",
        "--json",
    ]
    assert run([*pretrain, "--set", "max_steps=2", *TINY]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["steps"] == 2
    assert said.err == "", "no bars or chatter of transformers"
    finetune = ["finetune", "--task", "atsa", "--data", str(data), "--student", student, "--out", tuned, "--json"]
    assert run([*finetune, "--shots", "8", "--epochs", "1", "--device", "cpu", *TINY]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["train_sentences"] == 8
    assert all(line.startswith(("finetune: epoch", "finetune: WARNING")) for line in said.err.splitlines())
    evaluate = ["evaluate", tuned, "--data", str(data), "--device", "cpu", "--max-new-tokens", "4"]
    assert run([*evaluate, "--subset", "all", "--subset", "multi", "--out", scored, "--json"]) == 0
    said = capsys.readouterr()
    rows = json.loads(said.out)["rows"]
    assert said.err == ""
    assert [row["subset"] for row in rows] == ["all", "multi"]
    assert (tmp_path / "scored" / "predictions.jsonl").exists()
    assert run(evaluate) == 0
    shown = capsys.readouterr().out
    assert "seconds a sentence" in shown and re.search(r"strict +all +10 +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d\n", shown)
    assert (
        "in percent" in shown and run([*finetune[:-1], "--shots", "8", "--epochs", "1", "--device", "cpu", *TINY]) == 0
    )
    assert re.search(r"dev F1 \d+\.\d\d \(strict, in percent\)", capsys.readouterr().out)
    score = ["score", "--gold", str(data / "test.json"), "--pred", f"{scored}/predictions.jsonl", "--task", "atsa"]
    assert run([*score, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["f1"] == rows[0]["f1"], "the file says what the student said"


def mistake(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail as the user's mistake, in one line; returns the line."""
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = [line for line in captured.err.splitlines() if line.startswith("aspectra: error:")]
    assert len(lines) == 1
    assert "Traceback" not in captured.err
    return lines[0]


def test_mistakes_of_pretrain(causal: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    good = ["pretrain", str(corpus), "--student", str(causal), "--out", str(out)]
    assert "corpus nowhere does not exist" in mistake(["pretrain", "nowhere", *good[2:]], capsys)
    assert "did `aspectra corpus` make it" in mistake(["pretrain", str(tmp_path), *good[2:]], capsys)
    assert "unknown model 'smollm'; did you mean 'smollm2-135m'" in mistake(
        ["pretrain", str(corpus), "--student", "smollm", "--out", str(out)], capsys
    )
    assert "did you mean 'learning_rate'" in mistake([*good, "--set", "lerning_rate=1"], capsys)
    assert "unknown preset 'papr'; did you mean 'paper'" in mistake([*good, "--preset", "papr"], capsys)
    assert "unknown kind 'analisys'; did you mean 'analysis'" in mistake([*good, "--kinds", "analisys"], capsys)
    assert "device" in mistake([*good, "--device", "gpu"], capsys)
    (tmp_path / "torn").mkdir()
    for side in ("train", "dev"):
        (tmp_path / "torn" / f"{side}.parquet").write_bytes(b"PAR1 and no more")
    assert "cannot read" in mistake(["pretrain", str(tmp_path / "torn"), *good[2:]], capsys)
    assert not out.exists()


def test_mistakes_of_finetune_and_evaluate(
    causal: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    good = ["finetune", "--task", "atsa", "--data", str(data), "--student", str(causal), "--out", str(out)]
    assert "unknown task 'atsb'" in mistake(["finetune", "--task", "atsb", *good[3:]], capsys)
    assert "unknown atsa dataset" in mistake([*good[:4], "rest15", *good[5:]], capsys)
    assert "shots" in mistake([*good, "--shots", "0"], capsys)
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text("{}")
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x04")
    assert "only pickled weights" in mistake([*good[:6], str(pickled), *good[7:]], capsys)
    assert "no model in runs/x" in mistake(["evaluate", "runs/x", "--task", "atsa", "--data", str(data)], capsys)
    assert "no model in runs/x/y" in mistake(["evaluate", "runs/x/y", "--task", "atsa", "--data", str(data)], capsys)
    assert "only pickled" in mistake(["evaluate", str(pickled), "--task", "atsa", "--data", str(data)], capsys)
    assert "fine-tuned for no task" in mistake(["evaluate", str(causal), "--data", str(data)], capsys)
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert "has other files" in mistake(good, capsys)
    assert "has other files" in mistake(
        ["evaluate", str(causal), "--task", "atsa", "--data", str(data), "--out", str(out)], capsys
    )
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_mistakes_of_evaluate_leave_no_folder(
    causal: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, silver = tmp_path / "out", tmp_path / "silver"
    good = ["evaluate", str(causal), "--task", "atsa", "--data", str(data), "--out", str(out)]
    silver.mkdir()
    for name in ("train.json", "dev.json"):
        (silver / name).write_bytes((data / name).read_bytes())
    assert "has no test.json" in mistake([*good[:5], str(silver), *good[6:]], capsys)
    assert "unknown device 'gpu'" in mistake([*good, "--device", "gpu"], capsys)
    assert "did you mean 'implicit'" in mistake([*good, "--subset", "implict"], capsys)
    for option in ("--cap", "--batch-size", "--max-new-tokens", "--threads"):
        assert option in mistake([*good, option, "0"], capsys)
    assert "cannot create the folder" in mistake([*good[:-1], str(data / "test.json" / "out")], capsys)
    assert not out.exists()


def test_ctrl_c_in_the_middle_of_training_says_how_to_go_on(causal: Path, corpus: Path, tmp_path: Path) -> None:
    """A real SIGINT once there is a checkpoint; the run that it ends would take minutes."""
    command = [sys.executable, "-m", "aspectra", "pretrain", str(corpus), "--student", str(causal), "--device", "cpu"]
    command += ["--out", str(tmp_path / "out"), "--set", "max_steps=100000", "--set", "save_steps=1", *TINY]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not any((tmp_path / "out").glob("checkpoints/checkpoint-*/trainer_state.json")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate()
    assert (process.returncode, out) == (130, ""), error
    assert error.splitlines()[-1] == "aspectra: error: interrupted; run the same command to go on from here"
    assert "Traceback" not in error
    assert (tmp_path / "out" / ".stage.json").exists(), "by which the next call knows what to go on with"


def test_models_list_and_fetch(causal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list", "--json"]) == 0
    found = {model["name"] for model in json.loads(capsys.readouterr().out)}
    hub = {"smollm2-135m@hub", "t5-small", "t5-base", "flan-t5-base"}
    assert found >= {"reader-en", "smollm2-135m", "minilm-l6", "mpnet-base", *hub, "tiny-causal", "tiny-seq2seq"}
    assert run(["models", "list"]) == 0
    assert "smollm2-135m" in capsys.readouterr().out
    assert run(["models", "fetch", str(causal)]) == 0
    assert capsys.readouterr().out.strip() == str(causal)
    assert "unknown model" in mistake(["models", "fetch", "bert"], capsys)


def test_without_torch_the_extra_is_named(corpus: Path, tmp_path: Path) -> None:
    """A base install, really without torch: its import is made impossible in a process of its own."""
    script = (
        "import importlib.abc, importlib.util, sys\n"
        "whole = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name == 'torch' else whole(name, package)\n"
        "sys.modules['torch'] = None\n"
        "from aspectra.cli.main import main\n"
        f"main(['pretrain', {str(corpus)!r}, '--student', 'x', '--out', {str(tmp_path / 'out')!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 2
    told = "aspectra: error: pretrain needs the extra 'train': pip install -c constraints.txt 'PATH[train]'"
    assert done.stderr.startswith(told) and done.stderr.count("\n") == 1


def test_what_would_leave_half_the_weights_is_refused(
    causal: Path, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    told = mistake(["pretrain", str(corpus), "--student", str(causal), "--out", str(tmp_path / "out")], capsys)
    assert "FSDP is not supported: use torchrun" in told


@pytest.mark.slow
def test_torchrun_works_as_users_know_it(causal: Path, corpus: Path, data: Path, tmp_path: Path) -> None:
    settings = ["--device", "cpu", *TINY, "--json"]
    two = ["--out", str(tmp_path / "two")]
    pretrain = ["pretrain", str(corpus), "--student", str(causal), "--set", "batch_size=4", "--set", "clip=0.5"]
    done = torchrun("-m", "aspectra", *pretrain, *two, *settings)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["processes"] == 2
    assert (
        run([*pretrain[:-4], "--set", "batch_size=8", "--set", "clip=0.5", "--out", str(tmp_path / "one"), *settings])
        == 0
    )
    one = json.loads((tmp_path / "one" / "manifest.json").read_text())["figures"]
    assert (one["steps"], one["answer_tokens"]) == (figures["steps"], figures["answer_tokens"])
    for kind, losses in one["held_out"].items():
        assert losses["after"] == pytest.approx(figures["held_out"][kind]["after"], abs=1e-3)
    tuned = ["finetune", "--task", "atsa", "--data", str(data), "--student", str(causal), "--epochs", "2"]
    done = torchrun("-m", "aspectra", *tuned, "--out", str(tmp_path / "tuned"), *settings, "--set", "save_seconds=0")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["dev"]) == 2
