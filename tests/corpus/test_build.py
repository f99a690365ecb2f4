"""Responses to training text, end to end: what is kept, what is dropped, and that the card says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aspectra.cli.main import run
from aspectra.config import CorpusConfig
from aspectra.corpus.build import build
from aspectra.errors import UserError
from aspectra.schema import Response

WORDS = ["kettle", "porter", "duvet", "balcony", "towel", "lamp", "curtain", "lift", "garden", "soup"]


def review(number: int) -> str:
    return (
        f"Stay {number}: the {WORDS[number % 10]} number {number} was {'bad' if number % 2 else 'good'} for us indeed."
    )


def answered(number: int, kind: str, text: str | None = None, status: str = "done", of: str | None = None) -> Response:
    body = of or review(number)
    said = text or (
        f'Opinion Target 1: "{WORDS[number % 10]}"\nAspect: use\nSentiment: Positive\nReasoning: it was good'
        if kind == "analysis"
        else f"I say of stay {number} that it went as it went."
    )
    return Response(f"r{number}", body, kind, "v1", "m", "{}", said, "stop", 9, 9, status, None, 1, "2026-01-01")


def elicited(folder: Path, responses: list[Response], ratings: dict[str, float] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{name: getattr(r, name) for name in Response.__dataclass_fields__} for r in responses]
    pq.write_table(pa.Table.from_pylist(rows), folder / "responses.parquet")
    if ratings:
        pq.write_table(pa.table({"id": list(ratings), "rating": list(ratings.values())}), folder / "reviews.parquet")
    return folder


def rows(out: Path, side: str) -> list[dict[str, Any]]:
    return list(pq.read_table(out / f"{side}.parquet").to_pylist())


def test_reasoning_that_an_earlier_version_left_in_answers_becomes_no_training_text(tmp_path: Path) -> None:
    told = "<|channel|>analysis<|message|>Hm.<|end|>", "Okay, the user wants a rewriting.", "I love it.\n```"
    marked = [answered(i, "rewriting", text) for i, text in enumerate(told)]
    source = elicited(tmp_path / "e", marked + [answered(i, "rewriting") for i in range(3, 9)])
    counts = build([source], CorpusConfig(), tmp_path / "c")["figures"]["counts"]
    assert counts["answers with reasoning left in them"] == 3
    kept = rows(tmp_path / "c", "train") + rows(tmp_path / "c", "dev")
    assert {row["review_id"] for row in kept} == {f"r{i}" for i in range(3, 9)}


def test_all_kinds_of_a_review_are_on_one_side(tmp_path: Path) -> None:
    source = elicited(tmp_path / "e", [answered(i, kind) for i in range(20) for kind in ("analysis", "rewriting")])
    build([source], CorpusConfig(dev_share=0.25), tmp_path / "c")
    train, dev = rows(tmp_path / "c", "train"), rows(tmp_path / "c", "dev")
    assert len(dev) == 10 and len(train) == 30
    assert not {row["review_id"] for row in train} & {row["review_id"] for row in dev}
    assert train[0].keys() == {"id", "review_id", "kind", "input", "output"}


def test_the_split_does_not_depend_on_the_order_of_the_reviews(tmp_path: Path) -> None:
    responses = [answered(i, "rewriting") for i in range(20)]
    for name, order in (("one", responses), ("two", responses[::-1])):
        build([elicited(tmp_path / name, order)], CorpusConfig(kinds=("rewriting",)), tmp_path / f"c-{name}")
    assert {r["id"] for r in rows(tmp_path / "c-one", "dev")} == {r["id"] for r in rows(tmp_path / "c-two", "dev")}


def test_what_is_dropped_is_counted_by_reason(tmp_path: Path) -> None:
    responses = [answered(i, "rewriting") for i in range(6)]
    responses += [
        answered(6, "rewriting", of="Too short"),
        answered(7, "rewriting", status="rejected"),
        answered(8, "rewriting", of=review(1).upper()),
        answered(9, "rewriting", of="I must say that the night porter carried both of our heavy trunks, bless him."),
        answered(10, "rewriting", text="Yes: the night porter carried both of our heavy trunks."),
    ]
    gold = tmp_path / "gold.json"
    sentence = {"ID": "1", "sentence": "The night porter carried both of our heavy trunks.", "aspects": []}
    gold.write_text(json.dumps([sentence]), encoding="utf-8")
    config = CorpusConfig(kinds=("rewriting",), evaluation=(str(gold),))
    figures = build([elicited(tmp_path / "e", responses)], config, tmp_path / "c")["figures"]
    assert figures["counts"] == {
        "responses read": 11,
        "responses rejected": 1,
        "reviews under 3 words": 1,
        "reviews dropped as exact duplicates": 1,
        "reviews that overlap with an evaluation sentence": 1,
        "answers that overlap with an evaluation sentence": 1,
        "reviews kept": 7,
    }
    assert figures["rows"]["train"]["rewriting"] + figures["rows"]["dev"]["rewriting"] == 6
    card = (tmp_path / "c" / "README.md").read_text(encoding="utf-8")
    assert "Dropped: 1 reviews, 1 answers" in card and "reviews dropped as exact duplicates | 1" in card


def test_ratings_become_a_kind_where_the_data_has_them(tmp_path: Path) -> None:
    source = elicited(tmp_path / "e", [answered(i, "analysis") for i in range(8)], {"r1": 4.0, "r2": 2.5})
    build([source], CorpusConfig(kinds=("analysis", "rating")), tmp_path / "c")
    rated = [row for side in ("train", "dev") for row in rows(tmp_path / "c", side) if row["kind"] == "rating"]
    assert sorted((row["review_id"], row["output"]) for row in rated) == [("r1", "4"), ("r2", "2.5")]


def test_silver_labels_are_written_in_the_format_of_the_benchmark(tmp_path: Path) -> None:
    from aspectra.data.examples import load

    source = elicited(tmp_path / "e", [answered(i, "analysis") for i in range(10)])
    build([source], CorpusConfig(kinds=("analysis",)), tmp_path / "c")
    train = load(tmp_path / "c" / "silver" / "train.json")
    assert len(train) == 9
    assert all(o.target in WORDS and o.polarity == "positive" for example in train for o in example.opinions)


def test_a_kind_without_a_valid_answer_and_the_lack_of_silver_labels_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [
        replace(answered(i, "analysis", status="rejected"), reason="truncated" if i else "refused") for i in range(9)
    ]
    source = elicited(tmp_path / "e", [*bad, *(answered(i, "rewriting") for i in range(9))])
    build([source], CorpusConfig(), tmp_path / "c")
    assert capsys.readouterr().err.splitlines() == [
        "corpus: analysis: 9 of 9 answers were rejected, most often: truncated (8), refused (1)",
        "corpus: 9 reviews are few; a student needs at least some hundreds",
        "corpus: no silver labels, because no valid answer of analysis or extraction has opinions about a sentence",
    ]
    assert not (tmp_path / "c" / "silver").exists()


def test_a_second_call_is_skipped_and_other_settings_are_refused(tmp_path: Path) -> None:
    source = elicited(tmp_path / "e", [answered(i, "rewriting") for i in range(9)])
    first = build([source], CorpusConfig(kinds=("rewriting",)), tmp_path / "c")
    assert build([source], CorpusConfig(kinds=("rewriting",)), tmp_path / "c") == first
    with pytest.raises(UserError, match="other input or settings"):
        build([source], CorpusConfig(kinds=("rewriting",), seed=1), tmp_path / "c")


def test_two_elicitations_make_one_corpus_and_ids_do_not_clash(tmp_path: Path) -> None:
    one = elicited(tmp_path / "a", [answered(i, "analysis") for i in range(5)])
    other = elicited(
        tmp_path / "b", [answered(i, "analysis", of=f"Quite another stay {i}, {WORDS[i]} and all") for i in range(5)]
    )
    figures = build([one, other], CorpusConfig(kinds=("analysis",)), tmp_path / "c")["figures"]
    assert figures["counts"]["reviews kept"] == 10


def test_the_kinds_of_a_review_may_come_from_two_elicitations(tmp_path: Path) -> None:
    one = elicited(tmp_path / "a", [answered(i, "analysis") for i in range(5)], {"r1": 4.0})
    late = [answered(4 - i, "rewriting", of=review(i)) for i in range(5)]  # other ids, the same words
    other = elicited(tmp_path / "b", late, {"r0": 2.0, "r3": 9.0})
    figures = build([one, other], CorpusConfig(kinds=("analysis", "rewriting", "rating")), tmp_path / "c")["figures"]
    assert figures["counts"] == {"responses read": 10, "reviews kept": 5, "silver reviews from analysis": 5}
    made = rows(tmp_path / "c", "train") + rows(tmp_path / "c", "dev")
    assert sum(row["kind"] == "rewriting" for row in made) == 5
    assert {row["review_id"]: row["output"] for row in made if row["kind"] == "rating"} == {"r1": "4", "r4": "2"}


def test_a_file_of_reviews_that_no_elicitation_wrote_is_no_fault(tmp_path: Path) -> None:
    source = elicited(tmp_path / "e", [answered(i, "analysis") for i in range(5)])
    pq.write_table(pa.table({"text": ["mine"]}), source / "reviews.parquet")
    assert (
        "rating" not in build([source], CorpusConfig(kinds=("analysis", "rating")), tmp_path / "c")["figures"]["rows"]
    )
    (source / "reviews.parquet").write_text("torn")
    build([source], CorpusConfig(kinds=("analysis",)), tmp_path / "d")
    with pytest.raises(UserError, match="cannot read"):
        build([source], CorpusConfig(kinds=("analysis", "rating")), tmp_path / "e2")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "does not exist"),
        (["e/responses.parquet", "--kinds", "analysis,analysis"], "each kind once"),
        (["e", "--evaluation", "torn.json"], "not JSON"),
        (["torn.json"], "torn.json is not a Parquet file; name the folder that"),
        (["empty"], "no responses.parquet"),
        (["e", "--kinds", "analyses"], "did you mean 'analysis'"),
        (["e", "--evaluation", "rest99"], "rest14"),
        (["e", "--set", "near_duplicate=1"], "did you mean 'near_duplicates'"),
        (["e", "--set", "dev_share=2"], "dev_share"),
        (["e", "--kinds", "rating"], "nothing is left"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn.json").write_text("[{")
    elicited(tmp_path / "e", [answered(i, "analysis") for i in range(5)])
    assert run(["corpus", *arguments, "--out", "c"]) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("aspectra: error")]
    assert len(error) == 1 and says in error[0]
    assert not (tmp_path / "c").exists()


@pytest.mark.slow
def test_the_data_card_loads_with_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets")
    source = elicited(tmp_path / "e", [answered(i, "analysis") for i in range(10)])
    build([source], CorpusConfig(kinds=("analysis",)), tmp_path / "c")
    loaded = datasets.load_dataset(str(tmp_path / "c"), cache_dir=str(tmp_path / "cache"))
    assert (loaded["train"].num_rows, loaded["validation"].num_rows) == (9, 1)


def test_what_makes_a_corpus_worthless_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = [answered(i, "rewriting", text="nothing") for i in range(20)]
    good = [answered(i, "analysis") for i in range(20)]
    build([elicited(tmp_path / "e", same + good)], CorpusConfig(), tmp_path / "c")
    told = capsys.readouterr().err
    assert "20 reviews are few" in told
    assert "rewriting: 18 of 18 answers are the same, 'nothing'" in told
    assert "analysis:" not in told


def test_a_short_text_of_a_script_without_spaces_is_kept(tmp_path: Path) -> None:
    texts = ["他们家的菜真好吃。", "房间很干净，下次再来。", "好"]
    source = elicited(tmp_path / "e", [answered(i, "rewriting", of=text) for i, text in enumerate(texts)])
    counts = build([source], CorpusConfig(kinds=("rewriting",)), tmp_path / "c")["figures"]["counts"]
    assert (counts["reviews kept"], counts["reviews under 3 words"]) == (2, 1)
