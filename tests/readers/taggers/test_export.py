"""A tagger's export: what is in its folder, which type it takes, what its confidences are worth; without torch."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.readers.test_predictor import without_torch
from tests.students.taggers.labels import sentence

import aspectra
from aspectra.analyze.source import student
from aspectra.benchmark.evaluate import evaluate
from aspectra.data.examples import save
from aspectra.errors import UserError
from aspectra.info import digest
from aspectra.models import resolve
from aspectra.readers.export import export
from aspectra.readers.opening import open_reader
from aspectra.readers.taggers import export as exporting
from aspectra.readers.taggers.meanings import Meanings
from aspectra.readers.taggers.parity import compare, fault, worst

Folder = Callable[[str], Path]
Made = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of the sentences that the tiny taggers know; some have other numbers than they learned."""
    folder = tmp_path_factory.mktemp("data") / "atsa" / "inn"
    for split, numbers in (("train", range(8)), ("dev", range(200, 300)), ("test", range(100, 160))):
        save(folder / f"{split}.json", [sentence(number) for number in numbers])
    return folder


@pytest.fixture(scope="module")
def made(tagger_of: Folder, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "out"
    export(str(tagger_of("bert")), out, data=str(data), threads=1)
    return out


def test_an_export_holds_what_runs_and_what_was_measured(made: Path, tagger_of: Folder, data: Path) -> None:
    files = {file.name for file in made.iterdir()}
    again = {"config.json", "tokenizer_config.json"}  # by which it is trained again
    read = {"model.onnx", "tokenizer.json", "meanings.npz"}
    assert files == read | {"aspectra.json", "README.md", "manifest.json"} | again
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    figures = manifest["figures"]
    assert set(manifest["inputs"]) == {"gold dev.json", "model"}, "what chooses the type is no label of test"
    assert [row["compute"] for row in figures["tried"]] == ["float32", "int8"]
    assert figures["tried"][0]["agreement"] == 1.0 and figures["tried"][0]["confidence"]["max"] < 1e-4
    assert figures["sentences"] == 100, "of 2,000 as many as dev has"
    assert figures["bytes"]["export"] == (made / "model.onnx").stat().st_size
    assert {"f1", "f1_difference", "f1_loss_at_most", "seconds", "student"} <= set(figures)
    assert export(str(tagger_of("bert")), made, data=str(data), threads=1) == manifest, "done already"


def test_another_encoder_lends_its_meanings_and_the_manifest_names_it(
    tagger_of: Folder, encoder_of: Folder, causal: Path, data: Path, tmp_path: Path
) -> None:
    out, encoder = tmp_path / "out", str(encoder_of("electra"))
    made = export(str(tagger_of("bert")), out, compute="int8", data=str(data), threads=1, meanings=encoder)
    assert set(made["inputs"]) == {"gold dev.json", "model", "meanings"}
    assert Meanings(out).of(["room"]).any()
    with pytest.raises(UserError, match="--meanings is for a tagger, and names an encoder"):
        export(str(tagger_of("bert")), tmp_path / "other", data=str(data), meanings=str(causal))
    assert not (tmp_path / "other").exists()


def test_its_confidences_are_calibrated_and_the_card_says_what_they_are_worth(made: Path) -> None:
    about = json.loads((made / "aspectra.json").read_text(encoding="utf-8"))["export"]
    figures = json.loads((made / "manifest.json").read_text(encoding="utf-8"))["figures"]["confidences"]
    assert about["calibration"]["opinions"] == figures["raw"]["opinions"] > 50
    own = open_reader(made, threads=1).read(["The soup was cold."])[0].found[0].confidence
    given = aspectra.load(made, threads=1).extract(["The soup was cold."])[0].opinions[0].confidence
    a, b, c = (about["calibration"][name] for name in "abc")
    assert given == pytest.approx(1 / (1 + math.exp(-(a * math.log(own) - b * math.log(1 - own) + c)))) != own
    thresholds = figures["thresholds"]
    assert [row["confidence"] for row in thresholds] == pytest.approx([step / 10 for step in range(10)])
    recalls = [row["recall"] for row in thresholds]
    assert recalls == sorted(recalls, reverse=True)
    card = (made / "README.md").read_text(encoding="utf-8")
    assert "| confidence at least | precision | recall | F1 |" in card
    assert f"| 0.5 | {100 * thresholds[5]['precision']:.1f} |" in card


def test_opinions_below_the_least_confidence_are_left_out(made: Path) -> None:
    some = [sentence(number).text for number in range(40)]
    every, few, none = (
        [o for each in aspectra.load(made, threads=1, min_confidence=least).extract(some) for o in each.opinions]
        for least in (0.0, 0.9, 1.0)
    )
    assert few == [o for o in every if o.confidence >= 0.9]
    assert 0 < len(few) < len(every)
    assert none == []
    with pytest.raises(UserError, match="is not a probability"):
        aspectra.load(made, min_confidence=1.5)


def test_without_dev_nothing_is_calibrated_and_the_card_says_so(tagger_of: Folder, data: Path, tmp_path: Path) -> None:
    save(tmp_path / "atsa" / "bare" / "test.json", [sentence(number) for number in range(100, 140)])
    out = tmp_path / "out"
    figures = export(str(tagger_of("bert")), out, data=str(tmp_path / "atsa" / "bare"), threads=1)["figures"]
    assert figures["confidences"] is None
    assert "calibration" not in json.loads((out / "aspectra.json").read_text(encoding="utf-8"))["export"]
    assert "It is not calibrated" in (out / "README.md").read_text(encoding="utf-8")


def test_the_silver_sentences_of_a_corpus_calibrate_where_nobody_labeled_any(tagger_of: Folder, tmp_path: Path) -> None:
    """A corpus holds out `silver/dev.json`, and has no test sentences."""
    save(tmp_path / "corpus" / "silver" / "dev.json", [sentence(number) for number in range(200, 300)])
    figures = export(str(tagger_of("bert")), tmp_path / "out", data=str(tmp_path / "corpus" / "silver"), threads=1)[
        "figures"
    ]
    assert figures["sentences"] == figures["confidences"]["sentences"] == 100
    with pytest.raises(UserError, match=r"has no test\.json"):
        bare = tmp_path / "bare"
        save(bare / "train.json", [sentence(1)])
        export(str(tagger_of("bert")), tmp_path / "other", data=str(bare))


@pytest.mark.parametrize(("loss", "taken"), [(0.004, "int8"), (0.006, "float32")])
def test_8_bits_are_taken_where_they_cost_at_most_half_a_point(
    loss: float,
    taken: str,
    tagger_of: Folder,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The bound is invented: what a tiny tagger's weights lose is chance."""
    monkeypatch.setattr(exporting, "worst", lambda *_: loss)
    figures = export(str(tagger_of("bert")), tmp_path / "out", data=str(data), threads=1)["figures"]
    assert figures["compute"] == taken
    assert ("8 bits may cost 0.6 points of F1" in capsys.readouterr().err) is (taken == "float32")
    asked = export(str(tagger_of("bert")), tmp_path / "asked", data=str(data), threads=1, compute="int8")["figures"]
    assert asked["compute"] == "int8"


def test_the_bound_of_a_loss_is_of_pairs() -> None:
    """Both lose sentences, the export two more of a hundred: what both lose alike says nothing."""
    good, bad = (1, 1, 1, 1), (0, 1, 0, 1)
    student = [good] * 80 + [bad] * 20
    assert worst(student, student, seed=1) == 0.0
    assert 0.02 < worst(student, [bad, bad, *student[2:]], seed=1) < 0.06


def test_a_wrong_graph_is_refused(
    tagger_of: Folder, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that reads other pieces than the student; and nothing is left in the folder."""
    from aspectra.readers.taggers import in_onnx

    whole = in_onnx.arrays

    def shifted(*given: Any) -> Any:
        feed = whole(*given)
        return {**feed, "ids": feed["ids"][:, ::-1]}

    monkeypatch.setattr(in_onnx, "arrays", shifted)
    with pytest.raises(UserError, match="the graph of this BertModel is wrong: in 32 bits, on 100 sentences"):
        export(str(tagger_of("bert")), tmp_path / "out", data=str(data), threads=1)
    assert not (tmp_path / "out").exists()


def test_a_wrong_graph_shows_in_its_confidences(reader_of: Made) -> None:
    answers = open_reader(reader_of("bert", "float32"), threads=1).read([sentence(0).text])
    from dataclasses import replace

    off = [replace(a, found=tuple(replace(o, confidence=o.confidence * 0.99) for o in a.found)) for a in answers]
    assert fault(compare(answers, answers)) is None
    assert "confidences differ by up to" in str(fault(compare(answers, off)))


def test_an_export_is_evaluated_and_read_as_its_student_is(
    tagger_of: Folder, reader_of: Made, data: Path, tmp_path: Path
) -> None:
    lines = []
    for name, model in (("own", tagger_of("electra")), ("export", reader_of("electra", "float32"))):
        figures = evaluate(model, None, str(data), device="cpu", out=tmp_path / name)["figures"]
        assert figures["parameters"] > 0
        lines.append((tmp_path / name / "predictions.jsonl").read_text(encoding="utf-8"))
    assert lines[0] == lines[1]


def test_an_export_needs_neither_torch_nor_transformers(reader_of: Made) -> None:
    done = without_torch(reader_of("bert", "int8"), "ctranslate2", "onnx")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0


def test_an_export_says_its_name_version_and_language(tagger_of: Folder, data: Path, tmp_path: Path) -> None:
    says = {"name": "inn-reader", "version": "3", "language": "en"}
    out = tmp_path / "out"
    manifest = export(str(tagger_of("bert")), out, data=str(data), threads=1, compute="float32", says=says)
    assert manifest["config"].items() >= says.items()
    source = student(out)
    assert source.about == aspectra.load(out, threads=1).about
    assert source.about == {"name": "inn-reader", "version": "3", "digest": digest(out)} and source.language == "en"
    bare = student(tagger_of("bert"))
    assert bare.about == {"name": "bert", "version": None, "digest": digest(tagger_of("bert"))}
    assert bare.language is None


def test_what_an_export_cannot_do_is_said_in_a_line(reader_of: Made, tagger_of: Folder, tmp_path: Path) -> None:
    made = reader_of("bert", "int8")
    with pytest.raises(UserError, match="was exported in int8 and runs only in that type"):
        open_reader(made, compute="float32")
    with pytest.raises(UserError, match="is already an export"):
        export(str(made), tmp_path / "again")
    with pytest.raises(UserError, match="is an export, and cannot be trained"):
        resolve(str(made))
    with pytest.raises(UserError, match="unknown compute type 'bfloat16'"):
        export(str(tagger_of("bert")), tmp_path / "out", compute="bfloat16")
    with pytest.raises(UserError, match="is the export of a tagger, and runs with onnxruntime"):
        evaluate(made, None, "hotels", engine="ct2")
    about = '{"task": "atsa", "export": {"engine": "onnxruntime", "format": %d}}'
    damages = (
        ("model.onnx", b"torn", "cannot load the export"),
        ("tokenizer.json", b"{", "cannot load the export"),
        ("aspectra.json", (about % 9).encode(), "another version"),
        ("aspectra.json", (about % 1).encode(), r"cannot load the export .*\('room'\)"),
    )
    for number, (name, content, message) in enumerate(damages):
        folder = tmp_path / str(number)
        folder.mkdir()
        for file in made.iterdir():
            (folder / file.name).write_bytes(content if file.name == name else file.read_bytes())
        with pytest.raises(UserError, match=message):
            open_reader(folder)
