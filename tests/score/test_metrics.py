"""The parts of a score add up to the score, on any gold and any answer; and a hand-made sentence of each fault."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from aspectra import tasks
from aspectra.schema import POLARITIES, Example, Opinion, Prediction
from aspectra.score import metrics
from aspectra.score.scoring import score
from aspectra.score.subsets import SUBSETS, belongs

TEXT = "food; bar food"
Rows = list[tuple[Example, Prediction]]

opinions = st.builds(
    Opinion,
    st.sampled_from([None, "food", "bar", "fo"]),
    st.sampled_from([None, "FOOD#QUALITY", "Bar", "x"]),
    st.sampled_from(POLARITIES),
    st.sampled_from([0, 10]),
    st.just(14),
    st.sampled_from([(), ("good",)]),
)
claimed = st.builds(
    Opinion,
    st.sampled_from([None, "food", "bar", "ham", ""]),
    st.sampled_from([None, "FOOD#QUALITY", "bar", ""]),
    st.sampled_from([*POLARITIES, "", "good"]),
)
subjects = ["food", "bar", "ham", "", "food quality", "NULL | bar", "food | food quality", "ham | bar", "food |"]
piece = st.builds(
    "{} | {}".format, st.sampled_from(subjects), st.sampled_from([*POLARITIES, "good", ""])
) | st.sampled_from(["food", "", "none"])
raws = st.lists(piece, max_size=5).map(" ; ".join)
extras = st.sampled_from([{}, {"cut": True}, {"answered": False}, {"answered": True}])


@st.composite
def outputs(draw: st.DrawFn, gold: st.SearchStrategy[list[Opinion]] | None = None) -> Rows:
    """Sentences with their gold, and what a system said of each: raw, or as opinions."""
    found = []
    for i in range(draw(st.integers(0, 5))):
        example = Example(str(i), TEXT, tuple(draw(gold or st.lists(opinions, max_size=4))))
        said, raw = draw(st.one_of(st.tuples(st.just(()), raws), st.tuples(st.lists(claimed, max_size=4), st.none())))
        found.append((example, Prediction(str(i), TEXT, tuple(said), raw, draw(extras))))
    return found


def sides(rows: Rows) -> tuple[list[Example], list[Prediction]]:
    return [gold for gold, _ in rows], [said for _, said in rows]


def of_every_task(check: Callable[[str, Rows], None]) -> Callable[[], None]:
    """A test of what is drawn, for each task: drawing takes longer than looking."""

    def each(rows: Rows) -> None:
        for task in tasks.TASKS:
            note(f"task {task}")
            check(task, rows)

    each.__name__, each.__qualname__ = check.__name__, check.__qualname__
    drawn: Callable[[], None] = given(outputs())(each)
    return drawn


@of_every_task
def test_the_record_has_the_scorers_own_figures(task: str, rows: Rows) -> None:
    gold, said = sides(rows)
    found = {(s.scoring, s.subset): s for s in metrics.scores(gold, said, task)}
    assert list(found) == [(scoring, subset) for scoring in tasks.SCORINGS for subset in SUBSETS]
    for (scoring, subset), figures in found.items():
        mine = figures.model_dump(exclude={"scoring", "subset"})
        assert mine == asdict(score(gold, said, task, scoring, subset))


@of_every_task
def test_the_lines_add_up_to_the_score_of_each_subset(task: str, rows: Rows) -> None:
    gold, said = sides(rows)
    lines = list(metrics.items(gold, said, task))
    assert json.loads(json.dumps(lines)) is not None
    for scoring in tasks.SCORINGS:
        for subset in SUBSETS:
            flags = [subset == "all" or line["subsets"][scoring][subset] for line in lines]
            assert flags == [belongs(example, task, subset, scoring) for example in gold]
            counts = [line["counts"][scoring] for line, flag in zip(lines, flags, strict=True) if flag]
            whole = score(gold, said, task, scoring, subset)
            sums = [sum(count[i] for count in counts) for i in range(4)]
            assert sums == [whole.correct, whole.predicted, whole.found, whole.gold]


@of_every_task
def test_a_line_holds_all_that_its_sentence_needs_to_be_scored_again(task: str, rows: Rows) -> None:
    gold, said = sides(rows)
    again = []
    for example, line in zip(gold, metrics.items(gold, said, task), strict=True):
        back = [
            Opinion(o["target"], o["category"], o["polarity"], o["from"], o["to"], () if o["implicit"] else ("yes",))
            for o in line["gold"]
        ]
        again.append(Example(example.id, example.text, tuple(back)))
    assert metrics.scores(again, said, task) == metrics.scores(gold, said, task)


@of_every_task
def test_polarities_and_categories_are_parts_of_the_whole(task: str, rows: Rows) -> None:
    gold, said = sides(rows)
    whole, by_polarity = score(gold, said, task), metrics.polarities(gold, said, task)
    unread = sum(line.unread for line in metrics.lines(gold, said, task))
    assert set(by_polarity) == set(POLARITIES)
    assert sum(part.gold for part in by_polarity.values()) == whole.gold
    assert sum(part.correct for part in by_polarity.values()) == whole.correct
    assert sum(part.predicted for part in by_polarity.values()) + unread == whole.predicted
    by_category = metrics.categories(gold, said, task)
    if "category" not in tasks.get(task).by:
        assert by_category == {}
    else:
        assert sum(part.gold for part in by_category.values()) == whole.gold
        assert sum(part.correct for part in by_category.values()) == whole.correct
        assert sum(part.predicted for part in by_category.values()) <= whole.predicted
        assert all(part.gold for part in by_category.values())
        assert set(by_category) <= {"food quality", "bar", "x"}


@of_every_task
def test_a_right_pair_has_a_right_subject(task: str, rows: Rows) -> None:
    gold, said = sides(rows)
    whole, subject, polarity = (
        score(gold, said, task),
        metrics.subjects(gold, said, task),
        metrics.polarity(gold, said, task),
    )
    assert subject.gold <= whole.gold
    assert subject.predicted <= whole.predicted
    assert polarity.subjects == subject.correct >= polarity.right
    cells = {(a, b): n for a, row in polarity.confusion.items() for b, n in row.items()}
    assert sum(cells.values()) <= polarity.subjects
    assert sum(n for (a, b), n in cells.items() if a == b) <= polarity.right
    # That a pair is right does not make its F1 the smaller one where a sentence judges one subject in two ways.
    lines = list(metrics.lines(gold, said, task))
    if all(len({s for s, _ in pairs}) == len(pairs) for line in lines for pairs in (line.wanted, line.pieces)):
        assert subject.f1 >= whole.f1
        assert sum(cells.values()) == polarity.subjects
        assert polarity.right == whole.correct


@of_every_task
def test_faults_are_shares_of_the_outputs_and_whoever_is_without_fault_has_no_wrong_piece(
    task: str, rows: Rows
) -> None:
    gold, said = sides(rows)
    found = metrics.faults(gold, said, task)
    assert found.outputs == len(rows)
    assert all(0 <= share <= 1 for name, share in found if name != "outputs")
    rules = tasks.get(task)
    wrong = [
        (rules.pairs(p.opinions, TEXT, "strict") if p.raw is None else rules.parse(p.raw, TEXT, "strict")).wrong
        for p in said
    ]
    assert (found.unparsed == found.not_in_sentence == 0) == (not any(wrong))
    assert round(found.cut * len(rows)) == sum("cut" in p.extra for p in said)
    assert round(found.unanswered * len(rows)) == sum(p.extra.get("answered") is False for p in said)


def test_a_sentence_of_each_kind() -> None:
    def gold(number: int, *said: tuple[str | None, str, str]) -> Example:
        return Example(str(number), TEXT, tuple(Opinion(t, c, p, 0, 4, ("good",)) for t, c, p in said))

    rows = [
        # Right; a wrong polarity; a term that is made up, twice.
        (
            gold(0, ("food", "FOOD#QUALITY", "positive"), ("bar", "BAR", "negative")),
            "food | positive ; bar | positive ; ham | negative ; ham | negative",
        ),
        # One of two polarities of a subject; no polarity; no term.
        (gold(1, ("bar", "BAR", "positive"), ("bar", "BAR", "negative")), "bar | positive ; food | great ; | neutral"),
        (gold(2, (None, "BAR", "positive")), "none"),
    ]
    examples = [example for example, _ in rows]
    said = [Prediction(e.id, TEXT, raw=raw, extra={"cut": True} if e.id == "1" else {}) for e, raw in rows]
    parts = {name: (p.correct, p.predicted, p.gold) for name, p in metrics.polarities(examples, said, "atsa").items()}
    assert parts == {"positive": (2, 3, 2), "negative": (0, 2, 2), "neutral": (0, 1, 0), "conflict": (0, 0, 0)}
    subject = metrics.subjects(examples, said, "atsa")
    assert (subject.correct, subject.predicted, subject.gold) == (3, 7, 3)
    assert subject.precision == pytest.approx(3 / 7)
    polarity = metrics.polarity(examples, said, "atsa")
    assert (polarity.subjects, polarity.right) == (3, 1)
    assert polarity.accuracy == pytest.approx(1 / 3)
    assert polarity.confusion["positive"] == {"positive": 1, "negative": 0, "neutral": 0, "conflict": 0}
    assert polarity.confusion["negative"]["positive"] == 1
    faults = metrics.faults(examples, said, "atsa")
    assert (faults.unparsed, faults.not_in_sentence, faults.cut) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    line = next(metrics.items(examples, said, "atsa"))
    assert line["gold"][1] == {
        "target": "bar", "category": "BAR", "polarity": "negative", "from": 0, "to": 4, "implicit": False,
    }  # fmt: skip
    assert {way: list(counts) for way, counts in line["counts"].items()} == {
        "strict": [1, 4, 1, 2],
        "paper": [1, 2, 1, 2],
    }
    assert (line["subsets"]["strict"], line["cut"], line["answered"]) == (
        {"implicit": False, "multi": True},
        False,
        True,
    )


def test_categories_of_triplets_are_those_of_the_gold_and_a_made_up_target_costs_its_category() -> None:
    gold = [Example("1", TEXT, (Opinion("food", "FOOD#QUALITY", "positive"), Opinion(None, "BAR", "negative")))]
    raw = "food | food quality | positive ; ham | food quality | positive ; NULL | service | negative"
    found = metrics.categories(gold, [Prediction("1", TEXT, raw=raw)], "tasd")
    assert {name: (p.correct, p.predicted, p.gold) for name, p in found.items()} == {
        "bar": (0, 0, 1),
        "food quality": (1, 2, 1),
    }


def test_nothing_at_all_has_a_record() -> None:
    assert metrics.polarity([], [], "acsa").accuracy == 0.0
    assert metrics.faults([], [], "acsa").unparsed == 0.0
    assert list(metrics.items([], [], "acsa")) == []


def test_time_grows_with_the_sentences() -> None:
    def seconds(count: int) -> float:
        gold = [Example(str(i), TEXT, (Opinion("food", "FOOD", "positive", 0, 4),) * 2) for i in range(count)]
        said = [Prediction(str(i), TEXT, raw="food | positive ; ham | negative") for i in range(count)]
        start = time.process_time()
        list(metrics.items(gold, said, "atsa"))
        metrics.polarities(gold, said, "atsa")
        metrics.faults(gold, said, "atsa")
        return time.process_time() - start

    few = min(seconds(500) for _ in range(3))
    many = min(seconds(5_000) for _ in range(3))
    assert many < 40 * few, f"500 sentences took {few:.3f} s, 5,000 took {many:.3f} s"
