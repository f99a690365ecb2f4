"""A tagger as a reader: an engine, and the task it is asked for. Called by `aspectra.readers.opening`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aspectra import tasks
from aspectra.errors import UserError
from aspectra.info import task_of
from aspectra.readers.extraction import Found
from aspectra.readers.reader import LABELS, Answer, Judged, Leaning, Question, best
from aspectra.readers.spaces import sentence_of, squeezed
from aspectra.readers.taggers.engine import Engine
from aspectra.schema import POLARITIES, Span
from aspectra.students.taggers.reading import opinions
from aspectra.students.taggers.words import Pieces


class TaggingReader:
    """Implements `aspectra.readers.reader.Reader`, and `Untaught` where it saw a teacher's labels alone."""

    def __init__(self, engine: Engine, task: str | None = None) -> None:
        """`task` is for a student that was tuned for none. Raises UserError where it was tuned for another."""
        self.engine, self.encoder = engine, engine.encoder
        self.task = tasks.get(task_of(engine.info, task))
        self.room = self.encoder.room

    @property
    def parameters(self) -> int:
        return self.engine.parameters

    def size(self, text: str) -> int:
        return self.encoder.size(text)

    def read(self, sentences: Sequence[str], tick: Callable[[int], object] = lambda _: None) -> list[Answer]:
        texts = list(dict.fromkeys(sentences))
        pieces = self.encoder.pieces(texts)
        said: dict[str, Answer] = {}
        for text, one, each in zip(texts, pieces, self.engine.read(pieces, tick), strict=True):
            found = tuple(
                Found(o.target, o.category, o.polarity, o.start, o.end, confidence)
                for o, confidence in opinions(text, one, each)
            )
            said[text] = Answer(None, found, one.cut)
        return [said[sentence] for sentence in sentences]

    def judge(self, questions: Sequence[Question]) -> list[Judged | UserError]:
        """The polarity of the given target where it stands first in its sentence."""
        sentences = [sentence_of(question.text, question.target) for question in questions]
        pieces = self.encoder.pieces(sentences)
        spans = [span_of(q.target, text, one) for q, text, one in zip(questions, sentences, pieces, strict=True)]
        asked = [i for i, span in enumerate(spans) if span is not None]
        shares = self.shares([pieces[i] for i in asked], [spans[i] for i in asked])
        answers: list[Judged | UserError] = []
        told = dict(zip(asked, shares, strict=True))
        for number, (question, sentence) in enumerate(zip(questions, sentences, strict=True)):
            if number in told:
                answers.append(Judged(sentence, dict(zip(POLARITIES, told[number], strict=True))))
            elif not squeezed(question.target):
                answers.append(UserError("name the target to judge"))
            else:
                answers.append(UserError(f"the target {question.target!r} is not in the text; a tagger judges what is"))
        return answers

    def lean(self, questions: Sequence[Question]) -> tuple[list[Leaning], dict[str, Any]]:
        """`judge`, of three polarities; a target that is not in the text, or none, is asked of the whole text."""
        pieces = self.encoder.pieces([question.text for question in questions])
        spans = [span_of(q.target, q.text, one) or all_of(one) for q, one in zip(questions, pieces, strict=True)]
        leanings = []
        for shares in self.shares(pieces, spans):
            said: dict[str, float] = dict(zip(POLARITIES, shares, strict=True))
            whole = sum(said[label] for label in LABELS)
            three = {label: said[label] / whole for label in LABELS}
            leanings.append(Leaning(best(three), three, three))
        distinct = len(set(questions))
        return leanings, {
            "parameters": self.parameters,
            "questions": distinct,
            "inputs_cut": sum(p.cut for p in pieces),
        }

    def shares(self, pieces: Sequence[Pieces], spans: Sequence[Span | None]) -> list[list[float]]:
        """The shares of `POLARITIES` of one span of words each."""
        given = [[span] if span is not None else [] for span in spans]
        return [each.shares[0] for each in self.engine.read(pieces, given=given)] if pieces else []


def span_of(target: str | None, text: str, pieces: Pieces) -> Span | None:
    """The words that a target takes where it stands first as whole words, or else first at all; None where nowhere."""
    wanted = squeezed(target)
    if not wanted:
        return None
    starts = {start for start, _ in pieces.words}
    ends = {end for _, end in pieces.words}
    places = []
    at = text.find(wanted)
    while at >= 0:
        places.append((at, at + len(wanted)))
        at = text.find(wanted, at + 1)
    places.sort(key=lambda place: not (place[0] in starts and place[1] in ends))
    for start, end in places:
        inside = [n for n, (a, b) in enumerate(pieces.words) if a < end and start < b]
        if inside:
            return inside[0], inside[-1] + 1
    return None


def all_of(pieces: Pieces) -> Span:
    """All words of a text."""
    return 0, len(pieces.words)
