"""A teacher's probabilities as targets: what is learned of them, and that it brings a student nearer to its teacher."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.students.taggers.families import EACH
from tests.students.taggers.labels import SENTENCES, corpus, labeled, learn, sentence

from aspectra.config import PretrainConfig
from aspectra.data import soft as soft_labels
from aspectra.data.soft import Soft
from aspectra.readers.opening import open_reader
from aspectra.readers.reader import opinions
from aspectra.schema import POLARITIES, Example
from aspectra.students.corpus import read as read_side
from aspectra.students.taggers.blend import leaning, polarities
from aspectra.students.taggers.lessons import from_examples
from aspectra.students.taggers.student import TaggingStudent
from aspectra.tasks import TASKS

Folder = Callable[[str], Path]
WORDS = [(0, 3), (4, 8), (9, 15), (16, 20)]  # The soup spoons fell
GOOD, BAD = (0.8, 0.1, 0.1, 0.0), (0.0, 1.0, 0.0, 0.0)


@pytest.fixture
def student(encoder_of: Folder) -> TaggingStudent:
    torch.manual_seed(0)
    return TaggingStudent.load(encoder_of("bert"))


def test_a_word_leans_to_the_teacher_where_both_have_it() -> None:
    soft = Soft((0, 20), {(4, 8): (0.6, 0.2), (9, 12): (0.1, 0.9)}, {})
    found = dict(leaning(soft, WORDS, [0, 1, 2, 1], 0.5))
    assert found[1] == pytest.approx([0.1, 0.8, 0.1])
    assert 2 not in found, "the teacher cuts this one otherwise: the hard label alone"
    assert found[3] == pytest.approx([0.5, 0.5, 0.0]), "the teacher is sure that it is of no target"
    assert 0 not in found, "there both say so"


def test_a_word_that_the_teacher_did_not_read_keeps_its_hard_label() -> None:
    assert leaning(Soft((0, 10), {}, {}), WORDS, [0, 0, 0, 1], 0.5) == []


def test_a_hard_span_that_touches_one_of_the_teacher_takes_its_polarities() -> None:
    soft = Soft((0, 20), {}, {(4, 15): GOOD, (16, 20): GOOD})
    found = polarities(soft, WORDS, {(1, 2): BAD}, 0.5)
    assert found == {(1, 2): pytest.approx([0.4, 0.55, 0.05, 0.0]), (3, 4): list(GOOD)}
    assert polarities(Soft((0, 20), {}, {(16, 20): GOOD}), WORDS, {(1, 2): BAD}, 0.5)[1, 2] == list(BAD)


def certain(student: TaggingStudent, examples: list[Example]) -> dict[str, Soft]:
    """The hard labels as a teacher's probabilities."""
    found = {}
    for example in examples:
        (pieces,) = student.encoder().pieces([example.text])
        places = {(o.start or 0, o.end or 0): o.polarity for o in example.opinions}
        words = {
            word: (float(word[0] == a), float(word[0] != a))
            for a, b in places
            for word in pieces.words
            if a <= word[0] < b
        }
        spans = {place: tuple(float(name == said) for name in POLARITIES) for place, said in places.items()}
        found[example.id] = Soft((0, len(example.text)), words, spans)
    return found


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_teacher_that_is_certain_teaches_as_hard_labels_do(student: TaggingStudent, share: float) -> None:
    hard = from_examples(student.encoder(), SENTENCES).rows
    soft = from_examples(student.encoder(), SENTENCES, softs=certain(student, SENTENCES), share=share).rows
    batches = [student.collate([rows[i] for i in range(len(rows))]) for rows in (hard, soft)]
    with torch.no_grad():
        (one, kinds), (other, same) = (student.losses(student.model, batch) for batch in batches)
    assert torch.equal(kinds, same)
    torch.testing.assert_close(one, other)


def test_the_loss_of_a_blend_is_the_blend_of_the_losses(student: TaggingStudent) -> None:
    """(1 - s) CE(hard) + s CE(teacher), which is what the setting `soft` promises."""
    text = "The soup was fresh."
    example = Example("1", text, labeled(text, ("soup", "positive")))
    softs = {"1": Soft((0, len(text)), {(4, 8): (0.5, 0.2), (13, 18): (0.4, 0.0)}, {(4, 8): GOOD})}

    def loss(share: float) -> torch.Tensor:
        rows = from_examples(student.encoder(), [example], softs=softs, share=share).rows
        with torch.no_grad():
            losses: torch.Tensor = student.losses(student.model, student.collate([rows[0]]))[0]
        return losses

    torch.testing.assert_close(loss(0.7), 0.3 * loss(0.0) + 0.7 * loss(1.0))
    assert not torch.allclose(loss(0.0), loss(1.0))


@pytest.mark.parametrize("family", EACH)
def test_words_of_any_other_tokenizer_have_distributions(
    family: str, encoder_of: Folder, student: TaggingStudent
) -> None:
    odd = [
        *SENTENCES,
        *(Example(f"o{n}", text) for n, text in enumerate(["", "🍝👩‍🍳 soup-bowl", "好吃的饭", "x" * 500])),
    ]
    softs = {}
    for example in odd:
        (pieces,) = student.encoder().pieces([example.text])
        softs[example.id] = Soft((0, len(example.text)), dict.fromkeys(pieces.words, (0.3, 0.3)), {})
    other = TaggingStudent.load(encoder_of(family))
    rows = from_examples(other.encoder(), odd, softs=softs, share=1.0).rows
    batch = other.collate([rows[i] for i in range(len(rows))])
    torch.testing.assert_close(batch["tags"].sum(-1), torch.ones(batch["words"].shape))
    soup = rows[0]["tags"].index(1)
    torch.testing.assert_close(batch["tags"][0, soup], torch.tensor([0.4, 0.3, 0.3]))


def told(folder: Path, examples: list[Example]) -> tuple[list[Example], dict[str, Soft]]:
    """What a teacher names, and its probabilities."""
    answers = open_reader(folder, device="cpu", threads=1).read([example.text for example in examples])
    said = [
        Example(e.id, e.text, opinions(answer, e.text, TASKS["atsa"]))
        for e, answer in zip(examples, answers, strict=True)
    ]
    return said, {e.id: answer.soft for e, answer in zip(examples, answers, strict=True) if answer.soft}


def test_a_soft_taught_student_is_nearer_to_its_teacher_than_a_hard_taught_one(
    student: TaggingStudent, encoder_of: Folder, tmp_path: Path
) -> None:
    teacher = student.copied()
    learn(teacher, 25)  # it is in doubt yet, which is what there is to learn from it
    teacher.save(tmp_path / "teacher", {"task": "atsa", "input_tokens": 64}, "a card")
    said, softs = told(tmp_path / "teacher", [sentence(n) for n in range(40)])

    def distance(share: float) -> list[float]:
        """Mean cross entropy of tags and polarities against the teacher alone, after lessons with that share."""
        torch.manual_seed(1)
        taught = TaggingStudent.load(encoder_of("electra"))
        learn(taught, 100, said, softs, share)
        rows = from_examples(taught.encoder(), said, softs=softs, share=1.0).rows
        with torch.no_grad():
            losses, kinds = taught.losses(taught.model, taught.collate([rows[i] for i in range(len(rows))]))
        return [float(losses[kinds == kind].mean()) for kind in (0, 1)]

    assert all(soft < 0.95 * hard for soft, hard in zip(distance(0.7), distance(0.0), strict=True))


def test_a_corpus_with_a_teachers_probabilities_teaches_them_by_the_setting(
    student: TaggingStudent, tmp_path: Path
) -> None:
    home = corpus(tmp_path / "corpus")
    side = read_side(home, "train")
    settings: dict[str, Any] = {"input_tokens": 64}

    def lean(share: float) -> int:
        rows = student.from_corpus(side, PretrainConfig(soft=share, **settings), lambda _: None).rows
        return sum("leaning" in rows[i] for i in range(len(rows)))

    assert lean(0.7) == 0, "a corpus without them"
    some = side.silver()[:5]
    lines = (soft_labels.line(name, each) for name, each in certain(student, some).items())
    soft_labels.save(home / "silver" / "train.soft.jsonl", lines)
    assert (lean(0.7), lean(0.0)) == (5, 0)
