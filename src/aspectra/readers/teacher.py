"""A student as a teacher: the opinions that it finds in reviews become answers, with its probabilities.

`aspectra elicit REVIEWS --teacher student --model DIR --kinds extraction`. Made by `aspectra.cli.elicit` and
`aspectra.pipeline`, which pass it to the engine, because `aspectra.elicit` may not import readers. A review is read as
in `analyze`, sentence by sentence, with the confidences of a calibrated export. `aspectra.data.soft` documents
`distribution`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aspectra.config import ElicitConfig
from aspectra.data.soft import DIGITS, as_json
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.info import digest, is_export, read_info, task_of
from aspectra.readers.calibration import Calibration
from aspectra.readers.extraction import Extraction
from aspectra.readers.opening import open_reader, student_folder
from aspectra.readers.predictor import Predictor
from aspectra.readers.reader import Judged, Question
from aspectra.teachers import teacher
from aspectra.teachers.batching import Batching
from aspectra.teachers.teacher import Reply, RowError

if TYPE_CHECKING:
    from aspectra.readers.reader import Reader

KINDS = ("extraction", "polarity")
AT_ONCE = 64  # reviews per batch: Ctrl-C takes effect between batches
MOST = 4096  # questions in flight: more than the engine sends at once
SUBJECT = re.compile(r"\n(?P<name>Target|Category): (?P<subject>[^\n]+)\Z")


def teaching(config: ElicitConfig) -> StudentTeacher | None:
    """The teacher, if the settings name a student; None for other teachers, which the engine makes itself."""
    return StudentTeacher(config) if config.teacher == "student" else None


class StudentTeacher:
    """Implements `aspectra.teachers.teacher.Teacher`. `model` is the digest of all that the answers depend on."""

    instant = True
    free = True

    def __init__(self, config: ElicitConfig) -> None:
        """Raises UserError for kinds that a student does not answer, or if the folder has no student for the task;
        MissingExtraError if it cannot be read here. No weights are loaded."""
        for kind in config.kinds:
            if kind not in KINDS:
                raise UserError(f"a student as teacher does not answer {kind}: use --kinds extraction, or polarity")
        if not config.model:
            raise UserError("--model is missing: name the folder of the student that teaches")
        self._folder = student_folder(config.model)
        info = read_info(self._folder)
        # An untrained student gets new random heads each time: --task does not make it a teacher.
        task_of(info, None)
        self._task = task_of(info, config.task if "extraction" in config.kinds else None)
        self._calibration = Calibration.of(info)
        self._bf16 = False  # an export runs in its own type
        if not is_export(self._folder):
            need("train", "a student as teacher")
            from aspectra.students.families import tags

            # A tagger was trained in bf16. A writer's weights would be rounded, which changes its answers.
            self._bf16 = tags(self._folder)
        self.model = digest(self._folder)
        self.settings: dict[str, object] = {}
        self._reader: Reader | None = None
        self._batching = Batching(self._answer, MOST, AT_ONCE)

    async def ask(self, question: teacher.Question) -> Reply:
        if self._reader is None:
            self._reader = open_reader(self._folder, self._task, bf16=self._bf16)
        return await self._batching.ask(question)

    async def close(self) -> None:
        await self._batching.close()
        self._reader = None

    def _answer(self, questions: list[teacher.Question]) -> Sequence[Reply | RowError]:
        """The answers to questions of one kind."""
        assert self._reader is not None
        texts = [question.review for question in questions]
        if questions[0].kind == "extraction":
            predictor = Predictor(self._reader, calibration=self._calibration)
            return [extracted(found) for found in predictor.extract(texts)]
        return judged(self._reader, [subject(text) for text in texts])


def extracted(found: Extraction) -> Reply:
    """An answer to the `extraction` prompt, with the offsets and confidences of its opinions."""
    opinions = []
    for o in found.opinions:
        named = {"target": o.target, "category": o.category, "polarity": o.polarity, "from": o.start, "to": o.end}
        said: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        opinions.append(said | {"confidence": round(o.confidence, DIGITS)})
    behind = {"sentences": [as_json(soft) for soft in found.soft]} if found.soft else None
    return reply({"opinions": opinions}, behind, found.cut)


def judged(reader: Reader, questions: list[Question]) -> list[Reply | RowError]:
    """The polarity of each question's subject; of the whole text if it names none and the reader supports that."""
    answers = list(reader.judge(questions))
    whole = [number for number, question in enumerate(questions) if not (question.target or question.category)]
    # A student of categories cannot judge a whole text without a category.
    if whole and hasattr(reader, "lean") and "category" not in reader.task.by:
        leanings, _ = reader.lean([questions[number] for number in whole])
        for number, leaning in zip(whole, leanings, strict=True):
            answers[number] = Judged(questions[number].text, leaning.probabilities)
    return [RowError(str(each)) if isinstance(each, UserError) else polarity(each.probabilities) for each in answers]


def polarity(probabilities: dict[str, float]) -> Reply:
    """The answer with the most likely polarity."""
    chances = {name: round(chance, DIGITS) for name, chance in probabilities.items()}
    likeliest = max(probabilities, key=probabilities.__getitem__)
    return reply({"polarity": likeliest, "confidence": chances[likeliest]}, {"polarity": chances})


def reply(answer: dict[str, Any], behind: dict[str, Any] | None, cut: bool = False) -> Reply:
    """An answer as JSON, and its probabilities."""
    # A review may contain <think>, and the text in such a tag would be removed from the answer.
    text = json.dumps(answer, ensure_ascii=False).replace("<", "\\u003c")
    compact = None if behind is None else json.dumps(behind, separators=(",", ":"))
    return Reply(text, "length" if cut else "stop", distribution=compact)


def subject(text: str) -> Question:
    """The question in a polarity request: its last line may name a target or a category, as in the prompt."""
    found = SUBJECT.search(text)
    if found is None:
        return Question(text)
    name, rest = found["subject"].strip(), text[: found.start()]
    return Question(rest, name) if found["name"] == "Target" else Question(rest, None, name)
