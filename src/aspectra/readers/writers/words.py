"""An export's tokenizer: the `tokenizers` library behind the part of transformers' interface that `Encoder` uses.

Called by `in_ct2`. Every export checks that it gives the same ids as in training.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from aspectra.errors import UserError

FILE = "tokenizer.json"


class Ids(NamedTuple):
    """The ids of a text."""

    input_ids: list[int]


class Words:
    """A tokenizer read from `tokenizer.json`; `end` is the id of its end token."""

    def __init__(self, folder: Path, end: int) -> None:
        from tokenizers import Tokenizer

        try:
            self.inner = Tokenizer.from_file(str(folder / FILE))
        except Exception as error:  # the library raises no more specific error
            raise UserError(f"cannot read {folder / FILE} ({error}); export the model again") from None
        self.inner.no_padding()
        self.inner.no_truncation()
        self.eos_token_id = end

    def __call__(self, text: str, add_special_tokens: bool = True, split_special_tokens: bool = False) -> Ids:
        self.inner.encode_special_tokens = split_special_tokens
        return Ids(self.inner.encode(text, add_special_tokens=add_special_tokens).ids)

    def get_vocab(self) -> dict[str, int]:
        vocabulary: dict[str, int] = self.inner.get_vocab(with_added_tokens=True)
        return vocabulary

    def decode(self, ids: Sequence[int], skip_special_tokens: bool, clean_up_tokenization_spaces: bool) -> str:
        """The text of ids. Cleaning up is not implemented; `Encoder` does not use it."""
        assert not clean_up_tokenization_spaces
        return str(self.inner.decode(list(ids), skip_special_tokens=skip_special_tokens))
