"""A tagger as a reader: an engine and a task. Called by `aspectra.readers.opening`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from aspectra import tasks
from aspectra.data.soft import SURE, Soft
from aspectra.errors import UserError, unknown
from aspectra.info import task_of
from aspectra.readers.extraction import Found
from aspectra.readers.reader import LABELS, Answer, Judged, Leaning, Question, best
from aspectra.readers.spaces import sentence_of, squeezed
from aspectra.readers.taggers.engine import Engine
from aspectra.schema import POLARITIES, Span
from aspectra.students.taggers.reading import Read, least_of, opinions
from aspectra.students.taggers.units import names
from aspectra.students.taggers.words import Pieces


class TaggingReader:
    """Implements `aspectra.readers.reader.Reader`, and `Untaught` for a tagger that saw only a teacher's labels."""

    def __init__(self, engine: Engine, task: str | None = None) -> None:
        """`task` is for a student without a task of its own. Raises UserError if it was trained for another task, or if
        the task has categories and the student has none."""
        self.engine, self.encoder = engine, engine.encoder
        self.task = tasks.get(task_of(engine.info, task))
        if "category" in self.task.by and not engine.categories:
            raise UserError(
                f"this student knows no categories, and {self.task.name} needs them; run `aspectra finetune`"
            )
        self.room = self.encoder.room

    @property
    def parameters(self) -> int:
        return self.engine.parameters

    def size(self, text: str) -> int:
        return self.encoder.size(text)

    def read(self, sentences: Sequence[str], tick: Callable[[int], object] = lambda _: None) -> list[Answer]:
        return self.begin(sentences, tick)()

    def begin(
        self, sentences: Sequence[str], tick: Callable[[int], object] = lambda _: None
    ) -> Callable[[], list[Answer]]:
        texts = list(dict.fromkeys(sentences))
        pieces = self.encoder.pieces(texts)
        none = None if "target" in self.task.by else [()] * len(pieces)
        reads = self.engine.begin(pieces, tick, none)

        def answers() -> list[Answer]:
            said = self.said(texts, pieces, reads())
            return [said[sentence] for sentence in sentences]

        return answers

    def said(self, texts: Sequence[str], pieces: Sequence[Pieces], reads: Sequence[Read]) -> dict[str, Answer]:
        """The answer to each text, from the engine's output."""
        said: dict[str, Answer] = {}
        named, least = self.engine.categories, least_of(self.engine.info)
        for text, one, each in zip(texts, pieces, reads, strict=True):
            found = tuple(
                Found(o.target, o.category, o.polarity, o.start, o.end, confidence)
                for o, confidence in (opinions(text, one, each, named, least) if one.words else ())
            )
            # An export returns only spans; a sentence without words has nothing to return.
            told = each.chances and not each.about
            said[text] = Answer(None, found, one.cut, soft=soft(text, one, each) if told else None)
        return said

    def judge(self, questions: Sequence[Question]) -> list[Judged | UserError]:
        """The polarity of the given target at its first occurrence in its sentence, and of the given category if the
        task has categories; of the whole sentence if the task has categories and no target is given."""
        sentences = [sentence_of(question.text, question.target) for question in questions]
        pieces = self.encoder.pieces(sentences)
        spans = [
            span_of(q.target, text, one) if "target" in self.task.by else None
            for q, text, one in zip(questions, sentences, pieces, strict=True)
        ]
        faults = [self.fault(question, span) for question, span in zip(questions, spans, strict=True)]
        asked = [i for i, fault in enumerate(faults) if fault is None]
        named = [self.number(questions[i]) for i in asked]
        told = iter(self.shares([pieces[i] for i in asked], [spans[i] for i in asked], named))
        return [
            Judged(sentence, dict(zip(POLARITIES, next(told), strict=True))) if fault is None else fault
            for sentence, fault in zip(sentences, faults, strict=True)
        ]

    def fault(self, question: Question, span: Span | None) -> UserError | None:
        """The reason why a question has no answer; None if it has one."""
        by, known = self.task.by, self.engine.categories
        if "category" in by and not names([question.category]):
            return UserError("name the category to judge")
        if "category" in by and self.number(question) is None:
            return unknown("category", str(question.category), known)
        if "target" not in by or span is not None:
            return None
        if wanted := squeezed(question.target):
            said = re.search(re.escape(wanted), " ".join(question.text.split()), re.IGNORECASE)
            if said is not None:
                return UserError(
                    f"the target {question.target!r} is in the text as {said.group()!r}; write it like that"
                )
            return UserError(
                f"the target {question.target!r} is not in the text; a tagger judges only targets in the text"
            )
        return None if "category" in by else UserError("name the target to judge")

    def number(self, question: Question) -> int | None:
        """The index of the question's category among the known ones; None if it is unknown."""
        known = self.engine.categories
        return next((known.index(name) for name in names([question.category]) if name in known), None)

    def lean(self, questions: Sequence[Question]) -> tuple[list[Leaning], dict[str, Any]]:
        """Like `judge`, for three polarities. Without a target in the text, the whole text is judged."""
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

    def shares(
        self, pieces: Sequence[Pieces], spans: Sequence[Span | None], categories: Sequence[int | None] = ()
    ) -> list[list[float]]:
        """The shares of `POLARITIES` of one span of words for each sentence; with indices of categories, of one
        category of the span or of the whole sentence."""
        if not pieces:
            return []
        given = [[span] if span is not None else [] for span in spans]
        if not self.engine.categories:
            return [each.shares[0] for each in self.engine.read(pieces, given=given)]
        if "target" in self.task.by and None in spans:  # the whole is the part outside the targets
            given = [some or each.spans for some, each in zip(given, self.engine.read(pieces), strict=True)]
        found: list[Any] = self.engine.read(pieces, given=given)
        places = [0 if span is not None else -1 for span in spans]
        return [each.judged[u][n] for each, u, n in zip(found, places, categories, strict=True)]


def span_of(target: str | None, text: str, pieces: Pieces) -> Span | None:
    """The words of a target's first occurrence as whole words, or else its first at all; None if there is none."""
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


def soft(text: str, pieces: Pieces, said: Read) -> Soft:
    """The probabilities of each word except sure O tags, and of each span."""
    words = pieces.words
    each = zip(words, said.chances, strict=True)
    chances = {word: (begin, inside) for word, (out, begin, inside) in each if out <= SURE}
    shares = zip(said.spans, said.shares, strict=True)
    end = words[-1][1] if pieces.cut and words else len(text)
    return Soft((0, end), chances, {(words[a][0], words[b - 1][1]): tuple(four) for (a, b), four in shares})


def all_of(pieces: Pieces) -> Span:
    """The span of all words of a text."""
    return 0, len(pieces.words)
