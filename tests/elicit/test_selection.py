"""Which reviews are asked about: the same ones each time, spread as promised, and no others."""

from __future__ import annotations

import json
import random
import shutil
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.cli.main import run
from aspectra.config import ElicitConfig
from aspectra.elicit import selection
from aspectra.elicit.engine import elicit
from aspectra.elicit.plan import plan
from aspectra.errors import UserError
from aspectra.schema import Review

TOPICS = {
    "soup": "The soup came cold and the waiter forgot the bread and the wine.",
    "bed": "The bed was soft, the pillow hard, and the room above the street loud.",
    "phone": "Its battery lasts a day, the screen is bright, the charger gets warm.",
}


def invented(count: int = 400) -> list[Review]:
    """Nine of ten about soup and rated 5; the others about beds and phones, of two domains and all ratings."""
    draw = random.Random(5)
    made = []
    for number in range(count):
        about = "soup" if number % 10 else draw.choice(["bed", "phone"])
        words = TOPICS[about].split()
        draw.shuffle(words)
        text = " ".join(words[: draw.randrange(6, len(words))]) + f" Visit {number}."
        rating = 5.0 if about == "soup" else float(draw.randrange(1, 6))
        made.append(Review(f"{about}-{number}", text, "gadgets" if about == "phone" else "places", rating))
    return made


def drawn(reviews: list[Review], count: int, by: str, seed: int = 0, encoder: str | None = None) -> list[str]:
    def read() -> Iterator[Review]:
        return iter(reviews)

    return [review.id for review in selection.select(read, count, by, seed, encoder)]


def write(path: Path, reviews: list[Review]) -> Path:
    rows = ({"id": r.id, "text": r.text, "domain": r.domain, "rating": r.rating} for r in reviews)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("by", ["random", "tfidf"])
def test_the_seed_decides_and_the_files_order_is_kept(by: str) -> None:
    reviews = invented()
    first = drawn(reviews, 40, by)
    assert len(set(first)) == 40
    assert first == [review.id for review in reviews if review.id in set(first)]
    assert drawn(reviews, 40, by) == first
    assert drawn(reviews, 40, by, seed=1) != first


def test_what_is_rare_is_met_more_often_than_at_random() -> None:
    reviews = invented()
    rare = {by: sum(not name.startswith("soup") for name in drawn(reviews, 40, by)) for by in ("random", "tfidf")}
    assert rare["random"] < 10
    assert rare["tfidf"] > 2 * rare["random"]
    about = Counter(name.split("-")[0] for name in drawn(reviews, 40, "tfidf"))
    assert min(about.values()) > 5, "and what is common still is"


def test_at_random_more_reviews_are_the_same_and_others() -> None:
    reviews = invented()
    assert set(drawn(reviews, 40, "random")) < set(drawn(reviews, 60, "random"))
    grown = [*reviews, *(Review(f"later-{n}", "More.") for n in range(20))]
    assert sum(name in set(drawn(reviews, 40, "random")) for name in drawn(grown, 40, "random")) > 30


def test_topics_tell_texts_apart_that_nothing_else_does() -> None:
    """Of one domain, rating and length, a tenth speaks of something else."""
    places = [Review(f"soup-{n}", f"cold soup bread wine waiter {n}", None, None) for n in range(270)]
    places += [Review(f"bed-{n}", f"soft bed pillow room street {n}", None, None) for n in range(30)]
    survey = selection.look(iter(places), 0, selection.FIT)
    topics = selection.topics(iter(places), survey, 4, 0, None)
    assert set(topics[:270]).isdisjoint(topics[270:])
    assert sum(name.startswith("bed") for name in drawn(places, 40, "tfidf")) >= 8


@given(
    st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=2, max_size=200),
    st.data(),
    st.integers(0, 2**32 - 1),
)
def test_a_draw_has_its_size_and_each_domain_its_share(
    strata: list[tuple[int, int, int, int]], data: Any, seed: int
) -> None:
    count = data.draw(st.integers(1, len(strata) - 1))
    rows = np.array(strata)
    lots = array("Q", (random.Random(n ^ seed).getrandbits(64) for n in range(len(strata))))
    places = selection.spread(rows, lots, count, seed)
    assert len(places) == count
    kinds, sizes = np.unique(rows, axis=0, return_counts=True)
    shares = selection.shares(sizes, count)
    assert shares.sum() == pytest.approx(count) and (shares <= sizes + 1e-9).all()
    taken = Counter(int(rows[place][0]) for place in places)
    for domain in range(4):
        wanted = shares[kinds[:, 0] == domain].sum()
        assert abs(taken[domain] - wanted) < 1 + 1e-6, "a domain's strata are neighbors"


def test_a_share_goes_with_the_root_and_ends_at_the_size() -> None:
    assert selection.shares(np.array([100, 400, 900]), 60).tolist() == pytest.approx([10, 20, 30])
    assert selection.shares(np.array([1, 100, 100]), 101).tolist() == pytest.approx([1, 50, 50])


def test_ratings_on_a_fine_scale_are_fifths_and_a_missing_one_is_its_own() -> None:
    reviews = [Review(str(n), "word " * (1 + n % 9), None, n / 7 if n % 2 else None) for n in range(300)]
    survey = selection.look(iter(reviews), 0, 0)
    strata = selection.stratify(survey, array("I", [0] * 300))
    assert sorted(set(strata[:, 1].tolist())) == [-1, 0, 1, 2, 3, 4]
    assert Counter(strata[:, 2].tolist()).keys() == {0, 1, 2}
    assert (strata[::2, 1] == -1).all()


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of a few thousand random weights."""
    from transformers import BertConfig, BertModel

    from aspectra.models.generated import tokenizer

    folder = tmp_path_factory.mktemp("encoder")
    words = tokenizer(["<end>", "<pad>"], "<end>", "<pad>", closes=True)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("family", ["encoder", "causal", "seq2seq"])
def test_any_familys_embeddings_are_of_the_text_alone(family: str, request: pytest.FixtureRequest) -> None:
    from aspectra.elicit.topics import embeddings

    vectors = embeddings(str(request.getfixturevalue(family)))
    texts = ["Cold soup.", "The bed was soft, the pillow hard, and the room above the street loud.", ""]
    together = vectors(texts)
    assert np.linalg.norm(together[:2], axis=1) == pytest.approx(1, abs=1e-5)
    # What else is in the batch pads it, and must not count.
    assert together[0] == pytest.approx(vectors(texts[:1])[0], abs=1e-5)
    assert not np.allclose(together[0], together[1], atol=1e-3)


def test_an_encoder_that_cannot_be_loaded_is_told_in_one_line(causal: Path, tmp_path: Path) -> None:
    from aspectra.elicit.topics import embeddings

    broken = shutil.copytree(causal, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UserError, match=r"cannot load the model in .*broken"):
        embeddings(str(broken))


def test_embeddings_draw_as_many_and_the_same(encoder: Path) -> None:
    reviews = invented(120)
    first = drawn(reviews, 20, "embeddings", encoder=str(encoder))
    assert len(set(first)) == 20
    assert drawn(reviews, 20, "embeddings", encoder=str(encoder)) == first


def test_only_those_are_planned_and_asked_and_a_rerun_asks_nobody(
    endpoint: Any, settings: Callable[..., ElicitConfig], tmp_path: Path, rows: Callable[[Path], list[dict[str, Any]]]
) -> None:
    reviews, out = write(tmp_path / "reviews.jsonl", invented()), tmp_path / "out"
    config = settings(select=30, select_by="tfidf", limit=300)
    assert plan(reviews, config, out)["rows"] == 30
    assert elicit(reviews, config, out)["done"] == 30
    names = [row["review_id"] for row in rows(out)]
    assert names == drawn(invented()[:300], 30, "tfidf")
    assert elicit(reviews, config, out)["done"] == 30
    assert len(endpoint.requests) == 30
    assert plan(reviews, config, out)["answered"] == 30
    other = elicit(reviews, settings(select=30, select_by="random", limit=300), out)
    assert other["done"] == 30, "another draw is another run of the same folder"
    assert 30 < len(endpoint.requests) == len({row["review_id"] for row in rows(out)}) < 60


def test_all_are_asked_where_there_are_no_more_and_bad_rows_are_told_of_once(
    settings: Callable[..., ElicitConfig], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reviews = write(tmp_path / "reviews.jsonl", invented(12))
    reviews.write_text(reviews.read_text(encoding="utf-8") + '{"id": "x", "text": ""}\n', encoding="utf-8")
    assert elicit(reviews, settings(select=12, skip_bad_rows=True), tmp_path / "out")["done"] == 12
    told = capsys.readouterr().err
    assert "there are only 12 reviews, so all of them are asked about" in told
    assert told.count("1 row skipped") == 1
    with pytest.raises(UserError, match="line 13"):
        elicit(reviews, settings(select=5), tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--select", "0"], "select"),
        (["--select", "3", "--select-by", "topic"], "select_by"),
        (["--select", "3", "--select-by", "embeddings"], "needs --encoder"),
        (["--select", "3", "--encoder", "x"], "--encoder is for --select N --select-by embeddings"),
        (["--select", "3", "--select-by", "embeddings", "--encoder", "/nowhere/x"], "no model folder /nowhere/x"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    reviews = write(tmp_path / "reviews.jsonl", invented(12))
    base = ["elicit", str(reviews), "--model", "m", "--base-url", "http://127.0.0.1:1/v1", "--out"]
    assert run([*base, str(tmp_path / "out"), *arguments]) == 2
    shown = capsys.readouterr().err
    assert told in shown
    assert [line for line in shown.splitlines() if not line.startswith("select:")][1:] == []
    assert not (tmp_path / "out").exists()


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    selection.check(ElicitConfig(select=3))
    with pytest.raises(UserError, match=r"pip install -c constraints.txt 'PATH\[select\]'"):
        selection.check(ElicitConfig(select=3, select_by="tfidf"))
