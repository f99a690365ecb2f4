"""Analyses as teachers write them, read as blocks; what does not fit is marked and kept."""

from __future__ import annotations

from aspectra.elicit.analysis import analysis

REVIEW = "The camera is sharp, its battery a joke. Setting it up was easy."
GOOD = (
    'Opinion Target 1: "camera"\nAspect: Image\nSentiment: Very Positive\nReasoning: "Sharp" says so.\n\n'
    'Opinion Target 2: "battery"\nAspect: Life\nSentiment: Negative\nReasoning: A joke, the author says.'
)


def brief(text: str, review: str = REVIEW) -> list[tuple[str, str, str | None, bool]]:
    return [(b.target, b.aspect, b.polarity, b.in_review) for b in analysis(text, review)]


def test_blocks_are_read_with_targets_quoted_or_not() -> None:
    expected = [("camera", "Image", "positive", True), ("battery", "Life", "negative", True)]
    assert brief(GOOD) == expected
    assert brief(GOOD.replace('"camera"', "camera").replace('"battery"', "'battery'")) == expected
    assert (
        brief(GOOD.replace("Opinion Target 1:", "**Opinion Target 1:**").replace("Aspect: L", "- Aspect: L"))
        == expected
    )
    assert brief("\ufeff" + GOOD) == expected
    assert brief(GOOD.upper().replace("POSITIVE", "Positive"))[0][2] == "positive"


def test_several_aspects_of_one_target_are_several_blocks() -> None:
    text = (
        'Opinion Target 1: "camera"\nAspect 1: Image\nSentiment 1: Positive\nReasoning 1: a\n\n'
        "Aspect 2: Price\nSentiment 2: Mild\nReasoning 2: b\n\n"
        "Opinion Target 2: it\nSentiment: Neutral\nSentiment: Negative"
    )
    assert brief(text) == [
        ("camera", "Image", "positive", True),
        ("camera", "Price", None, True),
        ("it", "", "neutral", True),
        ("it", "", "negative", True),
    ]


def test_what_does_not_fit_is_marked_and_kept() -> None:
    (block,) = analysis('Opinion Target 1: "lens"\nAspect: x\nSentiment: Mild Surprise\nReasoning: y', REVIEW)
    assert (block.target, block.sentiment, block.polarity, block.in_review) == ("lens", "Mild Surprise", None, False)
    assert brief('Opinion Target: "CAMERA"')[0][3], "the case of a target does not count"


def test_a_block_on_one_line_is_read() -> None:
    line = 'Opinion Target 1: "camera" -- Aspect: Image -- Sentiment: Positive - Reasoning: sharp\n'
    commas = 'Opinion Target 1: "camera", Aspect: Image, Sentiment: Positive, Reasoning: sharp'
    for text in (line, commas):
        block = analysis(text, REVIEW)[0]
        assert (block.target, block.aspect, block.sentiment, block.reasoning) == (
            "camera",
            "Image",
            "Positive",
            "sharp",
        )
