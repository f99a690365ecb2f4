"""From which confidence a tagger names a target: found on held-out sentences, kept by whatever it becomes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from tests.students.taggers.labels import corpus, labeled, sentence

from aspectra.config import FinetuneConfig, PretrainConfig
from aspectra.data.examples import save
from aspectra.progress import Bar
from aspectra.readers.extraction import Found
from aspectra.readers.opening import open_reader
from aspectra.readers.reader import Reader
from aspectra.schema import POLARITIES, Example
from aspectra.students.corpus import read
from aspectra.students.families import load
from aspectra.students.finetune import finetune
from aspectra.students.pretrain import pretrain
from aspectra.students.taggers.reading import Read, opinions
from aspectra.students.taggers.threshold import THRESHOLDS, chosen
from aspectra.students.taggers.words import Pieces

TEXT = "soup bed"
PIECES = Pieces([1, 2, 3, 1], [(0, 4), (5, 8)], [1, 2], [-1, 0, 1, -1])
FAST: dict[str, Any] = {"learning_rate": 3e-3, "batch_size": 8, "bf16": False, "device": "cpu", "threads": 1}


def sure(**shares: float) -> list[float]:
    return [shares.get(name, 0.0) for name in POLARITIES]


def found(soup: float, bed: float) -> Read:
    """Both words are named, with these confidences."""
    return Read([(0, 1), (1, 2)], [soup, bed], [sure(positive=1.0), sure(negative=1.0)])


def test_the_highest_threshold_is_taken_that_costs_nothing() -> None:
    soup = [Example(str(n), TEXT, labeled(TEXT, ("soup", "positive"))) for n in range(60)]
    pieces = [PIECES] * len(soup)
    assert chosen(soup, pieces, [found(0.92, 0.31)] * 60) == 0.9, "the bed is wrong, and every soup is right"
    assert chosen(soup, pieces, [found(0.42, 0.31)] * 60) == 0.4
    mixed = [found(0.62, 0.1)] * 30 + [found(0.22, 0.1)] * 30
    assert chosen(soup, pieces, mixed) == 0.2, "half of what is right has little confidence"
    assert chosen(soup, pieces, [found(0.0, 0.99)] * 60) == 0.0


def test_few_labels_or_nothing_right_choose_nothing() -> None:
    soup = [Example(str(n), TEXT, labeled(TEXT, ("soup", "positive"))) for n in range(49)]
    assert chosen(soup, [PIECES] * 49, [found(0.92, 0.31)] * 49) == 0.0
    bed = [Example(str(n), TEXT, labeled(TEXT, ("bed", "positive"))) for n in range(60)]
    assert chosen(bed, [PIECES] * 60, [found(0.92, 0.31)] * 60) == 0.0


def test_a_target_with_two_polarities_is_measured_by_both() -> None:
    both = Read([(0, 1)], [0.9], [sure(positive=0.52, negative=0.45)])
    said = opinions(TEXT, PIECES, both, least=0.8)
    assert [(o.polarity, round(confidence, 3)) for o, confidence in said] == [("positive", 0.468), ("negative", 0.405)]
    assert opinions(TEXT, PIECES, both, least=0.9) == []


@pytest.fixture(scope="module")
def student(encoder_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pretrained a little, with enough held-out sentences to choose by."""
    home = tmp_path_factory.mktemp("threshold")
    folder = corpus(home / "corpus")
    save(folder / "silver" / "dev.json", [sentence(number) for number in range(60, 160)])
    pretrain(folder, str(encoder_of("bert")), PretrainConfig(epochs=12, **FAST), home / "out")
    return home / "out"


def test_a_bar_counts_the_sentences_that_are_read_for_it(student: Path) -> None:
    tagger, held = load(student), read(student.parent / "corpus", "dev")
    bars: list[Bar] = []

    def progress(label: str, total: float | None) -> nullcontext[Bar]:
        bars.append(Bar(label, total))
        return nullcontext(bars[-1])

    tagger.settle(held, PretrainConfig(**FAST, least=0.5), progress)
    assert not bars, "the threshold is given"
    tagger.settle(held, PretrainConfig(**FAST), progress)
    assert [(bar.total, bar.done) for bar in bars] == [(100, 100)]


def least(folder: Path) -> Any:
    return json.loads((folder / "aspectra.json").read_text(encoding="utf-8")).get("least", 0.0)


def reading(student: Path, folder: Path, threshold: float) -> Reader:
    """The student with another threshold."""
    shutil.copytree(student, folder)
    info = json.loads((folder / "aspectra.json").read_text(encoding="utf-8"))
    (folder / "aspectra.json").write_text(json.dumps({**info, "least": threshold}), encoding="utf-8")
    return open_reader(folder, device="cpu", threads=1)


def places(found: Sequence[Found]) -> set[tuple[int | None, int | None]]:
    return {(opinion.start, opinion.end) for opinion in found}


def test_a_pretrained_student_names_nothing_below_its_threshold(student: Path, tmp_path: Path) -> None:
    assert least(student) in THRESHOLDS[1:]
    texts = [sentence(number).text for number in range(300, 340)]
    every = [answer.found for answer in reading(student, tmp_path / "every", 0.0).read(texts)]
    together = [
        {at: sum(o.confidence for o in found if (o.start, o.end) == at) for at in places(found)} for found in every
    ]
    ranked = sorted(confidence for each in together for confidence in each.values())
    third = len(ranked) // 3
    # Two sentences may have one confidence: the threshold lies in the widest gap, not at a rank.
    below = max(range(third, 2 * third), key=lambda at: ranked[at] - ranked[at - 1])
    middle = (ranked[below - 1] + ranked[below]) / 2
    kept = [answer.found for answer in reading(student, tmp_path / "kept", middle).read(texts)]
    assert [places(found) for found in kept] == [{at for at in each if each[at] >= middle} for each in together]
    assert 0 < sum(map(len, map(places, kept))) == len(ranked) - below < len(ranked), "some of the targets"


def test_fine_tuning_keeps_the_threshold_and_a_setting_changes_it(student: Path, data: Path, tmp_path: Path) -> None:
    config = FinetuneConfig(data=str(data), epochs=1, keep="last", **FAST)
    finetune(str(student), config, tmp_path / "kept")
    assert least(tmp_path / "kept") == least(student)
    finetune(str(student), config.model_copy(update={"least": 0.25}), tmp_path / "given")
    assert least(tmp_path / "given") == 0.25
    finetune(str(student), config.model_copy(update={"least": 0.0}), tmp_path / "none")
    assert least(tmp_path / "none") == 0.0
