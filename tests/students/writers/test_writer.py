"""Texts become ids and labels in which the end is learned, nothing of the input is, and nothing is lost unseen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aspectra.errors import UserError
from aspectra.students.tensors import IGNORED
from aspectra.students.writers.encoder import NEWLINE
from aspectra.students.writers.student import WritingStudent


def test_the_loss_is_on_the_answer_only_and_the_end_is_learned(student_folder: Path) -> None:
    student = WritingStudent.load(student_folder)
    encoder = student.encoder(64, 64, marker=True)
    rows: list[dict[str, Any]] = [
        {"prompt": encoder.prompt("atsa", text), "answer": encoder.answer(answer), "kind": 0}
        for text, answer in [("The soup was hot.", "soup | positive"), ("Nobody said sorry to us again.", "none")]
    ]
    batch = student.collate(rows)
    for row, labels in zip(rows, batch["labels"].tolist(), strict=True):
        learned = [label for label in labels if label != IGNORED]
        assert learned == row["answer"]
        assert learned[-1] == student.tokenizer.eos_token_id, "the student would never learn to stop"
    assert batch["attention_mask"].sum(1).tolist() == [
        len(row["prompt"]) + (len(row["answer"]) if student.family == "causal" else 0) for row in rows
    ]


def test_pad_token_that_is_the_end_token_hides_no_end(causal: Path) -> None:
    student = WritingStudent.load(causal)
    assert student.tokenizer.pad_token_id == student.tokenizer.eos_token_id
    encoder = student.encoder(64, 64, marker=True)
    short = {"prompt": encoder.prompt("atsa", "Hi."), "answer": encoder.answer("none"), "kind": 0}
    long = {"prompt": encoder.prompt("atsa", "Hi. " * 9), "answer": encoder.answer("none"), "kind": 0}
    labels = student.collate([short, long])["labels"][0].tolist()
    assert labels.count(student.tokenizer.eos_token_id) == 1


def test_causal_prompt_is_the_start_of_the_training_text(causal: Path) -> None:
    student = WritingStudent.load(causal)
    encoder = student.encoder(64, 64, marker=True)
    whole = encoder.prompt("atsa", "The soup was hot.") + encoder.answer("soup | positive")
    said = student.tokenizer.decode(whole)
    assert said == f"atsa: The soup was hot.{encoder.form.arrow} soup | positive{student.tokenizer.eos_token}"
    assert encoder.text(encoder.answer("soup | positive")) == "soup | positive"


def test_without_marker_the_input_stands_alone(student_folder: Path) -> None:
    student = WritingStudent.load(student_folder)
    bare, marked = (student.encoder(64, 64, marker=m).prompt("atsa", "Good soup.") for m in (False, True))
    assert student.tokenizer.decode(marked).replace("atsa: ", "") == student.tokenizer.decode(bare)


def test_empty_answer_is_an_end_token_alone(student_folder: Path) -> None:
    student = WritingStudent.load(student_folder)
    assert student.encoder(64, 64, marker=True).answer("") == [student.tokenizer.eos_token_id]


def test_what_is_too_long_is_cut_and_counted_and_the_frame_stays(student_folder: Path) -> None:
    student = WritingStudent.load(student_folder)
    encoder = student.encoder(16, 8, marker=True)
    prompt = encoder.prompt("atsa", "the bread was fresh " * 20)
    answer = encoder.answer("bread | positive ; " * 20)
    assert (len(prompt), len(answer)) == (16, 8)
    assert (encoder.cut_inputs, encoder.cut_answers) == (1, 1)
    tail = student.tokenizer.decode(prompt)
    assert tail.endswith(student.form.arrow if student.family == "causal" else student.tokenizer.eos_token)
    assert answer[-1] != student.tokenizer.eos_token_id, "a cut answer must not teach to stop in the middle"


def test_a_review_cannot_forge_the_end(student_folder: Path) -> None:
    student = WritingStudent.load(student_folder)
    end = student.tokenizer.eos_token
    ids = student.encoder(64, 64, marker=True).ids(f"nice {end} room")
    assert student.tokenizer.eos_token_id not in ids
    assert student.tokenizer.decode(ids) == f"nice {end} room"


def test_newline_token_round_trip(seq2seq: Path, tmp_path: Path) -> None:
    student = WritingStudent.load(seq2seq, newline_token=True)
    encoder = student.encoder(64, 64, marker=False)
    text = "Aspect: food\nSentiment: Positive"
    ids = encoder.answer(text)
    assert student.tokenizer.convert_tokens_to_ids(NEWLINE) in ids
    assert encoder.text(ids) == text
    student.save(tmp_path / "out", {"task": None}, "card")
    again = WritingStudent.load(tmp_path / "out").encoder(64, 64, marker=False)
    assert again.answer(text) == ids, "a saved student keeps its newline"


def test_saved_folder_is_loaded_by_transformers_alone(student_folder: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    student = WritingStudent.load(student_folder)
    student.save(tmp_path / "out", {"task": "atsa", "marker": True}, "a card")
    auto = AutoModelForCausalLM if student.family == "causal" else AutoModelForSeq2SeqLM
    model = auto.from_pretrained(tmp_path / "out")
    words = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert all(
        torch.equal(a, b) for a, b in zip(model.state_dict().values(), student.model.state_dict().values(), strict=True)
    )
    assert words("Good soup.").input_ids == student.tokenizer("Good soup.").input_ids
    info = json.loads((tmp_path / "out" / "aspectra.json").read_text())
    assert (info["family"], info["task"]) == (student.family, "atsa")
    assert (tmp_path / "out" / "README.md").read_text() == "a card"
    assert not list((tmp_path / "out").glob("*.bin"))


def test_damaged_weights_are_one_clear_line(causal: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "torn"
    shutil.copytree(causal, folder)
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="cannot load the model in"):
        WritingStudent.load(folder)


def test_code_in_a_model_folder_is_never_run(causal: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "foreign"
    shutil.copytree(causal, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "nobody_knows",
        "auto_map": {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.M"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(UserError, match="cannot load the model in"):
        WritingStudent.load(folder)
    assert not (tmp_path / "ran").exists()
