"""`load(...).extract`: offsets into the text as given, distinct places, order, splitting; an export without torch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tiny import REVIEWS

import aspectra
from aspectra import tasks
from aspectra.errors import UserError
from aspectra.readers.opening import open_engine
from aspectra.readers.predictor import Predictor
from aspectra.readers.writers.answers import read
from aspectra.readers.writers.engine import Grammar, Written
from aspectra.readers.writers.reader import WritingReader
from aspectra.students.writers.stems import Stem

Folder = Callable[[str], Path]


class Scripted:
    """An engine with a real tokenizer that writes what a function says of each sentence, token by token."""

    name = "scripted"
    parameters = 0

    def __init__(self, folder: Path, say: Callable[[str], str], log: float = -0.5) -> None:
        engine = open_engine(folder, device="cpu", threads=1)
        self.info, self.encoder, self.say, self.log = engine.info, engine.encoder, say, log
        self.asked: list[list[str]] = []

    def write(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, grammars: Sequence[Grammar] | None = None
    ) -> list[Written]:
        head, tail = "opinions by target: ", "\n=>"
        texts = [self.encoder.spelled(prompt).removeprefix(head).removesuffix(tail) for prompt in prompts]
        self.asked.append(texts)
        found = []
        for text in texts:
            ids = self.encoder.ids(f" {self.say(text)}")
            cut = len(ids) > max_new_tokens
            ids = ids[:max_new_tokens]
            found.append(Written(ids, cut, [self.log] * len(ids)))
        return found

    def likelihoods(self, stems: Sequence[Stem]) -> list[list[float]]:
        raise AssertionError("nobody asks")


def reading(engine: Scripted, **options: Any) -> Predictor:
    """A predictor that asks the engine."""
    return Predictor(WritingReader(engine, **options))


def every(word: str) -> Callable[[str], str]:
    """A student that likes each mention of a word."""
    return lambda text: " ; ".join([f"{word} | positive"] * text.count(word)) or "none"


@pytest.fixture(scope="session")
def folder(export_of: Folder) -> Path:
    return export_of("llama")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["soup", "the soup", "Soup.", "\n", "  ", "\t", "\u00a0", ". ", "!", "\U0001f35d", "好。", "a"]
        ),
        max_size=24,
    ).map("".join)
)
def test_offsets_are_into_the_text_as_given(folder: Path, text: str) -> None:
    (found,) = reading(Scripted(folder, every("soup"))).extract([text])
    assert found.text == text
    assert all(text[o.start : o.end] == o.target == "soup" for o in found.opinions)
    assert len({o.start for o in found.opinions}) == len(found.opinions)
    assert len(found.opinions) == text.count("soup") or found.cut


def test_white_space_inside_a_target_is_that_of_the_text(folder: Path) -> None:
    text = "  I liked the \t wine\u00a0 list.  And \r\n the wine list \x0b again. "
    (found,) = reading(Scripted(folder, every("wine list"))).extract([text])
    assert [o.target for o in found.opinions] == ["wine\u00a0 list", "wine list"]
    assert [text[o.start : o.end] for o in found.opinions] == [o.target for o in found.opinions]


def test_a_term_said_twice_stands_at_two_places_and_never_twice_at_one(folder: Path) -> None:
    say = Scripted(folder, lambda _: "soup | positive ; soup | negative ; soup | positive ; soup | positive")
    (found,) = reading(say).extract(["The soup, that soup."])
    said = [(o.start, o.polarity) for o in found.opinions]
    assert said[:2] == [(4, "positive"), (15, "negative")]
    assert len(set(said)) == len(said) < 4


def test_confidence_is_the_product_over_the_piece_alone(folder: Path) -> None:
    engine = Scripted(folder, lambda _: "soup | positive ; the bread | negative ; rubbish")
    (found,) = reading(engine).extract(["The soup, and the bread."])
    pieces = [" soup | positive", " the bread | negative"]
    expected = [2.718281828 ** (-0.5 * len(engine.encoder.ids(piece))) for piece in pieces]
    assert [o.confidence for o in found.opinions] == pytest.approx(expected)
    certain = Scripted(folder, lambda _: "soup | positive", log=1e-7)
    assert reading(certain).extract(["Soup, the soup."])[0].opinions[0].confidence == 1.0


def test_a_text_is_asked_about_sentence_by_sentence_or_packed(folder: Path) -> None:
    text = "Good soup. Bad soup.\n\nMore soup! " + "x " * 300
    engine = Scripted(folder, every("soup"))
    (found,) = reading(engine, batch_size=50).extract([text])
    assert {"Good soup.", "Bad soup.", "More soup!"} < set(engine.asked[0])
    assert len(found.raw) >= len(engine.asked[0]) == len(set(engine.asked[0])), "asked once about each"
    packed = Scripted(folder, every("soup"))
    (other,) = Predictor(WritingReader(packed), split="long").extract([text])
    assert any(asked.startswith("Good soup. Bad soup. More soup!") for asked in packed.asked[0])
    assert [o.start for o in other.opinions] == [o.start for o in found.opinions] == [5, 15, 27]
    assert packed.encoder.cut_inputs == engine.encoder.cut_inputs == 0, "nothing loses its end"


def test_order_is_kept_in_windows_and_the_stream_is_not_run_ahead(folder: Path) -> None:
    taken = 0

    def stream() -> Iterator[str]:
        nonlocal taken
        for number in range(40):
            taken += 1
            yield f"Number {number} has soup" + " and more" * (number % 7) + "."

    engine = Scripted(folder, every("soup"))
    found = reading(engine, batch_size=4).extract_iter(stream(), window=10)
    assert next(found).text.startswith("Number 0 ")
    assert taken == 10
    assert [e.text.split()[1] for e in found] == [str(n) for n in range(1, 40)]
    lengths = [len(engine.encoder.ids(text)) for texts in engine.asked[:3] for text in texts]
    assert lengths == sorted(lengths, reverse=True)


def test_nothing_comes_of_nothing(folder: Path) -> None:
    predictor = reading(Scripted(folder, every("soup")))
    assert predictor.extract([]) == []
    (empty, blank) = predictor.extract(["", " \n"])
    assert (empty.opinions, empty.raw, empty.cut) == ((), (), False)
    assert (blank.opinions, blank.raw, blank.cut) == ((), (), False)


def test_half_a_character_is_no_obstacle(folder: Path) -> None:
    text = "Bad \ud83d soup."
    (found,) = reading(Scripted(folder, every("soup"))).extract([text])
    assert found.text == text
    assert [(o.target, o.start) for o in found.opinions] == [("soup", 6)]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["soup", " | ", "|", ";", " ; ", "positive", "negative", "\\", "none", " "])).map("".join),
    st.sampled_from(["atsa", "acsa", "tasd"]),
)
def test_whatever_is_written_each_opinion_has_its_confidence(folder: Path, raw: str, name: str) -> None:
    engine = open_engine(folder)
    ids = engine.encoder.ids(raw)
    answer = read(engine.encoder, tasks.get(name), Written(ids, False, [-0.1] * len(ids)), "soup; none | \\ soup")
    assert answer.raw == raw.strip()
    assert len(answer.found) == len(tasks.get(name).parse(answer.raw, "soup; none | \\ soup", "strict").pairs)
    assert all(0 < o.confidence < 1 for o in answer.found)


def test_a_cut_answer_says_so(folder: Path) -> None:
    (one, two) = reading(Scripted(folder, every("soup")), max_new_tokens=20).extract(["soup " * 9, "soup"])
    assert one.cut
    assert not two.cut


def test_what_is_no_text_is_refused(folder: Path) -> None:
    predictor = reading(Scripted(folder, every("soup")))
    wrong: Any
    for wrong, message in (("soup", "a list of texts"), (["soup", None], "text 2 is not a text but NoneType")):
        with pytest.raises(UserError, match=message):
            predictor.extract(wrong)
    with pytest.raises(UserError, match="unknown split"):
        Predictor(predictor.reader, split="sentence")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="min_confidence: 70 is not a probability; use a number from 0 to 1"):
        Predictor(predictor.reader, min_confidence=70)


def test_an_export_and_its_student_find_the_same(student_of: Folder, export_of: Folder) -> None:
    """Constrained, so that a student whose words are noise writes opinions."""
    for family in ("t5-untied", "qwen3"):
        one = aspectra.load(student_of(family), constrained=True, max_new_tokens=24, device="cpu").extract(REVIEWS)
        other = aspectra.load(export_of(family), constrained=True, max_new_tokens=24, threads=1).extract(REVIEWS)
        assert [e.raw for e in one] == [e.raw for e in other]
        assert sum(len(e.opinions) for e in one) > 2
        for a, b in zip(one, other, strict=True):
            assert [(o.target, o.start, o.polarity) for o in a.opinions] == [
                (o.target, o.start, o.polarity) for o in b.opinions
            ]
            assert all(a.text[o.start : o.end] == o.target for o in a.opinions)
            assert [o.confidence for o in a.opinions] == pytest.approx([o.confidence for o in b.opinions], abs=1e-3)


def test_categories_are_needed_to_constrain_them(tmp_path: Path) -> None:
    from tests.readers.families import make

    with pytest.raises(UserError, match="needs the categories"):
        aspectra.load(make("llama", tmp_path, task="acsa"), constrained=True, device="cpu")


WITHOUT_TORCH = """
import importlib.util, sys
import aspectra
assert "ctranslate2" not in sys.modules and "tokenizers" not in sys.modules, "import aspectra is cheap"
GONE = ("torch", "transformers", "accelerate", "peft", "safetensors", "huggingface_hub", *sys.argv[2:])
whole = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in GONE else whole(name, package)
sys.modules.update(dict.fromkeys(GONE))
predictor = aspectra.load(sys.argv[1], constrained=True, threads=1)
print(sum(len(e.opinions) for e in predictor.extract(["The soup was hot. The bread, too."] * 3)))
"""


def test_an_export_needs_neither_torch_nor_transformers(export_of: Folder) -> None:
    for family in ("qwen3", "t5"):
        done = without_torch(export_of(family), "onnxruntime")
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) >= 0


def test_a_missing_package_names_its_extra(export_of: Folder) -> None:
    done = without_torch(export_of("llama"), "ctranslate2")
    assert (
        "an export of a writer needs the extra 'deploy': pip install -c constraints.txt 'PATH[deploy]' (PATH: "
        in done.stderr
    )


def without_torch(folder: Path, *gone: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_TORCH, str(folder), *gone]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


HTML = [
    "soup",
    "<b>soup</b>",
    "so<i>up</i>",
    "<br />",
    "<p>",
    "&amp;",
    "&nbsp;",
    "&#39;",
    ". ",
    " the ",
    "<3 ",
    "<",
    "&",
    "a>b",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(HTML), max_size=16).map("".join), st.sampled_from(["sentences", "long"]))
def test_offsets_of_a_text_with_html_are_those_of_the_text_as_given(folder: Path, text: str, split: Any) -> None:
    reader = WritingReader(Scripted(folder, every("soup")))
    (found,) = Predictor(reader, split).extract([text])
    assert found.text == text
    assert all(text[o.start : o.end] == o.target for o in found.opinions)
    assert {o.target for o in found.opinions} <= {"soup", "so<i>up"}


def test_a_student_is_asked_about_what_html_means(folder: Path) -> None:
    engine = Scripted(folder, every("fish & chips"))
    text = "Sure.<br /><br />The <b>fish</b> &amp; chips I &lt;3.<p>AT&T"
    (found,) = reading(engine).extract([text])
    assert set(engine.asked[0]) == {"Sure.", "The fish & chips I <3.", "AT&T"}
    assert [o.target for o in found.opinions] == ["fish</b> &amp; chips"]
    assert text[found.opinions[0].start : found.opinions[0].end] == "fish</b> &amp; chips"
