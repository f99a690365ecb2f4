"""A corpus of `extraction` answers alone: silver labels for students that tag, no text for those that write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.corpus.test_build import WORDS, answered, elicited, review

from aspectra.config import CorpusConfig
from aspectra.corpus.build import build, split
from aspectra.data.examples import load
from aspectra.errors import UserError
from aspectra.schema import Response


def found(number: int, of: str, *opinions: tuple[str, str]) -> Response:
    """An `extraction` answer to a review; each target stands where it stands last."""
    said = [{"target": t, "polarity": p, "from": of.rfind(t), "to": of.rfind(t) + len(t)} for t, p in opinions]
    return answered(number, "extraction", json.dumps({"opinions": said}), of=of)


def test_a_corpus_of_extractions_alone_has_silver_labels_and_no_training_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = [found(i, review(i), (WORDS[i % 10], "negative" if i % 2 else "positive")) for i in range(20)]
    figures = build([elicited(tmp_path / "e", answers)], CorpusConfig(), tmp_path / "c")["figures"]
    assert capsys.readouterr().err.splitlines() == [
        "corpus: 20 sentences with silver labels, for a tagger; a writer would need analyses or rewritings",
        "corpus: 20 reviews are few; a student needs at least some hundreds",
    ]
    for side in ("train", "dev"):
        table = pq.read_table(tmp_path / "c" / f"{side}.parquet")
        assert (table.schema.names, table.num_rows) == (["id", "review_id", "kind", "input", "output"], 0)
    sides = {side: load(tmp_path / "c" / "silver" / f"{side}.json") for side in ("train", "dev")}
    assert {side: len(part) for side, part in sides.items()} == {"train": 18, "dev": 2}
    assert not {e.id.split(":")[0] for e in sides["train"]} & {e.id.split(":")[0] for e in sides["dev"]}
    assert figures["rows"] == {"train": {}, "dev": {}} and figures["words"] == {"train": 0, "dev": 0}
    assert figures["silver"] == {
        "train": {"sentences": 18, "opinions": 18},
        "dev": {"sentences": 2, "opinions": 2},
    }
    card = (tmp_path / "c" / "README.md").read_text(encoding="utf-8")
    assert "path: silver/train.json" in card and "have no rows" in card and "18 sentences with 18 opinions" in card
    assert "| kind |" not in card and "text-generation" not in card


def test_ratings_are_training_text_beside_extractions(tmp_path: Path) -> None:
    answers = [found(i, review(i), (WORDS[i % 10], "positive")) for i in range(8)]
    source = elicited(tmp_path / "e", answers, {f"r{i}": float(i) for i in range(8)})
    figures = build([source], CorpusConfig(kinds=("rating",)), tmp_path / "c")["figures"]
    assert figures["rows"] == {"train": {"rating": 7}, "dev": {"rating": 1}}
    assert figures["silver"]["train"]["opinions"] == 7
    assert "path: train.parquet" in (tmp_path / "c" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("kinds", "opinions", "says"),
    [
        (("analysis",), [("soup", "positive")], "analysis were not asked for, only extraction"),
        (("rating",), [("soup", "positive")], "nothing is left to train on"),
        (
            ("analysis", "rewriting"),
            [],
            "analysis and rewriting were not asked for, only extraction; .*; no answer has an opinion",
        ),
    ],
)
def test_a_kind_that_is_insisted_on_or_answers_without_opinions_are_no_corpus(
    kinds: Any, opinions: list[tuple[str, str]], says: str, tmp_path: Path
) -> None:
    source = elicited(tmp_path / "e", [found(i, f"The soup of day {i} was lovely.", *opinions) for i in range(8)])
    with pytest.raises(UserError, match=says):
        build([source], CorpusConfig(kinds=kinds), tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_labels_that_are_all_held_out_are_told_as_that(tmp_path: Path) -> None:
    texts = [review(i) for i in range(8)]
    config = CorpusConfig()
    held_out = split([f"r{i}" for i in range(8)], {f"r{i}": text for i, text in enumerate(texts)}, config)
    answers = [
        found(i, text, *([(WORDS[i % 10], "positive")] if f"r{i}" in held_out else [])) for i, text in enumerate(texts)
    ]
    with pytest.raises(UserError, match=r"every sentence with an opinion \(1\) is in dev, none in train"):
        build([elicited(tmp_path / "e", answers)], config, tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_short_sentences_are_reviews_where_the_setting_says_so(tmp_path: Path) -> None:
    texts = ["Great pool.", "Great spa.", "GREAT POOL!", "Great.", "Never again.", "The pool was warm.", "...", "Slow."]
    texts += ["The pool was really warm.", "The pool was really cold.", "We left early."]
    answers = [found(i, text, *([("pool", "positive")] if "pool" in text else [])) for i, text in enumerate(texts)]
    source = elicited(tmp_path / "e", answers)
    counts = build([source], CorpusConfig(), tmp_path / "three")["figures"]["counts"]
    assert (counts["reviews under 3 words"], counts["reviews kept"]) == (7, 4)
    figures = build([source], CorpusConfig(min_words=1), tmp_path / "one")["figures"]
    assert figures["counts"] == {
        "responses read": 11,
        "reviews dropped as exact duplicates": 1,
        "reviews under 1 words": 1,
        "reviews kept": 9,
        "silver reviews from extraction": 9,
    }
    assert sum(side["sentences"] for side in figures["silver"].values()) == 9


def test_labeled_sentences_of_an_evaluation_are_kept_out(tmp_path: Path) -> None:
    texts = ["Great pool.", "We came for the night porter, who carried both of our heavy trunks.", "Lovely warm soup."]
    source = elicited(tmp_path / "e", [found(i, text, (text.split()[1], "positive")) for i, text in enumerate(texts)])
    gold = tmp_path / "gold.json"
    sentences = ["Great pool!", "The night porter carried both of our heavy trunks.", "Lovely."]
    gold.write_text(json.dumps([{"sentence": text, "aspects": []} for text in sentences]), encoding="utf-8")
    config = CorpusConfig(min_words=1, evaluation=(str(gold),), ngram=6)
    figures = build([source], config, tmp_path / "c")["figures"]
    assert figures["counts"]["reviews that overlap with an evaluation sentence"] == 2
    assert [example.text for example in load(tmp_path / "c" / "silver" / "train.json")] == ["Lovely warm soup."]


def test_where_every_review_is_of_an_evaluation_the_error_says_so(tmp_path: Path) -> None:
    source = elicited(tmp_path / "e", [found(i, f"Great pool {i}.", ("pool", "positive")) for i in range(3)])
    gold = tmp_path / "gold.json"
    rows = [{"sentence": f"Great pool {i}!", "aspects": []} for i in range(3)]
    gold.write_text(json.dumps(rows), encoding="utf-8")
    with pytest.raises(UserError, match=r"3 reviews that overlap with an evaluation sentence; .*; name other reviews$"):
        build([source], CorpusConfig(min_words=1, evaluation=(str(gold),)), tmp_path / "c")
