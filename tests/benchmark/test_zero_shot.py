"""Zero-shot from end to end: a tiny student that learned to analyze, its floors, whole texts, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from tests.tiny import make_causal, make_seq2seq

from aspectra.benchmark.zero_shot import Texts, zero_shot
from aspectra.errors import UserError
from aspectra.readers.reader import LABELS
from aspectra.readers.writers import untaught, verbalizers
from aspectra.students.families import load
from aspectra.students.student import Student
from aspectra.students.writers.student import WritingStudent
from aspectra.students.writers.writer import Writer

FINE = {"positive": "fresh", "negative": "poor", "neutral": "paint"}  # a token each in the tests' vocabulary
THINGS = ("soup", "bed", "staff", "lift")


def sentence(number: int, *opinions: tuple[str, str]) -> dict[str, Any]:
    text, aspects = "", []
    for thing, polarity in opinions:
        start = len(text) + 4
        aspects.append(
            {"from": start, "to": start + len(thing), "target": thing, "category": f"{thing.upper()}#QUALITY"}
            | {"polarity": polarity, "opinion_words": [{"opinion": "x"}] if number % 2 else None}
        )
        text += f"The {thing} was {FINE.get(polarity, 'warm')}. "
    return {"ID": str(number), "sentence": text.strip(), "aspects": aspects}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """32 items, 13 positive, 13 negative, 6 neutral; a conflict; and a training side that is mostly negative."""
    folder = tmp_path_factory.mktemp("data") / "atsa" / "inn"
    folder.mkdir(parents=True)
    kinds = ("positive", "positive", "negative", "negative", "neutral")
    test = [sentence(i, (THINGS[i % 4], kinds[i % 5])) for i in range(30)]
    test += [sentence(30, ("soup", "conflict")), sentence(31, ("bed", "positive"), ("lift", "negative"))]
    train = [sentence(i, ("soup", "negative" if i else "positive")) for i in range(3)]
    (folder / "test.json").write_text(json.dumps(test), encoding="utf-8")
    (folder / "train.json").write_text(json.dumps(train), encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=["causal", "seq2seq"])
def taught(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student that has seen analyses of sentences in the form of pretraining, and no labeled sentence."""
    import torch

    folder = tmp_path_factory.mktemp("taught")
    student = WritingStudent.load((make_causal if request.param == "causal" else make_seq2seq)(folder))
    encoder = student.encoder(64, 96, True)
    rows = []
    for thing in THINGS:
        for polarity, word in FINE.items():
            review = f"The {thing} was {word}."
            said = f'{verbalizers.begun(thing, thing)} {polarity.title()}\nReasoning: "{word}".'
            rows.append({"prompt": encoder.prompt("analysis", review), "answer": encoder.answer(said), "kind": 0})
    learn(student, rows, torch.Generator().manual_seed(0))
    student.save(folder, {"task": None, "kinds": ["analysis"], "marker": True, "input_tokens": 64}, "card")
    return folder


def learn(student: Student, rows: list[dict[str, Any]], random: Any) -> None:
    import torch

    torch.manual_seed(0)
    batch = student.collate(rows)
    optimizer = torch.optim.AdamW(student.model.parameters(), lr=0.02)
    for _ in range(80):
        losses, _ = student.losses(student.model, batch)
        optimizer.zero_grad()
        losses.mean().backward()
        optimizer.step()


def rows_of(found: dict[str, Any], system: str) -> dict[str, Any]:
    return {row["subset"]: row for row in found["rows"] if row["system"] == system}


def test_a_student_that_learned_to_analyze_is_above_both_floors(taught: Path, causal: Path, data: Path) -> None:
    found = zero_shot(str(taught), [str(data)], floor=str(causal), device="cpu")
    mine, untaught, majority = (rows_of(found, name) for name in (str(taught), str(causal), "majority"))
    assert mine["all"]["accuracy"] > 0.9 > 0.5 > untaught["all"]["accuracy"]
    assert mine["all"]["uncalibrated"]["accuracy"] > 0.9
    assert majority["all"]["accuracy"] == 13 / 32
    assert majority["all"]["macro_f1"] == pytest.approx(2 * 13 / (13 + 32) / 3), (
        "negative is found, two classes are not"
    )
    assert [(name, row["items"]) for name, row in mine.items()] == [("all", 32), ("implicit", 15), ("multi", 2)]
    assert found["sets"][0]["majority_of"] == "train"
    assert "1 opinions with the label conflict are left out" in found["notes"][0]
    (own, floor) = found["systems"]
    assert own["words_probability"] > floor["words_probability"], "the form is not strange to it"


def test_each_probability_is_what_the_formula_says_of_the_students_own_likelihoods(
    taught: Path, data: Path, tmp_path: Path
) -> None:
    """Every word by itself, token by token, without batches or padding; then the formula in plain probabilities."""
    import torch

    zero_shot(str(taught), [str(data)], out=tmp_path / "out", device="cpu", cap=6, batch_size=4)
    lines = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()]
    student = Writer.load(taught)
    encoder = student.encoder(64, 500, True)

    def likely(review: str, begun: str, way: str) -> float:
        prompt, ids = encoder.prompt("analysis", review), encoder.answer(begun + way)[:-1]
        first = len(encoder.answer(begun)) - 1
        if student.family == "causal":
            logits = student.model(input_ids=torch.tensor([prompt + ids])).logits[0, len(prompt) - 1 :]
        else:
            logits = student.model(
                input_ids=torch.tensor([prompt]),
                decoder_input_ids=torch.tensor([[student.model.config.decoder_start_token_id, *ids]]),
            ).logits[0]
        logs = logits.log_softmax(-1)
        return math.exp(sum(float(logs[i, token].detach()) for i, token in enumerate(ids) if i >= first))

    def shares(review: str, begun: str) -> dict[str, float]:
        sums = dict.fromkeys(LABELS, 0.0)
        for label, way in verbalizers.ways(newline=True):
            sums[label] += likely(review, begun, way)
        return {label: each / sum(sums.values()) for label, each in sums.items()}

    for line in lines[:2]:
        begun = f'Opinion Target 1: "{line["target"]}"\nAspect: {line["target"]}\nSentiment:'
        said = shares(line["text"], begun)
        free = [shares(text, begun) for text in ("N/A", "[MASK]", "")]
        ratios = {label: said[label] / ((1 / 3 + sum(each[label] for each in free)) / 4) for label in said}
        assert line["uncalibrated"] == pytest.approx(said, abs=1e-5)
        assert line["probabilities"] == pytest.approx(
            {label: each / sum(ratios.values()) for label, each in ratios.items()}, abs=1e-5
        )
        assert line["predicted"] == max(ratios, key=lambda label: ratios[label])


def test_a_target_with_its_category_is_judged_too(causal: Path, data: Path, tmp_path: Path) -> None:
    found = zero_shot(str(causal), [str(data)], task="tasd", device="cpu", out=tmp_path / "out", cap=8)
    assert {row["task"] for row in found["rows"]} == {"tasd"}
    assert {row["system"] for row in found["rows"]} == {str(causal), "majority"}
    for row in found["rows"]:
        ends = row["intervals"]["accuracy"]
        assert ends is None if not row["items"] else ends["low"] <= row["accuracy"] <= ends["high"]
    line = json.loads((tmp_path / "out" / "predictions.jsonl").read_text().splitlines()[0])
    assert line["category"] == f"{line['target'].upper()}#QUALITY"
    settings = json.loads((tmp_path / "out" / "manifest.json").read_text())["config"]
    assert (settings["seed"], settings["draws"]) == (42, 2000)


def test_the_seed_of_the_intervals_is_a_setting(causal: Path, data: Path, tmp_path: Path) -> None:
    found = [zero_shot(str(causal), [str(data)], device="cpu", seed=seed)["rows"] for seed in (1, 1, 2)]
    assert found[0] == found[1]
    one, other = (
        {key: value for key, value in rows[-3].items() if key != "intervals"} for rows in (found[0], found[2])
    )
    assert one == other and found[0][-3]["intervals"] != found[2][-3]["intervals"]


def test_done_already_nothing_is_run_again_and_other_work_is_refused(
    causal: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    found = zero_shot(str(causal), [str(data)], out=out, cap=3, device="cpu")
    written = (out / "predictions.jsonl").stat().st_mtime_ns
    assert zero_shot(str(causal), [str(data)], out=out, cap=3, device="cpu") == found
    assert "is done already" in capsys.readouterr().err
    assert (out / "predictions.jsonl").stat().st_mtime_ns == written
    with pytest.raises(UserError, match="other input or settings"):
        zero_shot(str(causal), [str(data)], out=out, cap=4, device="cpu")


def test_a_question_that_stands_in_two_sets_is_asked_once(causal: Path, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "atsa" / "other"
    other.mkdir(parents=True)
    (other / "test.json").write_bytes((data / "test.json").read_bytes())
    one = zero_shot(str(causal), [str(data)], device="cpu")
    two = zero_shot(str(causal), [str(data), str(other), str(data)], device="cpu")
    assert one["systems"][0]["questions"] == two["systems"][0]["questions"] == 14
    assert [row["accuracy"] for row in two["rows"] if row["system"] == str(causal)][:3] == [
        row["accuracy"] for row in two["rows"] if row["system"] == str(causal)
    ][3:]
    assert "that of the test sentences" in two["notes"][-1]


def test_whole_texts_are_judged_too(causal: Path, tmp_path: Path) -> None:
    file = tmp_path / "texts.jsonl"
    rows = [{"text": "Good soup.", "label": "positive"}, {"text": "Bad bed.", "label": "negative"}] * 2
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = zero_shot(str(causal), texts=Texts(file), device="cpu")
    assert [(row["system"], row["task"], row["subset"], row["items"]) for row in found["rows"]] == [
        (str(causal), "sentence", "all", 4),
        ("majority", "sentence", "all", 4),
    ]
    assert found["systems"][0]["questions"] == 2


def test_a_student_that_saw_labels_is_refused_before_anything_is_written(
    causal: Path, data: Path, tmp_path: Path
) -> None:
    tuned = tmp_path / "tuned"
    load(causal).save(tuned, {"task": "atsa"}, "card")
    for model, floor in ((tuned, None), (causal, str(tuned))):
        with pytest.raises(UserError, match="was fine-tuned on labeled sentences"):
            zero_shot(str(model), [str(data)], floor=floor, out=tmp_path / "out", device="cpu")
    assert not (tmp_path / "out").exists()


def test_a_model_that_cannot_be_asked_leaves_no_folder(causal: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'cpu'"):
        zero_shot(str(causal), [str(data)], out=tmp_path / "out", device="cpuu")
    assert not (tmp_path / "out").exists()


def test_where_a_tokenizer_knows_no_newline_the_next_label_ends_the_word(seq2seq: Path, tmp_path: Path) -> None:
    """As T5's does, to which all white space is one."""
    student = Writer.load(seq2seq)
    student.tokenizer.save_pretrained(tmp_path)
    file = tmp_path / "tokenizer.json"
    rules = json.loads(file.read_text(encoding="utf-8"))
    rules["normalizer"] = {"type": "Replace", "pattern": {"String": "\n"}, "content": " "}
    file.write_text(json.dumps(rules), encoding="utf-8")
    from transformers import AutoTokenizer

    blind = Writer(student.model, AutoTokenizer.from_pretrained(tmp_path), student.form).encoder(64, 64, True)
    assert all(way.endswith("\nReasoning:") for _, way in untaught.ways(blind))
    assert all(way.endswith("\n") for _, way in untaught.ways(student.encoder(64, 64, True)))
