"""A student as a teacher: its answers are what it reads, with places, confidences and the probabilities behind them."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.students.taggers import by_heart
from tests.students.taggers.labels import CATEGORIZED, SENTENCES, taught

import aspectra
from aspectra.cli.main import run
from aspectra.config import CorpusConfig, ElicitConfig
from aspectra.corpus.build import build
from aspectra.corpus.silver import label
from aspectra.corpus.soft import soften
from aspectra.data.examples import load
from aspectra.data.soft import SURE, behind
from aspectra.data.soft import load as load_soft
from aspectra.elicit.engine import elicit
from aspectra.elicit.extraction import extraction
from aspectra.elicit.handoff import responses
from aspectra.elicit.thinking import strip_thinking
from aspectra.errors import UserError
from aspectra.readers.calibration import Calibration
from aspectra.readers.predictor import Predictor
from aspectra.readers.taggers.convert import convert
from aspectra.readers.taggers.reader import TaggingReader
from aspectra.readers.teacher import StudentTeacher, extracted, subject, teaching
from aspectra.schema import POLARITIES, Response
from aspectra.sentences import spans
from aspectra.students.taggers.student import TaggingStudent
from aspectra.students.taggers.tagger import Tagger
from aspectra.tables import write_jsonl
from aspectra.units import UNIT

TEXT = "The soup  was\tcold, the lift was fresh. We came on day 3.\n\nThe bed was warm!"


@pytest.fixture(scope="module")
def folder(encoder_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return taught(encoder_of("bert"), tmp_path_factory.mktemp("tagger") / "teaches")


@pytest.fixture(scope="module")
def predictor(folder: Path) -> Predictor:
    from aspectra.readers.opening import open_reader

    return Predictor(open_reader(folder, device="cpu", threads=1, bf16=True))


def config_of(folder: Path, *kinds: Any) -> ElicitConfig:
    return ElicitConfig(teacher="student", model=str(folder), kinds=kinds or ("extraction",))


def reviews_of(folder: Path, texts: list[str]) -> Path:
    write_jsonl(folder / "reviews.jsonl", ({"id": f"r{n}", "text": text} for n, text in enumerate(texts)))
    return folder / "reviews.jsonl"


def asked(folder: Path, texts: list[str], out: Path, *kinds: Any) -> list[Response]:
    config = config_of(folder, *kinds)
    elicit(reviews_of(out.parent, texts), config, out, teacher=teaching(config))
    return list(responses(out, last=True))


def test_answers_are_what_the_student_reads_with_the_probabilities_behind_them(
    folder: Path, predictor: Predictor, tmp_path: Path
) -> None:
    (answer,) = asked(folder, [TEXT], tmp_path / "out")
    (read,) = predictor.extract([TEXT])
    opinions = json.loads(answer.text or "")["opinions"]
    told = [(o["target"], o["polarity"], o["from"], o["to"]) for o in opinions]
    assert told == [(o.target, o.polarity, o.start, o.end) for o in read.opinions]
    assert [o["confidence"] for o in opinions] == pytest.approx([o.confidence for o in read.opinions], abs=1e-3)
    assert {"soup", "lift", "bed"} == {o["target"] for o in opinions}
    sentences = behind(answer.distribution or "", "here")
    assert [TEXT[slice(*each.read)] for each in sentences] == [TEXT[a:b] for a, b in spans(TEXT)]
    assert {TEXT[a:b] for each in sentences for a, b in each.spans} == {"soup", "lift", "bed"}
    for each in sentences:
        for place, shares in each.spans.items():
            assert sum(shares) == pytest.approx(1, abs=1e-3)
            here = [o for o in opinions if (o["from"], o["to"]) == place]
            assert len(here) == 1, f"one opinion of {place}: {opinions}, {each}"
            said = here[0]
            assert POLARITIES[shares.index(max(shares))] == said["polarity"]
            begin, inside = each.words[place]
            assert begin > 0.5 > inside and said["confidence"] <= begin + 1e-3
        assert all(1 - begin - inside <= SURE + 1e-6 for begin, inside in each.words.values())


def test_a_polarity_is_asked_of_a_target_of_the_text_or_of_all_of_it(folder: Path, tmp_path: Path) -> None:
    known = SENTENCES[1].text
    assert known == "The bed was cold, the waiter was warm."
    texts = [f"{known}\nTarget: waiter", known, f"{known}\nTarget: soup"]
    config = config_of(folder, "polarity")
    counts = elicit(reviews_of(tmp_path, texts), config, tmp_path / "out", allow_failed=True, teacher=teaching(config))
    assert (counts["done"], counts["failed"], counts["cost_usd"]) == (2, 1, 0.0)
    waiter, whole, absent = responses(tmp_path / "out")
    assert json.loads(waiter.text or "")["polarity"] == "neutral"
    chances = json.loads(waiter.distribution or "")["polarity"]
    assert set(chances) == set(POLARITIES) and sum(chances.values()) == pytest.approx(1, abs=1e-3)
    assert chances["neutral"] == max(chances.values()) == json.loads(waiter.text or "")["confidence"]
    assert set(json.loads(whole.distribution or "")["polarity"]) == {"positive", "negative", "neutral"}
    assert absent.reason == "the target 'soup' is not in the text; a tagger judges only targets in the text"


def test_the_last_line_names_what_a_polarity_is_asked_of() -> None:
    assert subject("Good soup.\nTarget: soup")[:2] == ("Good soup.", "soup")
    assert subject("Good soup.\nCategory: food quality") == ("Good soup.", None, "food quality")
    assert subject("Target: soup\nGood.")[1:] == (None, None)


def test_a_retrained_folder_gives_new_answers_and_the_same_folder_elsewhere_none(
    folder: Path, encoder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    teacher = tmp_path / "teacher"
    shutil.copytree(folder, teacher)
    (first,) = asked(teacher, [TEXT], tmp_path / "out")
    moved = shutil.copytree(folder, tmp_path / "elsewhere")
    (again,) = asked(moved, [TEXT], tmp_path / "out")
    assert again == first, "neither asked again nor stored twice"
    shutil.rmtree(teacher)
    taught(encoder_of("bert"), teacher, steps=5)
    (other,) = asked(teacher, [TEXT], tmp_path / "out")
    assert other.model != first.model and other.distribution != first.distribution
    assert len(list(responses(tmp_path / "out"))) == 2, "the answers of both are kept"


def test_probabilities_outlive_the_hand_off_and_a_replay_of_it(folder: Path, tmp_path: Path) -> None:
    texts = [example.text for example in SENTENCES]
    given = {r.review: (r.text, r.distribution) for r in asked(folder, texts, tmp_path / "out")}
    assert all(distribution for _, distribution in given.values())
    table = pq.read_table(tmp_path / "out" / "responses.parquet").to_pylist()
    assert {row["review"]: (row["text"], row["distribution"]) for row in table} == given
    replay = ElicitConfig(teacher="recorded", model=str(tmp_path / "out" / "responses.parquet"), kinds=("extraction",))
    elicit(reviews_of(tmp_path, texts), replay, tmp_path / "again")
    assert {r.review: (r.text, r.distribution) for r in responses(tmp_path / "again")} == given


FULL = "The soup was fresh." * 5 + "The bed was cold, the waiter was warm." * 3 + "0\f0"  # a token more once it is read


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(text=FULL)
@example(text="\ue000")  # of no letter, and of no token
@given(
    text=st.lists(
        st.sampled_from([*(e.text for e in SENTENCES), " ", "\n", "\t ", "<think>", "🍝 soup", "Mr. bed "])
        | st.text(max_size=20)
    ).map("".join)
)
def test_places_survive_from_the_reading_to_the_silver_sentence(predictor: Predictor, text: str) -> None:
    encoder = cast(TaggingReader, predictor.reader).encoder
    (found,) = predictor.extract([text])
    reply = extracted(found)
    assert strip_thinking(reply.text) == (reply.text, 0)
    opinions = extraction(reply.text, text, "atsa")
    assert [(o.target, o.polarity, o.start, o.end) for o in opinions] == [
        (o.target, o.polarity, o.start, o.end) for o in found.opinions
    ]
    answer = Response("r", text, "extraction", "v1", "m", "{}", reply.text, "stop", None, None, "done", None, 1, "")
    examples = label("r", text, [answer], Counter())
    softs = soften(text, examples, replace(answer, distribution=reply.distribution))
    for sentence in examples:
        units = {match.start() for match in UNIT.finditer(sentence.text)}
        if not encoder.pieces([sentence.text])[0].words:
            continue  # a control character is a sentence to some, and to the tokenizer nothing
        soft = softs[sentence.id]
        assert soft.read == (0, len(sentence.text))
        assert all(start in units for start, _ in soft.words), "a word stands where the sentence has one"
        assert {(o.start, o.end) for o in sentence.opinions} >= set(soft.spans)


def test_a_corpus_keeps_one_teachers_labels_and_the_others_probabilities(folder: Path, tmp_path: Path) -> None:
    texts = [f"On day {n} we saw: {example.text}" for n, example in enumerate(SENTENCES)]
    lines = [
        {"review": text, "kind": "extraction", "status": "done", "text": json.dumps({"opinions": [
            {"target": "day", "polarity": "neutral", "from": 3, "to": 6}]})}
        for text in texts
    ]  # fmt: skip
    write_jsonl(tmp_path / "llm.jsonl", lines)
    config = ElicitConfig(teacher="recorded", model=str(tmp_path / "llm.jsonl"), kinds=("extraction",))
    elicit(reviews_of(tmp_path, texts), config, tmp_path / "llm")
    asked(folder, texts, tmp_path / "student")
    figures = build([tmp_path / "llm", tmp_path / "student"], CorpusConfig(), tmp_path / "corpus")["figures"]
    assert figures["counts"]["silver sentences with a teacher's probabilities"] == len(texts)
    targets = set()
    for side in ("train", "dev"):
        examples = load(tmp_path / "corpus" / "silver" / f"{side}.json")
        assert {o.target for e in examples for o in e.opinions} == {"day"}, "the first folder's labels"
        softs = load_soft(tmp_path / "corpus" / "silver" / f"{side}.soft.jsonl")
        assert softs.keys() == {e.id for e in examples}
        targets |= {e.text[a:b] for e in examples for a, b in softs[e.id].spans}
    assert {"soup", "bed", "lift"} <= targets, "the second folder's probabilities"
    alone = build([tmp_path / "llm"], CorpusConfig(), tmp_path / "alone")
    assert not [name for name in alone["outputs"] if "soft" in name]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "a student as teacher does not answer analysis: use --kinds extraction, or polarity"),
        (["--kinds", "extraction", "--task", "acsa"], "fine-tuned for atsa, not for acsa"),
        (["--kinds", "extraction", "--plan"], "a student needs no tokens and no money"),
        (["--kinds", "extraction", "--engine", "ray"], "leave out --engine ray"),
        (["--kinds", "extraction", "--batch-out", "b.jsonl"], "a student teacher has no batch files"),
    ],
)
def test_what_a_student_cannot_be_asked_is_told_in_a_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    reviews = reviews_of(tmp_path, [TEXT])
    command = ["elicit", str(reviews), "--teacher", "student", "--model", str(folder), "--out", str(tmp_path / "out")]
    assert run([*command, *options]) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_student_is_refused(encoder_of: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--model is missing: name the folder of the student that teaches"):
        StudentTeacher(ElicitConfig(teacher="student", kinds=("extraction",)))
    with pytest.raises(UserError, match="no model in"):
        StudentTeacher(config_of(tmp_path / "nowhere"))
    for kind in ("extraction", "polarity"):  # its heads would be drawn anew, and its answers mean nothing
        with pytest.raises(UserError, match="fine-tuned for no task"):
            StudentTeacher(config_of(encoder_of("electra"), kind))


@pytest.mark.parametrize("task", ["acsa", "tasd"])
def test_a_student_of_categories_judges_the_category_that_is_named(
    task: str, encoder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    student = TaggingStudent.load(encoder_of("bert"))
    by_heart.learn(student, task)
    labels = {"categories": [*{str(o.category) for e in CATEGORIZED for o in e.opinions}]}
    (tmp_path / "teaches").mkdir()
    student.save(tmp_path / "teaches", {"task": task, "input_tokens": 64, "labels": labels}, "a card")
    config = config_of(tmp_path / "teaches", "polarity")
    known = "We would come no more."
    reviews = reviews_of(tmp_path, [f"{known}\nCategory: hotel general", known])
    elicit(reviews, config, tmp_path / "out", allow_failed=True, teacher=teaching(config))
    named, whole = responses(tmp_path / "out")
    assert json.loads(named.text or "")["polarity"] == "negative"
    assert whole.reason == "name the category to judge"


def test_a_calibrated_export_teaches_with_the_confidences_that_analyze_gives(folder: Path, tmp_path: Path) -> None:
    made = tmp_path / "export"
    made.mkdir()
    convert(Tagger.load(folder), made)
    info = json.loads((made / "aspectra.json").read_text(encoding="utf-8"))
    info["export"]["calibration"] = Calibration(0.5, 0.5, -1.0, 100).written()
    (made / "aspectra.json").write_text(json.dumps(info), encoding="utf-8")
    answer, wordless = asked(made, [TEXT, "The soup was cold. \u200b"], tmp_path / "out")
    said = [o["confidence"] for o in json.loads(answer.text or "")["opinions"]]
    (found,) = aspectra.load(made, threads=1).extract([TEXT])
    assert said == [pytest.approx(o.confidence, abs=1e-3) for o in found.opinions] and said
    assert answer.distribution is wordless.distribution is None, "an export tells of its spans alone"


@pytest.mark.slow
def test_killed_it_goes_on_and_asks_nothing_twice(folder: Path, tmp_path: Path) -> None:
    reviews = reviews_of(tmp_path, [f"{example.text} Day {n}." for n in range(150) for example in SENTENCES])
    command = [
        sys.executable, "-m", "aspectra", "elicit", str(reviews), "--teacher", "student", "--model", str(folder),
        "--kinds", "extraction", "--out", str(tmp_path / "out"),
    ]  # fmt: skip

    def stored() -> dict[str, str]:
        if not (tmp_path / "out" / "responses.sqlite").exists():
            return {}
        with sqlite3.connect(f"file:{tmp_path / 'out' / 'responses.sqlite'}?mode=ro", uri=True) as db:
            if not any(column[1] == "distribution" for column in db.execute("PRAGMA table_info(responses)")):
                return {}
            return dict(db.execute("SELECT request, created || coalesce(distribution, '') FROM responses").fetchall())

    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not stored() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = stored()
    assert 0 < len(before) < 3600, "killed in the middle"
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    counts = json.loads(done.stdout)
    assert (counts["done"], counts["pending"], counts["cost_usd"]) == (3600, 0, 0.0)
    after = stored()
    assert {request: after[request] for request in before} == before
