"""What a student is asked about fits its input, and no character is lost on the way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aspectra.readers.pieces import pieces

TEXTS = st.text(st.sampled_from("ab A1.!?…。！ \n\t\"')é好\U0001f35d") | st.characters(), max_size=80)


@given(TEXTS, st.integers(1, 12), st.booleans())
def test_pieces_fit_and_cover_the_text(text: str, limit: int, packed: bool) -> None:
    found = list(pieces(text, len, limit, packed))
    assert "".join(text[start:end] for start, end in found) == text
    assert all(0 < end - start <= limit for start, end in found)


def test_packing_takes_whole_sentences_while_there_is_room() -> None:
    text = "One two. Three four. Five six seven eight nine. Ten."
    cut = [text[start:end] for start, end in pieces(text, lambda part: len(part.split()), 4, packed=True)]
    assert cut == ["One two. Three four. ", "Five six seven ", "eight nine. ", "Ten."]


def test_a_short_text_need_not_be_measured() -> None:
    asked: list[str] = []
    texts = ("Good soup.", "Gute Süppchen.", "word " * 30)
    for text in texts:
        assert list(pieces(text, lambda part: asked.append(part) or 9, 128, packed=False)) == [(0, len(text))]  # type: ignore[func-returns-value]
    assert asked == list(texts[1:]), "only one that could be too long: not all ASCII, or nearly as long as the room"


def test_a_long_text_takes_linear_time() -> None:
    text = "word " * 20_000 + "x" * 20_000
    found = list(pieces(text, len, 100, packed=False))
    assert max(end - start for start, end in found) <= 100
