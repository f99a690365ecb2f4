"""What teachers say around their answers, and what only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit.chatter import alone
from aspectra.elicit.thinking import strip_thinking
from aspectra.elicit.validation import validate
from aspectra.tables import read_jsonl

DEMO = Path(__file__).resolve().parents[2] / "src" / "aspectra" / "demo"
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
        "First-person version:\n",
        "## Revised version\n\n",
        "Great! Here's my rewrite:\n\n",
        "Great question!\n\n",
        "New text: ",
        "```\n",
        "```text\n",
        "Sure! Here is the rewritten review:\n\n```\n",
        "Here you go!\n\n",
        "Here you go: ",
        "There you go:\n",
        "😊 Sure! Here you go:\n\n",
        "Sure thing! ",
        "Absolutely. ",
        "Gladly! ",
        "Assistant: ",
        "ASSISTANT: ",
        "**Assistant:** ",
        "Rewrite: ",
        "Rewritten: ",
        "Paraphrase:\n",
        "**Revised Review:** ",
        "### Final version:\n",
        "My rewritten hotel review: ",
        "Natürlich! Hier ist die umgeschriebene Rezension:\n\n",
        "Bien sûr ! Voici la version réécrite :\n\n",
        "¡Claro! Aquí tienes la reseña reescrita:\n\n",
        "Certo! Ecco la recensione riscritta:\n\n",
        "当然！以下是改写后的评论：\n",
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
        "\n\nThis version keeps all the original sentiments.",
        "\n\nWant me to adjust the tone?",
        "\n\nShould I make it shorter?",
        "\n\nFeel free to tweak it.",
        " Feel free to ask for more.",
        "\n\nI made every sentiment explicit.",
        "\n\nI have kept the original tone.",
        "\n\n[Word count: 16]",
        "\n\n(16 words)",
        "\n\nHow does that sound?",
        "\n\nHappy to adjust it further!",
        " I hope this helps! 😊",
        "\n\nWould you like me to adjust the tone? I can make it more formal. Just let me know!",
        "\n\nI hope this helps!\n\nLet me know if you need e.g. a shorter one.",
        "\n\nThis version keeps all facts. It is as long as the review.",
    ],
)
def test_talk_around_a_rewriting_is_cut_off(before: str, after: str) -> None:
    fence = "\n```" if "```" in before else ""
    assert alone("rewriting", before + TOLD + fence + after)[0] == TOLD


@pytest.mark.parametrize(
    "wrapped",
    [
        '{"rewriting": "G"}',
        '{"rewritten_review": "G"}',
        '{"text": "G"}',
        '{"original_review": "x", "rewritten_review": "G"}',
        '{"review": "x", "rewriting": "G"}',
        '{"reasoning": "x", "output": "G"}',
        '{"result": {"rewriting": "G"}}',
        '[{"rewriting": "G"}]',
        '["G"]',
        '```json\n{"rewriting": "G"}\n```',
        'Sure! Here is the JSON response:\n\n```json\n{\n  "rewriting": "G"\n}\n```\n\nLet me know if you need more.',
        '{"rewriting": "Here you go!\\n\\nG"}',
        "> G",
        "**G**",
        "“G”",
    ],
)
def test_what_encloses_a_rewriting_is_taken_off(wrapped: str) -> None:
    assert validate("rewriting", wrapped.replace("G", TOLD), "Nice pool.", "stop") == (TOLD, None)


@pytest.mark.parametrize(
    "broken", ['{"rewriting": "G', '{"error": "G"}', '{"a": 1, "b": "G"}', "{'rewriting': G}", "[[]]"]
)
def test_json_that_hides_the_rewriting_is_rejected(broken: str) -> None:
    assert validate("rewriting", broken.replace("G", TOLD), "Nice pool.", "stop")[1] == "JSON, not a text"


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
        "Sure, the pool was nice.",
        "Here you go to relax.",
        "Absolutely loved it.",
        "Okay. Nothing special.",
        "No problem. Check-in was quick.",
        "Here are my thoughts on this hotel:\n\nThe pool was warm.",
        "Here is what I liked:\nthe pool.",
        "The app is slow. The new version crashes a lot.",
        "I like the camera. This version is worse than the old one.",
        "The staff is kind. Feel free to ask them for extra towels.",
        "I waited. Would you like to wait an hour for cold soup? I did not.",
        "I loved it. Do you need any more reasons?",
        "I had to show it. I kept the original receipt.",
        "Answering the phone took them an hour.",
        "Sure, the bed was soft and I loved it. I hope this helps other travelers! The street was loud.",
        "I loved the bed.\n\nI hope this helps other travelers! The street was loud.",
        "I loved the bed. If you like noise, go there. They were happy to help.",
        "I hated it. How does this work? I do not know.",
        "I loved it. Note that this hotel has no lift. I hated that.",
        "I waited. Feel free to ask any questions. They do not answer.",
        "I loved it. Thank you for providing such service!",
        "I loved it. I am happy to make the trip again.",
        "I loved it. The revised menu disappoints me.",
        "I hate the app. The new version keeps crashing.",
        "Okay, here is what I hated about this hotel:\nthe street.",
        "Okay, here is a great hotel. The only complaint:\nthe street.",
        "Here is a place that I love. The text on its page is false:\nit is loud.",
        "Here is the response I got from the manager: get lost.",
        "This is the best version: I love it.",
        "This is a great version.\nI love it.",
        "I have revised my opinion: I hate it.",
        "The new version has two faults:\nit crashes and it is slow.",
        "**Disappointed by the new version**\nIt crashes.",
        "Great!\nI loved the bed.",
        "I loved [most of] the {rather small} pool.",
    ],
)
def test_a_review_that_only_sounds_like_talk_stays_whole(text: str) -> None:
    assert alone("rewriting", text) == (text, False)


@pytest.mark.parametrize(
    "own", ["Updated review: I came back.", "Absolutely! Worth it.", "I ate. Let me know if you go."]
)
def test_words_that_the_review_itself_has_are_no_talk(own: str) -> None:
    assert alone("rewriting", own, own) == (own, False)


@pytest.mark.parametrize(
    ("review", "told"),
    [
        ("Nice bed. Note: loud street.", "I love the bed.\nNote: I hate the loud street."),
        ("Nice bed.\n---\nLoud street.", "I love the bed.\n---\nI hate the loud street."),
    ],
)
def test_a_label_or_a_rule_that_the_review_itself_has_does_not_end_the_rewriting(review: str, told: str) -> None:
    assert alone("rewriting", told, review) == (told, False)


SIGN_OFFS = [
    "I hope this helps!", "Let me know if you have any questions.", "Feel free to ask if you need more.",
    "Would you like me to make it shorter?", "If you want more, just let me know.", "Happy to help!",
    "This version keeps all facts.", "I made every sentiment explicit.", "Is there anything else?",
]  # fmt: skip


@given(st.lists(st.sampled_from(SIGN_OFFS), min_size=1, max_size=3), st.sampled_from([" ", "\n", "\n\n"]))
def test_a_sign_off_is_cut_off_only_where_no_sentence_of_the_review_follows(said: list[str], gap: str) -> None:
    talk = " ".join(said)
    assert alone("rewriting", f"I loved the bed.{gap}{talk}") == ("I loved the bed.", True)
    told = f"I loved the bed. {talk} The street was loud."
    assert alone("rewriting", told) == (told, False)


OPENINGS = [
    "", "Sure, it is small. ", "Absolutely loved it. ", "Here you go to relax. ", "Definitely a good place. ",
    "Unfortunately, I was not able to get a table. ", "I won't be able to come back. ", "I'm sorry to say it: bad. ",
    "Of course the lift was broken. ", "Great place. ", "Thank you for the lovely stay. ", "Okay food. ",
    "First, I need to mention the view. ", "My plan was to swim. ", "As an aunt of two, I compare. ",
]  # fmt: skip
MIDDLES = [
    "The pool was warm & clean <3.",
    "I paid > $20 (too much).",
    "The soup: cold.\nThe bread: stale.",
    "We [two] ate.",
]
ENDINGS = [
    "", " I can't recommend it.", " Feel free to ask them for towels.", " Would I go again? Yes.",
    " Hope they improve.",
    " The new version is slower.", " If you like noise, go there.", " I made a note of it.", " Enjoy!",
    " Need I say more?",
    "\n\nI would return.", " This is what I wanted.", " They were happy to help.", " Anything else? No.",
]  # fmt: skip


@given(st.sampled_from(OPENINGS), st.lists(st.sampled_from(MIDDLES), min_size=1, max_size=3), st.sampled_from(ENDINGS))
def test_an_ordinary_review_passes_unchanged(opening: str, middles: list[str], ending: str) -> None:
    told = opening + " ".join(middles) + ending
    assert validate("rewriting", strip_thinking(told)[0], "Another review.", "stop") == (told, None)


def test_the_reviews_of_the_project_pass_unchanged() -> None:
    reviews = [row["text"].strip() for row in read_jsonl(DEMO / "reviews.jsonl")]
    assert len(reviews) > 50
    for text in reviews:
        assert validate("rewriting", strip_thinking(text)[0], "Another review.", "stop") == (text, None)
