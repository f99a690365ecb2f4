"""`aspectra run` with a config that names labels: the shipped recipe on a few dozen sentences and tiny encoders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.students.taggers.labels import sentence

import aspectra
from aspectra.cli.main import run
from aspectra.data.examples import save
from aspectra.data.left_out import fingerprint
from aspectra.info import read_info
from aspectra.places import config_file

QUICK = {"epochs": 25, "learning_rate": 4e-3, "batch_size": 8, "dropout": 0.0, "threads": 1, "save_seconds": 1000}


def labels(folder: Path) -> Path:
    """A set of 48 training sentences and 12 of dev, two of which no student may learn."""
    for side, numbers in (("train", range(48)), ("dev", range(60, 72))):
        save(folder / f"{side}.json", [sentence(number) for number in numbers])
    hashes = [fingerprint(text) for text in (sentence(7).text, "This one stands in a benchmark.")]
    (folder / "left-out.txt").write_text("".join(f"{each}\n" for each in hashes), encoding="utf-8")
    return folder


def texts(folder: Path) -> None:
    """Two files of whole reviews."""
    folder.mkdir()
    said = [f"{sentence(n).text} {sentence(n + 1).text} It was day {n}." for n in range(100, 116)]
    (folder / "a.txt").write_text("\n".join(said[:8]) + "\n\n", encoding="utf-8")
    more = [*said[8:], "Quiet rooms. This one stands in a  benchmark. The bed was warm."]
    (folder / "b.txt").write_text("\n".join(more), encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, encoder_of: Callable[[str], Path]) -> Path:
    """A folder with the two shipped configs, but for the data, the encoders and how long is learned."""
    home = tmp_path_factory.mktemp("recipe")
    labels(home / "set")
    texts(home / "texts")
    here = {"labels": str(home / "set"), "dev": [str(home / "set")]}
    for name, encoder in (("reader-en-teacher", "mpnet"), ("reader-en", "bert")):
        values = yaml.safe_load(config_file(name).read_text(encoding="utf-8"))
        changes: dict[str, Any] = here | {"student": str(encoder_of(encoder)), "pretrain": values["pretrain"] | QUICK}
        if "texts" in values:
            changes |= {"texts": ["texts/*.txt"], "corpus": values["corpus"] | {"evaluation": []}}
        if "export" in values:
            changes |= {"export": values["export"] | {"meanings": str(encoder_of("electra"))}}
        (home / f"{name}.yaml").write_text(yaml.safe_dump(values | changes), encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def made(home: Path) -> Path:
    """What the recipe makes."""
    assert run(["run", str(home / "reader-en.yaml"), "--out", str(home / "out")]) == 0
    return home / "out"


def stamps(out: Path) -> dict[str, int]:
    return {str(file.relative_to(out)): file.stat().st_mtime_ns for file in out.rglob("manifest.json")}


def results(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "results.json").read_text(encoding="utf-8")))


def test_the_recipe_makes_a_reader_that_reads(made: Path) -> None:
    known = [sentence(number) for number in range(24)]
    found = aspectra.load(made / "export").extract([example.text for example in known])
    right = sum(
        [(o.target, o.polarity, o.start, o.end) for o in each.opinions]
        == [(o.target, o.polarity, o.start, o.end) for o in example.opinions]
        for example, each in zip(known, found, strict=True)
    )
    assert right >= 20, f"{right} of 24 sentences are read right"
    assert read_info(made / "export")["export"]["name"] == "reader-en"


def test_teacher_student_and_export_stand_in_one_table(made: Path) -> None:
    rows = {row["system"]: row for row in results(made)["rows"]}
    assert list(rows) == ["teacher", "student", "export"]
    assert all(row["sentences"] == 12 and row["f1"] > 0.7 for row in rows.values()), rows
    report = (made / "report.md").read_text(encoding="utf-8")
    assert f"The export is {made / 'export'}, 0." in report
    assert "| export, int8 |" in report and "| | parameters | set (12) |" in report.replace("|  |", "| |")


def test_the_student_learns_labels_and_the_teachers_probabilities_of_labeled_and_unlabeled(made: Path) -> None:
    sentences = json.loads((made / "corpus" / "silver" / "train.json").read_text(encoding="utf-8-sig"))
    names = {row["ID"].rpartition(":")[0] for row in sentences}
    assert any(name.startswith("1:text:a-") for name in names) and any(name.isdecimal() for name in names)
    soft = (made / "corpus" / "silver" / "train.soft.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({json.loads(line)["ID"] for line in soft}) == len(sentences)
    labeled = {row["sentence"]: row for row in sentences if row["ID"].rpartition(":")[0].isdecimal()}
    for number in range(48):
        if (row := labeled.get(sentence(number).text)) is not None:
            said = [(a["target"], a["from"], a["to"], a["polarity"]) for a in row["aspects"]]
            assert said == [(o.target, o.start, o.end, o.polarity) for o in sentence(number).opinions]


def test_what_overlaps_with_a_benchmark_set_is_not_learned(made: Path) -> None:
    read = (made / "texts" / "reviews.jsonl").read_text(encoding="utf-8")
    assert "stands in a" not in read and sentence(7).text not in read
    assert len(read.splitlines()) == 47 + 16
    figures = json.loads((made / "texts" / "manifest.json").read_text(encoding="utf-8"))["figures"]
    assert figures == {"texts": 16, "left_out": 1}


def test_a_second_call_does_nothing_again(home: Path, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = stamps(made)
    assert run(["run", str(home / "reader-en.yaml"), "--out", str(made)]) == 0
    assert stamps(made) == before
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith(f"aspectra export {made / 'model'} --data {home / 'set'} --compute int8 --meanings")
    assert " --name reader-en --version 1 " in last and last.endswith("src/aspectra/model")


def test_a_student_is_cut_from_the_teacher_that_is_there(
    home: Path, made: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    changes = [f"teacher={made / 'teacher' / 'model'}", "student={of: teacher, layers: 1}", "export.name=small"]
    asked = ["run", str(home / "reader-en.yaml"), "--out", str(tmp_path / "out"), "--set", "pretrain.epochs=1"]
    assert run([*asked, *(word for change in changes for word in ("--set", change))]) == 0
    config = json.loads((tmp_path / "out" / "model" / "config.json").read_text(encoding="utf-8"))
    assert (config["model_type"], config["num_hidden_layers"]) == ("mpnet", 1)
    assert not (tmp_path / "out" / "teacher").exists(), "nothing is trained but the student"
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith("aspectra analyze reviews.csv --model")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("labels=review-en", "did you mean 'reviews-en'"),
        ("student=minilm", "did you mean 'minilm-l6'"),
        ("student=tiny-causal", "tiny-causal is a writer"),
        ("student={of: teacher, layers: 2}", "has 2 layers, so 2 of them are not a smaller student"),
        ("teacher=missing.yaml", "no config file missing.yaml"),
        ("teacher=null", "texts have no labels"),
        ("texts=[missing.txt]", "`texts` names missing.txt"),
        ("dev=[hotel]", "did you mean 'hotels'"),
        ("pretrain.epoch=3", "did you mean 'epochs'"),
        ("export.compute=int4", "export.compute"),
        ("reviews=demo:reviews.jsonl", "unknown setting"),
    ],
)
def test_a_wrong_name_is_told_before_anything_is_made(
    change: str, says: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", str(home / "reader-en.yaml"), "--out", str(tmp_path / "out"), "--set", change]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("aspectra: error:") and says in line
    assert not (tmp_path / "out").exists()


def test_a_teacher_whose_config_names_itself_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = yaml.safe_load((home / "reader-en.yaml").read_text(encoding="utf-8"))
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump(values | {"teacher": "own.yaml", "texts": []}), encoding="utf-8")
    assert run(["run", str(file), "--out", str(tmp_path / "out")]) == 2
    assert "the teacher's own teacher cannot be a config" in capsys.readouterr().err
