"""What a model's folder says of itself."""

from __future__ import annotations

import re

import pytest

from aspectra.info import quality
from aspectra.places import MODEL
from aspectra.report.opinions_words import judged


@pytest.mark.skipif(not MODEL.is_dir(), reason="no reader comes with this copy")
def test_the_page_tells_the_shipped_readers_scores_on_other_peoples_texts_as_its_card_has_them() -> None:
    told = quality(MODEL)
    assert told is not None
    card = (MODEL / "README.md").read_text(encoding="utf-8")
    rows = {
        name: (float(right), float(found))
        for name, right, found in re.findall(
            r"^\| ([\w-]+) \| [\d,]+ \| [\d.]+ \| ([\d.]+) \| ([\d.]+) \|", card, re.MULTILINE
        )
    }
    del rows["reviews-en"]  # written by the kind of LLM that wrote its training sentences
    others = {
        each["data"]: (round(100 * each["precision"], 1), round(100 * each["recall"], 1)) for each in told["others"]
    }
    assert others == rows and set(others) == {"rest14", "laptop14", "hotels"}
    (_, right, _), (_, found, words) = judged(told)
    assert (right, found) == ("60 to 66\u00a0%", "47 to 64\u00a0%") and "rest14, laptop14, hotels" in words


def test_from_a_confidence_on_only_its_own_dev_tells_how_good_it_is() -> None:
    told = quality(MODEL, 0.7)
    assert told is not None and "others" not in told and told["confidence"] == 0.7
