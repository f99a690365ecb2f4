"""`pip install .`, without any extra, and one command: opinions and a page, by the reader that comes with Aspectra."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.serve.conftest import call
from tests.serve.stand_in import started
from tests.students.taggers.labels import sentence

import aspectra
from aspectra import places
from aspectra.info import EXPORT, digest, is_export, read_info

# What the extras bring, and what they bring along.
EXTRA = (
    "torch", "transformers", "accelerate", "peft", "safetensors", "gguf", "onnx", "huggingface_hub", "xllamacpp",
    "ctranslate2", "sklearn", "fastapi", "uvicorn", "prometheus_client", "ray",
)  # fmt: skip
BARE = f"""
import importlib.util, sys
whole = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in {EXTRA} else whole(name, package)
sys.modules.update(dict.fromkeys({EXTRA}))
from aspectra.cli.main import main
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def site(reader_of: Callable[[str, str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that a tiny reader comes with."""
    place = tmp_path_factory.mktemp("site")
    package = Path(aspectra.__file__).parent
    shutil.copytree(package, place / "aspectra", ignore=shutil.ignore_patterns("__pycache__", "model", "demo"))
    model = place / "aspectra" / "model"
    shutil.copytree(reader_of("bert", "int8"), model)
    info = read_info(model)
    info[EXPORT] |= {"name": "reader-en", "version": "7", "language": "en"}
    (model / "aspectra.json").write_text(json.dumps(info), encoding="utf-8")
    return place


def bare(site: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(site), "OMP_NUM_THREADS": "1", "ASPECTRA_CACHE": "no cache here"}
    command = [sys.executable, "-c", BARE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def table(folder: Path) -> Path:
    lines = [f"{number},{sentence(number).text}" for number in range(100, 140)]
    (folder / "reviews.csv").write_text("\n".join(["id,text", *lines]).replace(", the", " and the"), encoding="utf-8")
    return folder / "reviews.csv"


def test_one_command_makes_opinions_and_a_page(site: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "opinions.csv", tmp_path / "report.html"
    done = bare(site, "analyze", table(tmp_path), "--out", out, "--report", page, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("no model is named: using reader-en 7, which comes with Aspectra\n")
    with out.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) > 20 and all(row["text"][int(row["start"]) : int(row["end"])] == row["target"] for row in rows)
    figures: dict[str, Any] = json.loads(done.stdout)
    who = {"name": "reader-en", "version": "7", "digest": digest(site / "aspectra" / "model")}
    assert figures["reader"] == who and figures["opinions"] == len(rows)
    manifest = json.loads((tmp_path / "opinions.csv.manifest.json").read_text(encoding="utf-8"))
    assert (manifest["model"], manifest["figures"]["reader"]) == ("reader-en 7", who)
    assert f"read by reader-en 7 (digest {who['digest']}) with Aspectra" in page.read_text(encoding="utf-8")


def test_two_processes_find_the_same(site: Path, tmp_path: Path) -> None:
    reviews = table(tmp_path)
    for workers in ("1", "2"):
        done = bare(site, "analyze", reviews, "--out", tmp_path / f"{workers}.csv", "--workers", workers)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "1.csv").read_text() == (tmp_path / "2.csv").read_text()


def test_it_is_served_where_no_model_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(site))
    with started(["aspectra", "serve", "--port", "0", "--json"]) as running:
        answer = call(running, body={"text": sentence(100).text}).body
    assert answer["reader"]["name"] == "reader-en" and answer["reader"]["version"] == "7"
    assert answer["results"][0]["opinions"]


def test_doctor_names_the_reader(site: Path) -> None:
    done = bare(site, "doctor", "--json")
    said = json.loads(done.stdout)
    assert said["reader"] == f"reader-en 7 ({digest(site / 'aspectra' / 'model')})"
    assert "report" not in said["missing extras"] and "base" not in said["missing extras"]


def test_to_train_on_it_needs_the_extra(site: Path, tmp_path: Path) -> None:
    done = bare(
        site, "finetune", "--task", "atsa", "--data", tmp_path, "--student", "reader-en", "--out", tmp_path / "out"
    )
    assert done.returncode == 2 and "finetune needs the extra 'train'" in done.stderr
    done = bare(site, "models", "fetch", "reader-en")
    assert done.returncode == 2 and "the student reader-en needs the extra 'train'" in done.stderr


@pytest.mark.skipif(not is_export(places.MODEL), reason="needs the shipped reader, which is not in this checkout")
def test_the_shipped_reader_is_what_its_card_says() -> None:
    """A line of the card's table names the own test set: `| reviews-en | ... | F1 |`, F1 last."""
    from aspectra.benchmark.evaluate import evaluate

    card = (places.MODEL / "README.md").read_text(encoding="utf-8")
    line = re.search(r"^\| *`?reviews-en`?\b.*?([\d.]+) *\|$", card, re.M)
    assert line is not None
    rows = evaluate("reader-en", "atsa", "reviews-en", device="cpu")["figures"]["rows"]
    assert round(100 * rows[0]["f1"], 1) == pytest.approx(float(line[1]), abs=0.1)
    about = read_info(places.MODEL)[EXPORT]
    assert (about["name"], about["language"]) == ("reader-en", "en") and about["version"]
