"""A labeled set as recorded answers: what the corpus makes of them is the set again."""

from __future__ import annotations

from pathlib import Path

from aspectra.config import CorpusConfig, ElicitConfig
from aspectra.corpus.build import build
from aspectra.data.examples import load, save
from aspectra.data.left_out import LEFT_OUT, fingerprint
from aspectra.pipeline.labeled import ANSWERS, REVIEWS, label
from aspectra.pipeline.stages import elicit_reviews
from aspectra.schema import Example, Opinion

TWICE = "Soup, bread, more soup."
LABELED = [
    Example("a", TWICE, (Opinion("soup", None, "positive", 18, 22),)),
    Example("b", "The bed was soft & warm.", (Opinion("bed", None, "conflict", 4, 7),)),
    Example("c", "We liked it all.", (Opinion(None, None, "positive", None, None),)),
    Example("d", "So far so good.", ()),
]


def test_the_places_of_labels_are_those_of_the_corpus(tmp_path: Path) -> None:
    save(tmp_path / "set" / "train.json", LABELED)
    made = label(tmp_path / "set", tmp_path / "labels")
    assert made["figures"] == {"sentences": 4, "left_out": 0}
    recorded = ElicitConfig(teacher="recorded", model=str(tmp_path / "labels" / ANSWERS), kinds=("extraction",))
    answers = elicit_reviews(tmp_path / "labels" / REVIEWS, recorded, tmp_path / "elicit")
    build([answers], CorpusConfig(dev_share=0.01), tmp_path / "corpus")
    silver = [each for side in ("train", "dev") for each in load(tmp_path / "corpus" / "silver" / f"{side}.json")]
    said = {each.text: {(o.target, o.polarity, o.start, o.end) for o in each.opinions} for each in silver}
    assert said == {
        TWICE: {("soup", "positive", 18, 22)},
        "The bed was soft & warm.": {("bed", "conflict", 4, 7)},
        "We liked it all.": set(),
        "So far so good.": set(),
    }


def test_what_is_listed_is_left_out_and_another_list_is_another_set(tmp_path: Path) -> None:
    save(tmp_path / "set" / "train.json", LABELED)
    label(tmp_path / "set", tmp_path / "labels")
    (tmp_path / "set" / LEFT_OUT).write_text(fingerprint("so far  SO good.") + "\n", encoding="utf-8")
    assert label(tmp_path / "set", tmp_path / "labels")["figures"] == {"sentences": 3, "left_out": 1}
    assert "So far" not in (tmp_path / "labels" / REVIEWS).read_text(encoding="utf-8")
