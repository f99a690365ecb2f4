"""Equal and nearly equal reviews."""

from __future__ import annotations

from aspectra.corpus.duplicates import Seen, similarity

REVIEW = " ".join(f"word{i}" for i in range(60))


def test_the_same_words_are_an_exact_duplicate_whatever_their_punctuation() -> None:
    seen = Seen(0.8)
    assert seen.meet("A fine stay, truly.") is None
    assert seen.meet("a FINE stay... truly!") == "exact"


def test_one_changed_word_in_sixty_is_a_near_duplicate_and_half_of_them_is_not() -> None:
    seen = Seen(0.8)
    assert seen.meet(REVIEW) is None
    assert seen.meet(REVIEW.replace("word59", "other")) == "near"
    half = " ".join(f"word{i}" if i < 30 else f"new{i}" for i in range(60))
    assert seen.meet(half) is None


def test_similarity_is_shared_over_all() -> None:
    assert similarity(frozenset("abc"), frozenset("bcd")) == 0.5
    assert similarity(frozenset(), frozenset()) == 1.0


def test_a_review_can_be_compared_without_being_remembered() -> None:
    seen = Seen(0.8)
    text = "The soup was lukewarm and the waiter never came back to our table."
    assert seen.like(text) is None
    assert seen.meet(text) is None, "it was only looked at"
    assert seen.like(text.upper()) == "exact"
    assert seen.like(text + " Bye.") == "near"
