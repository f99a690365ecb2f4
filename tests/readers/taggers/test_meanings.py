"""What an export knows of meaning: the student's own word pieces, made small, read without torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from aspectra.errors import UserError
from aspectra.readers.taggers import vocabulary
from aspectra.readers.taggers.meanings import TABLE, Meanings, unit
from aspectra.readers.taggers.signature import TOKENIZER
from aspectra.students.taggers.tagger import Tagger

Made = Callable[[str, str], Path]
TEXTS = ["room", "the room", "bed", "food", "staff"]


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_texts_are_as_near_as_their_pieces_are_to_the_student(
    kind: str, reader_of: Made, tagger_of: Callable[[str], Path]
) -> None:
    tagger = Tagger.load(tagger_of(kind))
    pieces = tagger.model.encoder.get_input_embeddings().weight.detach().numpy()
    pieces = (pieces - pieces.mean(axis=0)) * np.log1p(np.arange(len(pieces)))[:, None]
    encode = tagger.tokenizer.backend_tokenizer.encode
    sums = unit(np.array([pieces[encode(text, add_special_tokens=False).ids].sum(axis=0) for text in TEXTS]))
    vectors = Meanings(reader_of(kind, "float32")).of(TEXTS)
    # So few numbers all have room in the table: axes are only turned. What is lost is the rounding to 8 bits.
    assert vectors.shape[1] == min(128, pieces.shape[1]) == pieces.shape[1]
    assert np.abs(vectors @ vectors.T - sums @ sums.T).max() < 0.03


def test_an_encoder_lends_its_pieces_to_a_tagger_of_the_same_vocabulary(
    reader_of: Made, tagger_of: Callable[[str], Path], tmp_path: Path
) -> None:
    other = Tagger.load(tagger_of("electra"))
    vocabulary.write(Tagger.load(tagger_of("bert")), tmp_path, other)
    (tmp_path / TOKENIZER).write_bytes((reader_of("bert", "int8") / TOKENIZER).read_bytes())
    lent, own, theirs = (
        Meanings(each).of(TEXTS) for each in (tmp_path, *(reader_of(k, "int8") for k in ("bert", "electra")))
    )
    assert np.abs(lent - theirs).max() < 1e-6 < np.abs(lent @ lent.T - own @ own.T).max()


def test_pieces_are_matched_by_their_text_and_too_few_are_refused() -> None:
    rows = np.array([[1.0], [2.0], [3.0]])
    lent = {"bed": 0, "room": 1, "##s": 2}
    assert vocabulary.matched(rows, lent, {"<s>": 0, "room": 1, "bed": 2}).tolist() == [[0.0], [2.0], [1.0]]
    with pytest.raises(UserError, match="only 1 of 3 pieces of the two vocabularies are the same"):
        vocabulary.matched(rows, lent, {"<s>": 0, "\u0120room": 1, "bed": 2})


def test_both_types_of_an_export_have_the_same_table(reader_of: Made) -> None:
    whole, small = (reader_of("bert", compute) / TABLE for compute in ("float32", "int8"))
    assert whole.read_bytes() == small.read_bytes()


def test_a_text_without_a_word_means_nothing(reader_of: Made) -> None:
    vectors = Meanings(reader_of("bert", "int8")).of(["", "  ", "bed", "\ud83d"])
    assert not vectors[:2].any() and np.linalg.norm(vectors[2]) == pytest.approx(1)
    assert np.isfinite(vectors).all()


def test_an_export_without_a_table_or_with_a_torn_one_is_to_be_made_again(reader_of: Made, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no meanings\.npz.*export the tagger again"):
        Meanings(tmp_path)
    (tmp_path / TOKENIZER).write_bytes((reader_of("bert", "int8") / TOKENIZER).read_bytes())
    (tmp_path / TABLE).write_bytes((reader_of("bert", "int8") / TABLE).read_bytes()[:500])
    with pytest.raises(UserError, match=r"cannot read .*meanings\.npz") as raised:
        Meanings(tmp_path)
    assert "\n" not in str(raised.value)
