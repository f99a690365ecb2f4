"""A tagger behind the Reader: opinions with places, the polarity of a given target, texts of any length."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.students.taggers.labels import corpus

import aspectra
from aspectra.benchmark.evaluate import evaluate
from aspectra.benchmark.zero_shot import zero_shot
from aspectra.config import PretrainConfig
from aspectra.data.examples import save
from aspectra.errors import UserError
from aspectra.readers.opening import open_reader, untaught_folder
from aspectra.readers.predictor import Predictor
from aspectra.readers.reader import Judged, Question, Reader
from aspectra.readers.taggers.convert import convert
from aspectra.students.pretrain import pretrain
from aspectra.students.taggers.tagger import Tagger

ODD = [
    "",
    "x",
    "soup",
    "🍝👩‍🍳",
    "الحساء لذيذ",
    "half \ud83d a soup",
    "soup " * 2500,
    "a\x00b\u2028",
    "The  \t soup\nwas cold",
]


@pytest.fixture(scope="module")
def folder(encoder_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tagger that a teacher's labels taught, and nobody else's."""
    home = tmp_path_factory.mktemp("tagger")
    fast: dict[str, Any] = {"learning_rate": 3e-3, "batch_size": 8, "bf16": False, "device": "cpu", "threads": 1}
    pretrain(corpus(home / "corpus"), str(encoder_of("bert")), PretrainConfig(epochs=30, **fast), home / "out")
    return home / "out"


@pytest.fixture(scope="module")
def reader(folder: Path) -> Reader:
    return open_reader(folder, device="cpu", threads=1)


def test_opinions_have_places_confidences_and_no_raw_answer(reader: Reader) -> None:
    text = "The soup was warm, the lift was fresh."
    (answer,) = reader.read([text])
    assert [(o.target, o.polarity) for o in answer.found] == [("soup", "neutral"), ("lift", "positive")]
    assert all(o.start is not None and text[o.start : o.end] == o.target for o in answer.found)
    assert all(0 < o.confidence <= 1 for o in answer.found)
    assert answer.raw is None


def test_a_text_of_any_length_is_read_sentence_by_sentence(folder: Path) -> None:
    text = "The soup  was\tcold. We came on day 3.\n\nThe bed was fresh, the soup was warm!"
    (found,) = aspectra.load(folder, device="cpu").extract([text])
    assert (found.opinions[0].target, found.opinions[0].polarity) == ("soup", "negative")
    assert len({o.start for o in found.opinions if o.target == "soup"}) == 2, "said twice, it has two places"
    assert all(text[o.start : o.end] == o.target for o in found.opinions)
    assert found.raw == () and not found.cut


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_read(reader: Reader, text: str) -> None:
    (found,) = Predictor(reader).extract([text])
    assert all(text[o.start : o.end] == o.target for o in found.opinions)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(alphabet=st.characters(exclude_categories=()), max_size=40), max_size=5))
def test_neighbors_change_no_answer(reader: Reader, texts: list[str]) -> None:
    def places(answers: Any) -> list[Any]:
        return [[(o.start, o.end, o.polarity) for o in answer.found] for answer in answers]

    assert places(reader.read(texts)) == places(one for text in texts for one in reader.read([text]))


def test_a_given_target_is_judged_as_it_is_extracted(reader: Reader) -> None:
    """`classify` does not contradict `extract`."""
    text = "The soup was cold, the bed was fresh."
    (answer,) = reader.read([text])
    found = {o.target: {other.polarity for other in answer.found if other.target == o.target} for o in answer.found}
    for polarities, said in zip(found.values(), reader.judge([Question(text, o) for o in found]), strict=True):
        assert isinstance(said, Judged)
        assert sum(said.probabilities.values()) == pytest.approx(1)
        assert max(said.probabilities, key=said.probabilities.__getitem__) in polarities
    absent, none, other = reader.judge([Question(text, "waiter"), Question(text, " "), Question(text, "SOUP")])
    assert str(absent) == "the target 'waiter' is not in the text; a tagger judges only targets in the text"
    assert str(none) == "name the target to judge"
    assert str(other) == "the target 'SOUP' is in the text as 'soup'; write it like that"


def test_a_pretrained_tagger_is_evaluated_and_asked_without_labels(folder: Path, tmp_path: Path) -> None:
    from tests.students.taggers.labels import sentence

    data = tmp_path / "atsa" / "inn"
    save(data / "test.json", [sentence(number) for number in range(100, 124)])
    assert untaught_folder(str(folder)) == folder
    row = zero_shot(str(folder), [str(data)], device="cpu")["rows"][0]
    assert row["accuracy"] > 0.6
    figures = evaluate(folder, None, str(data), device="cpu", out=tmp_path / "out")["figures"]
    assert figures["rows"][0]["f1"] > 0.6
    lines = (tmp_path / "out" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert '"raw": null' in lines[0] or '"raw":null' in lines[0]


ASKED = """
import sys

sys.modules["torch"] = sys.modules["transformers"] = None
from aspectra.benchmark.zero_shot import zero_shot

print(zero_shot(sys.argv[1], [sys.argv[2]])["rows"][0]["accuracy"])
"""


def test_its_export_is_asked_without_labels_and_without_torch(folder: Path, tmp_path: Path) -> None:
    """As its student is. What has seen labels is refused, as its student is."""
    from tests.students.taggers.labels import sentence

    data, made = tmp_path / "atsa" / "inn", tmp_path / "made"
    save(data / "test.json", [sentence(number) for number in range(100, 124)])
    made.mkdir()
    convert(Tagger.load(folder), made)
    alone = subprocess.run([sys.executable, "-c", ASKED, str(made), str(data)], capture_output=True, text=True)
    own = zero_shot(str(folder), [str(data)], device="cpu")["rows"][0]["accuracy"]
    assert alone.stdout and float(alone.stdout) == own, alone.stderr
    with pytest.raises(UserError, match="is an export, which runs on the CPU; leave out --device"):
        zero_shot(str(made), [str(data)], device="cuda", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    info = json.loads((made / "aspectra.json").read_text(encoding="utf-8"))
    for more, advice in (({"taught": "atsa"}, "aspectra evaluate"), ({"stage": "finetune"}, "it was fine-tuned from")):
        (made / "aspectra.json").write_text(json.dumps(info | {"provenance": info["provenance"] | more}))
        with pytest.raises(UserError, match=rf"was fine-tuned on labeled sentences \(atsa\).*{advice}"):
            zero_shot(str(made), [str(data)])


def test_what_is_of_exports_is_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="is not an export"):
        open_reader(folder, compute="int8")
    with pytest.raises(UserError, match="is a tagger; leave out --engine"):
        evaluate(folder, None, "hotels", engine="ct2", cap=2)
