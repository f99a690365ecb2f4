"""Both engines write the same, with the same probabilities, in every family; constrained too."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.readers.families import MODELS
from tests.tiny import REVIEWS

from aspectra import tasks
from aspectra.errors import UserError
from aspectra.info import is_export
from aspectra.readers.opening import open_engine
from aspectra.readers.writers.engine import Engine, Written
from aspectra.readers.writers.reader import WritingReader

Folder = Callable[[str], Path]
NASTY = [
    "",
    "  two  spaces\tand a tab ",
    "line\nbreak\r\nand [NL] spelled",
    "</s> <pad> <extra_id_3> <|end|> <s>",
    "crème brûlée \U0001f35d\U0001f469‍\U0001f373 ½ ﬁne …",
    "الطعام لذيذ ‏جدا‏ — עברית",
    "好吃。再来！",
    "a\x00b\x1fc\u2028d",
    "'quoted' \\; | ; none",
]


def engines(family: str, student_of: Folder, export_of: Folder) -> tuple[Engine, Engine]:
    return open_engine(student_of(family), device="cpu"), open_engine(export_of(family), threads=1)


@pytest.fixture(params=MODELS)
def both(request: pytest.FixtureRequest, student_of: Folder, export_of: Folder) -> tuple[Engine, Engine]:
    """A family's student and its export."""
    return engines(request.param, student_of, export_of)


def prompts(engine: Engine, texts: list[str]) -> list[list[int]]:
    return [engine.encoder.prompt("opinions by target", text) for text in texts]


def close(one: list[Written], other: list[Written]) -> bool:
    """The same ids, and probabilities within a thousandth."""
    assert [w.ids for w in one] == [w.ids for w in other]
    assert [w.cut for w in one] == [w.cut for w in other]
    pairs = [(p, q) for a, b in zip(one, other, strict=True) for p, q in zip(a.logs, b.logs, strict=True)]
    return all(abs(math.exp(p) - math.exp(q)) < 1e-3 for p, q in pairs)


def test_answers_and_their_probabilities_are_the_same(both: tuple[Engine, Engine]) -> None:
    student, export = both
    asked = prompts(student, REVIEWS)
    answers = student.write(asked, 12)
    assert len({tuple(answer.ids) for answer in answers}) > 2, "a student that always says the same tests nothing"
    assert all(len(answer.logs) == len(answer.ids) for answer in answers)
    assert close(answers, export.write(asked, 12))
    assert student.parameters == export.parameters


def test_the_end_is_found_and_left_out(both: tuple[Engine, Engine]) -> None:
    """Where an answer may only be `none`, both write it and stop; the limit cuts it in both."""
    student, export = both

    class Only:
        def __init__(self, ids: list[int]) -> None:
            self.ids = ids

        def start(self) -> int:
            return 0

        def allowed(self, state: int) -> list[int]:
            return [self.ids[state]]

        def step(self, state: int, token: int) -> int:
            return state + 1

    asked = prompts(student, REVIEWS[:3])
    words = student.encoder.ids("none of it")
    rules = [Only([*words[: n + 1], student.encoder.end]) for n in range(3)]
    for engine in both:
        assert [(w.ids, w.cut) for w in engine.write(asked, 20, rules)] == [(words[: n + 1], False) for n in range(3)]
        assert [(w.ids, w.cut) for w in engine.write(asked, 2, rules)][2] == (words[:2], True)
    assert close(student.write(asked, 20, rules), export.write(asked, 20, rules))


def test_ids_of_nasty_texts_are_those_of_training(both: tuple[Engine, Engine]) -> None:
    student, export = both
    for text in NASTY:
        assert prompts(student, [text]) == prompts(export, [text])
        ids = student.encoder.ids(text)
        assert export.encoder.spelled(ids) == student.encoder.spelled(ids)
        assert not {student.encoder.end} & set(ids), "a text does not forge the end"


def test_a_newline_token_is_kept(tmp_path: Path, student_of: Folder) -> None:
    from aspectra.readers.writers.convert import convert
    from aspectra.students.writers.encoder import NEWLINE
    from aspectra.students.writers.writer import Writer

    student = Writer.load(student_of("t5"), newline_token=True)
    convert(student, tmp_path, "float32")
    export = open_engine(tmp_path, threads=1)
    assert export.encoder.newline
    for text in ("one\ntwo", f"one {NEWLINE} two", "a\r\nb"):
        assert export.encoder.prompt("x", text) == student.own_encoder.prompt("x", text)
        ids = student.own_encoder.ids(text)
        assert export.encoder.spelled(ids) == student.own_encoder.spelled(ids)


@pytest.mark.parametrize("name", ["atsa", "acsa", "tasd"])
@pytest.mark.parametrize("family", ["t5", "bart", "llama"])
def test_constrained_answers_are_the_same_and_valid(
    family: str, name: str, student_of: Folder, export_of: Folder
) -> None:
    student, export = engines(family, student_of, export_of)
    task = tasks.get(name)
    info = {"labels": {"categories": ["ROOM#COMFORT", "STAFF", "FOOD#STYLE_OPTIONS"]}}
    texts = [*REVIEWS, "mac & cheese; 100% \\ a|b", "好吃的饭", "...", "\U0001f35d"]
    found = []
    for engine in (student, export):
        engine.info |= info | {"task": name}
        found.append(WritingReader(engine, batch_size=9, max_new_tokens=48, constrained=True).read(texts))
    assert [answer.raw for answer in found[0]] == [answer.raw for answer in found[1]]
    assert not all(answer.cut for answer in found[0])
    assert any(answer.found for answer in found[0])
    known = {"room comfort", "staff", "food style_options"}
    for one, other, text in zip(*found, texts, strict=True):
        whole = one.raw if not one.cut else one.raw.rpartition(" ; ")[0]
        assert task.parse(whole, text, "strict").wrong == 0
        assert all(o.category in known for o in one.found if name != "atsa")
        assert all(0 <= o.confidence <= 1 for o in one.found)
        assert [o.confidence for o in one.found] == pytest.approx([o.confidence for o in other.found], abs=1e-3)
        assert all(math.isfinite(log) for log in one.logs)


def test_a_compute_type_that_is_asked_for_is_taken(export_of: Folder) -> None:
    exact, coarse = open_engine(export_of("llama")), open_engine(export_of("llama"), compute="int8")
    asked = prompts(exact, REVIEWS)
    one, other = (engine.write(asked, 1) for engine in (exact, coarse))
    assert any(a.logs != b.logs for a, b in zip(one, other, strict=True))


def test_what_cannot_be_opened_is_said_in_a_line(export_of: Folder, student_of: Folder, tmp_path: Path) -> None:
    import json
    import shutil

    with pytest.raises(UserError, match="does not support int3; it supports"):
        open_engine(export_of("llama"), compute="int3")
    with pytest.raises(UserError, match="is not an export"):
        open_engine(student_of("llama"), compute="int8")
    with pytest.raises(UserError, match="no model in"):
        open_engine(tmp_path / "nothing")
    assert not is_export(student_of("llama"))
    for file, text, message in (
        ("model.bin", b"", "cannot load the export"),
        ("tokenizer.json", b"{}", "cannot read"),
        ("aspectra.json", None, "by another version of Aspectra"),
    ):
        folder = tmp_path / file
        shutil.copytree(export_of("llama"), folder)
        info = json.loads((folder / "aspectra.json").read_text(encoding="utf-8"))
        info["export"]["format"] = 99
        (folder / file).write_bytes(json.dumps(info).encode() if text is None else text)
        with pytest.raises(UserError, match=message):
            open_engine(folder)


def test_an_export_of_a_family_that_is_not_known_is_said_in_a_line(export_of: Folder, tmp_path: Path) -> None:
    import json
    import shutil

    shutil.copytree(export_of("llama"), tmp_path / "made")
    info = json.loads((tmp_path / "made" / "aspectra.json").read_text(encoding="utf-8"))
    (tmp_path / "made" / "aspectra.json").write_text(json.dumps(info | {"family": "sculptor"}), encoding="utf-8")
    with pytest.raises(UserError, match="by another version of Aspectra"):
        open_engine(tmp_path / "made")
