"""Triplets of target, category and polarity: exact to text and back on any text, and counted as the others are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra import tasks
from aspectra.cli.main import run
from aspectra.config import ElicitConfig, FinetuneConfig
from aspectra.data import datasets
from aspectra.data.examples import save
from aspectra.elicit import call
from aspectra.errors import UserError
from aspectra.schema import POLARITIES, Example, Opinion, Prediction
from aspectra.score.scoring import score
from aspectra.score.subsets import select
from aspectra.settings import build

TASD = tasks.get("tasd")

# Every character, the ones that the form is made of more often.
ANY = st.text(st.one_of(st.sampled_from(list("|;\\ #NUL\u00a0\n🙂א")), st.characters(exclude_categories=["Cs"])))


@st.composite
def sentences(draw: st.DrawFn) -> Example:
    """A text with opinions on substrings of it, or on nothing that it names, in any category."""
    text = draw(ANY.filter(lambda text: bool(text.strip())))
    opinions = []
    for _ in range(draw(st.integers(0, 5))):
        category, polarity = draw(ANY), draw(st.sampled_from(POLARITIES))
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start, len(text)))
        term = text[start:end].strip()
        placed = bool(term) and term != "NULL" and draw(st.booleans())
        opinions.append(Opinion(term, category, polarity, start, end) if placed else Opinion(None, category, polarity))
    return Example("1", text, tuple(opinions))


def normal(opinion: Opinion) -> tuple[str | None, str, str]:
    return opinion.target, (opinion.category or "").lower().replace("#", " ").strip(), opinion.polarity


@given(sentences())
def test_the_round_trip_is_exact_on_any_text(example: Example) -> None:
    raw = TASD.encode(example.opinions)
    decoded = TASD.decode(raw, example.text)
    wanted = TASD.ordered(example.opinions)
    assert [(o.target, o.category, o.polarity) for o in decoded] == [normal(o) for o in wanted]
    assert {normal(o) for o in wanted} == {normal(o) for o in example.opinions if normal(o)[1]}
    for opinion in decoded:
        if opinion.target is None:
            assert (opinion.start, opinion.end) == (None, None)
        else:
            assert example.text[opinion.start : opinion.end] == opinion.target
    parsed = TASD.parse(raw, example.text, "strict")
    assert parsed.wrong == 0
    assert set(parsed.pairs) == set(TASD.gold(example, "strict"))


@given(sentences())
def test_opinions_count_as_their_linear_form_does(example: Example) -> None:
    by_opinions = TASD.pairs(TASD.ordered(example.opinions), example.text, "strict")
    assert by_opinions == TASD.parse(TASD.encode(example.opinions), example.text, "strict")


@given(ANY.map(str.strip), ANY.map(str.strip), ANY.map(str.strip), ANY.map(str.strip))
def test_a_subject_is_its_target_and_category_and_no_other(a: str, b: str, c: str, d: str) -> None:
    one, other = (tasks.linear.join(*fields) for fields in ((a, b), (c, d)))
    assert TASD.fields(one) == (a, b)
    assert (one == other) == ((a, b) == (c, d))


def test_the_form_itself() -> None:
    opinions = [
        Opinion("fish; chips", "FOOD#QUALITY", "positive", 9, 20),
        Opinion(None, "FOOD#PRICES", "negative"),
        Opinion("bar", "AMBIENCE#GENERAL", "conflict", 0, 3),
        Opinion("bar", "DRINKS#QUALITY", "positive", 0, 3),
        Opinion("bar", None, "positive", 0, 3),
        Opinion("bar", "AMBIENCE#GENERAL", "conflict", 0, 3),
    ]
    assert TASD.encode(opinions) == (
        "bar | ambience general | conflict ; bar | drinks quality | positive ; "
        r"fish\; chips | food quality | positive ; NULL | food prices | negative"
    )
    assert TASD.encode([Opinion("bar", None, "positive")]) == "none"
    assert TASD.encode([], empty="") == ""


TEXT = "The fish; chips and the NULL | bar"


@pytest.mark.parametrize(
    ("raw", "strict", "paper"),
    [
        ("fish | food quality | positive", (["fish | food quality"], 0), ["fish | food quality"]),
        (" fish|food|positive ;", (["fish | food"], 0), ["fish | food"]),
        ("fish | positive", ([], 1), []),
        ("fish | food | quality | positive", ([], 1), []),
        ("fish | food | great", ([], 1), []),
        ("ham | food | positive ; ham | food | positive", ([], 2), []),
        ("NULL | food | positive", (["NULL | food"], 0), ["NULL | food"]),
        ("null | food | positive", ([], 1), []),
        ("| food | positive ; fish | | positive", ([], 2), []),
        (r"fish\; chips | food | positive", ([r"fish\; chips | food"], 0), ["chips | food"]),
        (r"NULL \| bar | food | positive", ([r"NULL \| bar | food"], 0), []),
        ("none ; fish | food | positive", (["fish | food"], 1), ["fish | food"]),
        ("none", ([], 0), []),
    ],
)
def test_what_each_scoring_reads(raw: str, strict: tuple[list[str], int], paper: list[str]) -> None:
    assert TASD.parse(raw, TEXT, "strict") == (tuple((subject, "positive") for subject in strict[0]), strict[1])
    assert TASD.parse(raw, TEXT, "paper") == (tuple((subject, "positive") for subject in paper), 0)


def test_opinions_without_a_linear_form() -> None:
    said = [
        Opinion("fish; chips ", "FOOD#QUALITY", "positive"),
        Opinion(None, "Food#Prices", "negative"),
        Opinion("", "service", "negative"),  # no target is one that is not named
        Opinion("ham", "food", "positive"),
        Opinion("fish", "", "positive"),
        Opinion("fish", None, "positive"),
        Opinion("fish", "food", "great"),
    ]
    right = (
        (r"fish\; chips | food quality", "positive"),
        ("NULL | food prices", "negative"),
        ("NULL | service", "negative"),
    )
    assert TASD.pairs(said, TEXT, "strict") == (right, 3)
    assert TASD.pairs(said, TEXT, "paper") == ((("chips | food quality", "positive"), *right[1:]), 0)


def test_one_target_judged_alike_at_two_places_stands_twice_in_paper_gold() -> None:
    text = "food, good food"
    places = [Opinion("food", "FOOD#QUALITY", "positive", start, start + 4) for start in (11, 0)]
    nowhere = [Opinion(None, "FOOD#PRICES", "negative")] * 2
    gold = Example("1", text, (*places, *nowhere))
    assert TASD.gold(gold, "paper") == Counter(
        {("food | food quality", "positive"): 2, ("NULL | food prices", "negative"): 1}
    )
    assert set(TASD.gold(gold, "strict").values()) == {1}
    raw = TASD.encode(gold.opinions)
    assert [(o.start, o.end) for o in TASD.decode(raw, text)] == [(0, 4), (11, 15), (None, None)]


def slow(gold: list[Example], raws: list[str], scoring: str) -> tuple[float, float]:
    """Precision and recall by the words of the docstring, all compared with all; raw has no escapes."""
    true, said, wrong = [], [], 0
    for index, (example, raw) in enumerate(zip(gold, raws, strict=True)):
        entries: list[Any] = []
        for o in example.opinions:
            triplet = (index, o.target or "NULL", (o.category or "").lower().replace("#", " "), o.polarity)
            entry = (*triplet, (o.start, o.end) if scoring == "paper" else None)
            if o.category is not None and entry not in entries:
                entries.append(entry)
        true += [entry[:4] for entry in entries]
        pieces: list[Any] = []
        for piece in [] if raw.strip() == "none" else raw.split(";"):
            parts = [part.strip() for part in piece.split("|")]
            good = len(parts) == 3 and all(parts) and parts[2] in POLARITIES
            if good and (parts[0] == "NULL" or parts[0] in example.text):
                pieces.append((index, *parts))
            elif piece.strip():
                wrong += scoring == "strict"
        said += [p for i, p in enumerate(pieces) if scoring == "paper" or p not in pieces[:i]]
    nothing = 1.0 if scoring == "paper" else 0.0
    count = len(said) + wrong
    precision = sum(p in true for p in said) / count if count else nothing
    return precision, sum(t in said for t in true) / len(true) if true else nothing


opinions = st.builds(
    Opinion,
    st.sampled_from([None, "food", "bar"]),
    st.sampled_from([None, "FOOD#QUALITY", "Food#quality", "BAR"]),
    st.sampled_from(POLARITIES[:2]),
    st.sampled_from([0, 10]),
    st.just(14),
)
pieces = st.lists(
    st.sampled_from(["food", "bar", "NULL", " food quality ", "x", "", "positive", "negative", "good"]), max_size=4
).map("|".join)
answers = st.one_of(st.lists(pieces, max_size=4).map(" ; ".join), st.just("none"))


@given(st.lists(st.tuples(st.lists(opinions, max_size=4), answers), max_size=4))
@pytest.mark.parametrize("scoring", tasks.SCORINGS)
def test_the_quick_scorer_is_the_slow_one(scoring: str, rows: list[tuple[list[Opinion], str]]) -> None:
    text = "food; bar food"
    gold = [Example("1", text, tuple(said)) for said, _ in rows]
    found = score(gold, [Prediction("1", text, raw=raw) for _, raw in rows], "tasd", scoring)
    assert (found.precision, found.recall) == slow(gold, [raw for _, raw in rows], scoring)


def test_its_sets_are_those_of_acsa_and_its_own_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert datasets.find("tasd", "hotels") == datasets.find("acsa", "hotels")
    assert "hotels" in datasets.known("tasd")
    for kind, name in (("acsa", "mine"), ("acsa", "theirs"), ("tasd", "mine"), ("atsa", "other")):
        save(tmp_path / kind / name / "test.json", [Example("1", "fish", (Opinion("fish", "A", "positive"),))])
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path))
    assert datasets.find("tasd", "mine") == tmp_path / "tasd" / "mine"
    assert datasets.find("tasd", "theirs") == tmp_path / "acsa" / "theirs"
    assert "mine" not in datasets.known("atsa")
    with pytest.raises(UserError, match="other is a set of atsa, not of tasd"):
        datasets.find("tasd", "other")


def test_every_sentence_of_rest16_goes_to_text_and_back(shared: Path) -> None:
    folder = shared / "data" / "benchmark" / "acsa" / "rest16"
    placed = right = 0
    for example in [e for side in datasets.SPLITS for e in datasets.split(folder, side)]:
        gold, raw = TASD.ordered(example.opinions), TASD.encode(example.opinions)
        back = TASD.decode(raw, example.text)
        assert [normal(o) for o in gold] == [(o.target, o.category, o.polarity) for o in back]
        assert set(TASD.parse(raw, example.text, "paper").pairs) == set(TASD.gold(example, "paper"))
        placed += sum(o.start is not None for o in gold)
        right += sum(
            (a.start, a.end) == (b.start, b.end) for a, b in zip(gold, back, strict=True) if a.start is not None
        )
    assert right / placed > 0.99, "targets are anchored where the annotators saw them"
    test = datasets.split(folder, "test")
    for scoring in tasks.SCORINGS:
        assert [sum(select(test, "tasd", subset, scoring)) for subset in ("implicit", "multi")] == [484, 146]
        assert score(test, [Prediction(e.id, e.text, e.opinions) for e in test], "tasd", scoring).f1 == 1


def test_the_command_line_scores_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gold = [Example("1", "Cold soup.", (Opinion("soup", "FOOD#QUALITY", "negative", 5, 9),))]
    save(tmp_path / "test.json", gold)
    said = {"text": "Cold soup.", "raw": "soup | food quality | negative ; NULL | food prices | negative"}
    (tmp_path / "said.jsonl").write_text(json.dumps(said))
    files = ["--gold", str(tmp_path / "test.json"), "--pred", str(tmp_path / "said.jsonl")]
    assert run(["score", *files, "--task", "tasd", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["precision"], found["recall"]) == (0.5, 1.0)


def test_a_setting_may_name_it_and_a_wrong_name_shows_it() -> None:
    assert build(FinetuneConfig, {"task": "tasd"}).task == "tasd"
    with pytest.raises(
        UserError, match=rf"unknown value of task 'tasb'; did you mean .* There are: {', '.join(sorted(tasks.TASKS))}$"
    ):
        build(FinetuneConfig, {"task": "tasb"})
    with pytest.raises(UserError, match="unknown value of task '5'"):
        build(FinetuneConfig, {"task": 5})


def test_no_llm_is_asked_for_it(tmp_path: Path) -> None:
    settings = ElicitConfig(task="tasd", kinds=("extraction",), model="m")
    with pytest.raises(UserError, match=r"^extraction has prompts for atsa or acsa, and none for tasd$"):
        call.check(settings, tmp_path / "out")
    call.check(settings.model_copy(update={"kinds": ("analysis",)}), tmp_path / "out")
