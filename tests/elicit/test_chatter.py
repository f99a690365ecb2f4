"""What teachers say around their answers, and what only looks like it."""

from __future__ import annotations

import pytest

from aspectra.elicit.chatter import alone

TOLD = "I love how warm the pool is. The breakfast disappoints me."
BLOCK = 'Opinion Target 1: "pool"\nAspect: General\nSentiment: Positive\nReasoning: It is warm.'


@pytest.mark.parametrize(
    "before",
    [
        "Sure! Here is the rewritten review: ",
        "Sure! Here's the review, told again:\n\n",
        "Sure thing! Here’s a rewritten version of the review in the first person:\n\n",
        "Certainly!\n\n",
        "Of course! ",
        "Okay, here is the new text:\n",
        "Absolutely! Below is the rewritten review with every feeling made explicit:\n\n---\n\n",
        "I'd be happy to help! Here is the rewriting:\n",
        "Here is a rewritten version of your review.\n\n",
        "I have rewritten the review in the first person:\n\n",
        "Let me rewrite that for you:\n\n",
        "As requested, here is the review:\n\n",
        "**Rewritten Review:**\n\n",
        "### Rewritten Review\n\n",
        "Rewritten in the first person:\n",
        "New text: ",
        "```\n",
        "```text\n",
        "Sure! Here is the rewritten review:\n\n```\n",
    ],
)
@pytest.mark.parametrize(
    "after",
    [
        "",
        "\n\nLet me know if you'd like any changes!",
        " Let me know if you need anything else.",
        "\n\nI hope this helps! Feel free to ask if you have any questions.",
        "\n\nWould you like me to make it shorter?",
        "\n\nIf you want a different tone, just let me know.",
        "\n\n---\n\nThis version keeps all facts.",
        "\n\n(Note: I kept all facts.)",
        "\n\n**Changes made:**\n- named the feelings\n- first person",
        "\n\nHere's what I changed:\n1. The feelings.",
        "\n\nThis rewriting makes every feeling explicit.",
    ],
)
def test_talk_around_a_rewriting_is_cut_off(before: str, after: str) -> None:
    fence = "\n```" if "```" in before else ""
    assert alone("rewriting", before + TOLD + fence + after)[0] == TOLD


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Sure! Here is the analysis:\n\n```\n", "\n```\n\nLet me know if you need more."),
        ("```markdown\n", "\n```"),
        ("", "\n\nLet me know if you would like another review analyzed!"),
        ("", "\n\nNote: the review is short."),
        ("**Analysis**\n\n", "\n\nI hope this helps!"),
    ],
)
def test_talk_around_an_analysis_is_cut_off(before: str, after: str) -> None:
    assert alone("analysis", before + BLOCK + after)[0] == BLOCK


@pytest.mark.parametrize(
    "text",
    [
        "Sure, the pool was warm, but I hated the breakfast.",
        "Of course I love the pool.",
        "Here I was, in love with the pool.",
        "This is my favorite pool: I love it.",
        "I have two complaints: the breakfast and the noise. I hate both.",
        "Great pool, and I loved it.\n\nThe breakfast: I hated it.",
        "I love it. Let me know if they ever reopen.",
        "I will return: this version of the hotel delights me.",
        "I love the old version: it was better.",
        "I was pleased. If you have kids, bring them: they loved the pool.",
        "I asked, and they were happy to help me. I am grateful.",
    ],
)
def test_a_review_that_only_sounds_like_talk_stays_whole(text: str) -> None:
    assert alone("rewriting", text) == (text, False)
