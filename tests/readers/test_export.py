"""Exporting: parity is measured and kept, the smallest type that agrees is taken, a wrong conversion refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.readers.families import make

from aspectra.benchmark.evaluate import evaluate
from aspectra.errors import UserError
from aspectra.readers.export import export
from aspectra.readers.writers import convert as conversion
from aspectra.readers.writers.parity import compare

Folder = Callable[[str], Path]
FEW: dict[str, Any] = {"check": 6, "max_new_tokens": 8, "threads": 1}


def test_an_export_holds_what_runs_and_what_was_measured(student_of: Folder, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = export(str(student_of("llama")), out, compute="int8", **FEW)
    files = {file.name for file in out.iterdir()}
    runs = {"model.bin", "config.json", "vocabulary.json", "tokenizer.json"}
    assert files == runs | {"aspectra.json", "README.md", "manifest.json"}
    assert set(manifest["outputs"]) == files - {"manifest.json"}
    info = json.loads((out / "aspectra.json").read_text(encoding="utf-8"))
    assert (info["task"], info["family"], info["marker"], info["input_tokens"]) == ("atsa", "causal", True, 128)
    assert info["export"]["compute"] == "int8"
    figures = manifest["figures"]
    assert [row["compute"] for row in figures["tried"]] == ["float32", "int8"]
    assert figures["tried"][0]["token_probability"] < 1e-3
    assert figures["bytes"]["export"] == (out / "model.bin").stat().st_size < figures["bytes"]["student"]
    assert figures["sentences"] == 6
    assert {"agreement", "f1", "f1_difference", "confidence", "student", "seconds"} <= set(figures)
    assert export(str(student_of("llama")), out, compute="int8", **FEW) == manifest, "done already"
    with pytest.raises(UserError, match="is already an export"):
        export(str(out), tmp_path / "again")


@pytest.mark.parametrize(
    ("family", "pipeline"), [("llama", "pipeline_tag: text-generation"), ("bart", "pipeline_tag: text2text-generation")]
)
def test_a_writers_card_says_what_it_is_and_what_was_measured(
    family: str, pipeline: str, student_of: Folder, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    figures = export(str(student_of(family)), out, compute="float32", **FEW)["figures"]
    card = (out / "README.md").read_text(encoding="utf-8").splitlines()
    assert card[1:3] == ["library_name: ctranslate2", pipeline]
    assert "| task | atsa |" in card and "| numbers | float32 |" in card
    assert f"| parameters | {figures['parameters']:,} |" in card
    assert f"| agrees with the student | in {figures['agreement']:.1%} of 6 sentences |" in card
    told = "\n".join(card)
    assert "writes the target of each opinion, and its polarity" in told
    assert ("It is not calibrated" in told) is (figures["confidences"] is None)


def test_an_export_is_evaluated_as_its_student_is(student_of: Folder, tmp_path: Path) -> None:
    student, out = student_of("bart"), tmp_path / "out"
    export(str(student), out, compute="float32", **FEW)
    lines = {}
    for name, model, engine in (("own", student, None), ("export", out, None), ("passing", student, "ct2")):
        figures = evaluate(
            model, None, "hotels", cap=5, max_new_tokens=8, out=tmp_path / name, engine=engine, device="cpu"
        )["figures"]
        lines[name] = (tmp_path / name / "predictions.jsonl").read_text(encoding="utf-8")
        assert figures["sentences"] == 5
        assert figures["parameters"] > 0
    assert lines["own"] == lines["export"] == lines["passing"]
    with pytest.raises(UserError, match="leave out --engine"):
        evaluate(out, None, "hotels", engine="transformers")
    with pytest.raises(UserError, match="unknown engine 'ct3'"):
        evaluate(out, None, "hotels", engine="ct3")


@pytest.mark.parametrize("agreements", [{"int8": 0.99}, {"int8": 0.97}])
def test_auto_takes_the_smallest_type_that_agrees(
    agreements: dict[str, float],
    student_of: Folder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The figure of int8 is invented: what a tiny student's weights lose in 8 bits is chance."""
    import ctranslate2

    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", lambda _: {"int8", "float32"})
    seen: list[int] = []

    def invented(*answers: Any) -> dict[str, Any]:
        seen.append(0)
        found = compare(*answers)
        return found | ({"agreement": agreements["int8"]} if len(seen) == 2 else {})

    monkeypatch.setattr("aspectra.readers.writers.export.compare", invented)
    figures = export(str(student_of("llama")), tmp_path / "out", **FEW)["figures"]
    agreed = agreements["int8"] >= 0.98
    assert figures["compute"] == ("int8" if agreed else "float32")
    told = capsys.readouterr().err
    assert ("no smaller compute type agrees" in told) is not agreed
    assert ("int8 was chosen by 6 sentences; among others up to 39% could differ" in told) is agreed


@pytest.mark.parametrize("family", ["t5-untied", "gemma"])
def test_a_wrong_conversion_is_refused(
    family: str, student_of: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what `as_expected` puts right; and nothing is left in the folder."""
    monkeypatch.setattr(conversion, "as_expected", lambda config: None)
    with pytest.raises(UserError, match="is wrong: in 32 bits, on 6 sentences"):
        export(str(student_of(family)), tmp_path / "out", **FEW)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_exported_is_said_in_a_line(student_of: Folder, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown compute type 'int4'"):
        export(str(student_of("llama")), tmp_path / "out", compute="int4")
    with pytest.raises(UserError, match="fine-tuned for no task"):
        export(str(make("llama", tmp_path / "plain", task=None)), tmp_path / "out")
    assert not (tmp_path / "out").exists()
