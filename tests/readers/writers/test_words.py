"""An export's tokenizer, read by itself, speaks as transformers' does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from aspectra.readers.writers.words import Words
from aspectra.students.writers.writer import Writer

TEXTS = ("", " Good  soup. ", "</s><pad><extra_id_3><|end|>", "\U0001f35d crème\tbrûlée")


@pytest.mark.parametrize("family", ["t5", "llama"])
def test_ids_text_and_vocabulary_are_those_of_transformers(
    family: str, student_of: Callable[[str], Path], export_of: Callable[[str], Path]
) -> None:
    theirs = Writer.load(student_of(family)).tokenizer
    ours = Words(export_of(family), theirs.eos_token_id)
    assert ours.get_vocab() == theirs.get_vocab()
    for text in TEXTS:
        for special in (True, False):
            for apart in (False, True):  # in turn: the library keeps the setting between calls
                given = {"add_special_tokens": special, "split_special_tokens": apart}
                assert ours(text, **given).input_ids == theirs(text, **given).input_ids
        ids = ours(text).input_ids
        for skip in (True, False):
            said = {"skip_special_tokens": skip, "clean_up_tokenization_spaces": False}
            assert ours.decode(ids, **said) == theirs.decode(ids, **said)
