"""Which polarity a student means: both engines say the same, and what training taught counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.readers.families import make

from aspectra.errors import UserError
from aspectra.readers.predictor import load
from aspectra.readers.reader import Judged, Question
from aspectra.readers.spaces import sentence_of
from aspectra.readers.writers.convert import convert
from aspectra.serve.student import Student
from aspectra.students.writers.likelihood import log_likelihoods
from aspectra.students.writers.stems import Stem
from aspectra.students.writers.writer import Writer

QUESTIONS = [
    Question("The soup was hot. The waiter  forgot\tour drinks, twice!", "waiter"),
    Question("Great pool, friendly staff", "staff; or | pool"),
    Question("", "soup"),
]


@pytest.fixture(scope="module", params=["t5-untied", "bart", "llama"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Student, Student]:
    """A student behind transformers, and its export."""
    folder = tmp_path_factory.mktemp(request.param)
    own, exported = make(request.param, folder / "own"), folder / "export"
    exported.mkdir()
    convert(Writer.load(own), exported, "float32")
    return tuple(Student(load(path, threads=1, batch_size=8)) for path in (own, exported))  # type: ignore[return-value]


def judged(student: Student, questions: list[Question]) -> list[Judged]:
    answers = student.classify(questions)
    assert all(isinstance(answer, Judged) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Judged)]


def test_both_engines_say_the_same(both: tuple[Student, Student]) -> None:
    one, other = (judged(student, QUESTIONS) for student in both)
    assert [a.sentence for a in one] == ["The waiter forgot our drinks, twice!", "Great pool, friendly staff", ""]
    for a, b in zip(one, other, strict=True):
        assert a.sentence == b.sentence
        assert a.probabilities == pytest.approx(b.probabilities, abs=1e-3)
        assert sum(a.probabilities.values()) == pytest.approx(1)
    assert one[0].probabilities != one[1].probabilities, "it reads what it is asked"


def test_html_is_asked_about_as_what_it_means(both: tuple[Student, Student]) -> None:
    plain = Question("The fish & chips were cold.", "fish & chips")
    marked = [
        Question(f"Sure.<br />{plain.text.replace('&', '&amp;')}", name)
        for name in ("fish & chips", "fish &amp; chips")
    ]
    one, other, third = judged(both[1], [plain, *marked])
    assert one == other == third


def test_probabilities_are_those_of_the_whole_answer(both: tuple[Student, Student]) -> None:
    """`waiter | negative` is as likely as its tokens; what all polarities share does not count."""
    student = both[0]
    question = QUESTIONS[0]
    reader: Any = student.predictor.reader
    encoder, task = reader.engine.encoder, reader.task
    lead = " " if encoder.form.name == "causal" else ""
    before = [] if encoder.form.name == "causal" else encoder.before
    ways = [[*before, *encoder.ids(f"{lead}waiter | {name}")] for name in reader.polarities]
    stem = Stem(encoder.prompt(task.marker, sentence_of(question.text, question.target)), [], ways)
    own = reader.engine.student
    logs = log_likelihoods(own, [stem])[0]
    found = judged(student, [question])[0].probabilities
    for one, log in zip(reader.polarities, logs, strict=True):
        odds = [pow(2.718281828459045, other - log) for other in logs]
        assert found[one] == pytest.approx(1 / sum(odds), abs=1e-4)


def test_a_question_without_a_subject_is_told(both: tuple[Student, Student]) -> None:
    fine, odd = both[1].classify([QUESTIONS[0], Question("a", " \x1f")])
    assert isinstance(fine, Judged)
    assert isinstance(odd, UserError)
    assert str(odd) == "name the target to judge"


def test_tasks_with_categories(tmp_path: Path) -> None:
    folder = make("llama", tmp_path / "tasd", task="tasd")
    student = Student(load(folder, threads=1, device="cpu"))
    assert (student.task, student.by) == ("tasd", ("target", "category"))
    named, implicit = judged(
        student, [Question("Hot soup.", "soup", "FOOD#QUALITY"), Question("Hot soup.", None, "FOOD#QUALITY")]
    )
    assert named.probabilities != implicit.probabilities
    folder = make("llama", tmp_path / "acsa", task="acsa")
    student = Student(load(folder, threads=1, device="cpu"))
    text = "The soup was hot. Never  again."
    answer, blank = student.classify([Question(text, category="food quality"), Question(text, category=" ")])
    assert isinstance(answer, Judged)
    assert answer.sentence == "The soup was hot. Never again.", "a category is asked of the whole text"
    assert isinstance(blank, UserError)
