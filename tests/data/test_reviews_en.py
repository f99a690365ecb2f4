"""Aspectra's own reviews keep the rules by which they were written, and what is made of them is made anew alike."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from benchmarks import reviews_en
from benchmarks.marked import parse, reviews, sentences

from aspectra.data import datasets
from aspectra.data.left_out import fingerprint, left_out
from aspectra.errors import UserError
from aspectra.schema import Example

HERE = reviews_en.HERE
TRAIN = sorted((HERE / "texts" / "train").glob("*.txt"))
TEST = [HERE / "texts" / "test" / f"{name}.txt" for name in ("a", "b", "a.second", "b.second")]
TWICE = sorted((HERE / "texts" / "agreement").glob("*.txt"))
DETERMINER = re.compile(r"(?i)(the|a|an|my|our|their|his|her|this|that|these|those|its|your)\s")


def read(path: Path) -> list[Example]:
    """The sentences of any of the text files."""
    if path in TEST:
        return [example for review in reviews(path) for example in review.sentences]
    return [example for _, example in sentences(path)]


def settled() -> list[Example]:
    """The test reviews with their settled labels."""
    return datasets.split(HERE, "test")


def lines() -> Iterator[tuple[str, str, str]]:
    """(id, first, second) of each line of both test files, as the two labelings have it."""
    for one, other in zip(TEST[:2], TEST[2:], strict=True):
        both = (path.read_text(encoding="utf-8").splitlines() for path in (one, other))
        for number, (first, second) in enumerate(zip(*both, strict=True), 1):
            yield f"{one.stem}-{number}", first, second


def test_all_texts_are_here() -> None:
    assert len(TRAIN) == 43
    assert sum(len(read(path)) for path in TRAIN) == 16_750
    found = [review for path in TEST[:2] for review in reviews(path)]
    assert (len(found), sum(len(review.sentences) for review in found)) == (200, 1_139)
    assert set(Counter(review.domain for review in found).values()) == {10}, "twenty domains, ten reviews each"
    assert {len(read(path)) for path in TWICE} == {300}


@pytest.mark.parametrize("path", [*TRAIN, *TEST, *TWICE, None], ids=lambda path: path.stem if path else "settled")
def test_a_term_is_what_the_guide_calls_one(path: Path | None) -> None:
    wrong = []
    for example in read(path) if path else settled():
        for o in example.opinions:
            assert o.target is not None and o.start is not None and o.end is not None
            cut = example.text[o.start - 1 : o.start].isalnum() or example.text[o.end : o.end + 1].isalnum()
            if cut or o.target != o.target.strip() or DETERMINER.match(o.target) or len(o.target.split()) > 6:
                wrong.append((example.id, o.target))
    assert wrong == []


@pytest.mark.parametrize("path", [*TRAIN, *TEST[:2]], ids=lambda path: path.stem)
def test_a_file_does_not_repeat_itself(path: Path) -> None:
    """No sentence stands twice, no five words in more than three sentences, and beginnings vary."""
    said = [re.sub(r"\W+", " ", example.text.lower()).strip() for example in read(path)]
    assert [text for text, number in Counter(said).items() if number > 1] == []
    runs = Counter(
        run for text in said for run in {tuple(text.split()[i : i + 5]) for i in range(len(text.split()) - 4)}
    )
    assert [run for run, number in runs.items() if number > 3] == []
    begin = Counter(tuple(text.split()[:3]) for text in said)
    assert [start for start, number in begin.items() if number > max(6, len(said) // 60)] == []


def test_the_two_labelings_are_of_the_same_sentences() -> None:
    for one, other in ((TEST[0], TEST[2]), (TEST[1], TEST[3]), (TWICE[0], TWICE[1])):
        assert [example.text for example in read(one)] == [example.text for example in read(other)]


def test_every_difference_is_settled_once_and_with_a_reason() -> None:
    differences = HERE / "texts" / "test" / "differences.jsonl"
    rows = [json.loads(line) for line in differences.read_text(encoding="utf-8").splitlines()]
    differing = {name: (first, second) for name, first, second in lines() if first != second}
    assert {row["id"]: (row["first"], row["second"]) for row in rows} == differing
    assert len(rows) == len(differing) == 79
    for row in rows:
        assert parse(row["settled"])[0] == parse(row["first"])[0], "settling labels leaves the text alone"
        assert len(row["rule"]) > 20
    made = {example.id: example for example in settled()}
    for name, first, second in lines():
        if first == second and name in made:
            assert made[name].opinions == parse(first)[1], "where both agree, what they say stands"


def test_the_files_of_the_set_and_the_card_are_made_of_the_texts(tmp_path: Path) -> None:
    reviews_en.write(HERE, tmp_path)
    for made in sorted(tmp_path.iterdir()):
        again = "run python -m benchmarks.reviews_en"
        assert made.read_bytes() == (HERE / made.name).read_bytes(), f"{made.name} is behind the texts: {again}"
    assert {made.name for made in tmp_path.iterdir()} == {"README.md", "train.json", "dev.json", "test.json"}


def test_dev_is_every_twentieth_line_and_train_the_rest() -> None:
    dev, train = ({e.id for e in datasets.split(HERE, name)} for name in ("dev", "train"))
    line = {name: int(name.rsplit("-", 1)[1]) for name in dev | train}
    assert {name for name in line if line[name] % 20 == 0} == dev
    skipped = [e for held_out, e in reviews_en.labeled(HERE) if not held_out and e.id not in train]
    assert (len(dev), len(train), len(skipped)) == (832, 15_888, 30)
    assert {fingerprint(e.text) for e in skipped} <= left_out(HERE)


def test_what_overlaps_with_the_four_sets_is_listed(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASPECTRA_DATA", str(shared / "data" / "benchmark"))
    marked = (example.text for _, example in reviews_en.labeled(HERE))
    found = reviews_en.overlap(chain(marked, reviews_en.unlabeled(HERE)))
    assert set(found) == left_out(HERE)
    assert reviews_en.overlap(example.text for example in datasets.split(HERE, "train")) == []


def test_the_set_is_known_by_name_in_a_checkout() -> None:
    assert datasets.find("atsa", "reviews-en") == datasets.find("atsa", "atsa/reviews-en") == HERE
    assert len(datasets.split(HERE, "test")) == 1_139
    with pytest.raises(UserError, match="reviews-en is a set of atsa, not of acsa"):
        datasets.find("acsa", "reviews-en")


def test_without_a_checkout_its_place_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "REVIEWS", tmp_path / "reviews-en")
    assert "reviews-en" not in datasets.known("atsa")
    with pytest.raises(UserError, match=r"reviews-en comes with Aspectra's source code.*folder data/reviews-en"):
        datasets.find("atsa", "reviews-en")


def test_it_loads_as_a_dataset(tmp_path: Path) -> None:
    hub = pytest.importorskip("datasets")
    loaded = hub.load_dataset(str(HERE), cache_dir=str(tmp_path))
    assert {name: len(part) for name, part in loaded.items()} == {"train": 15_888, "dev": 832, "test": 1_139}
    row = loaded["test"][0]
    assert (row["ID"], row["domain"], row["stars"], str(row["date"])) == ("a-2", "restaurants", 5, "2025-05-17")
    (aspect,) = row["aspects"]
    assert row["sentence"][aspect["from"] : aspect["to"]] == aspect["target"] == "staff"
    assert loaded["train"][0]["review"] is None
