"""The table of meanings of an export: input embeddings, compressed. Called by `convert`.

The input embeddings are still close to what the base model learned about meaning. After the layers, a span's state
encodes whether it is a target and how it is judged (docs/results/topics.md). Some encoders have better ones than
others, so a tagger can use those of another encoder for the pieces that both have.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.readers.taggers.meanings import TABLE
from aspectra.students.taggers.tagger import Tagger

WIDTH = 128  # dimensions of a piece's vector: the principal axes with the largest variance
SHARED = 0.5  # of the pieces: with fewer in common, most texts would have no vector


def write(tagger: Tagger, folder: Path, lender: Tagger | None = None) -> None:
    """Write the pieces' vectors, centered, on their first principal axes, in 8 bits with a scale for each piece.

    The vectors are those of `lender`, or the tagger's own. A piece that the lender does not have gets zeros. Raises
    UserError if the two share less than `SHARED` of the tagger's pieces.

    A frequent piece (`the`, `of`) says little and gets a lower weight: the log of its rank in the vocabulary, which is
    roughly ordered by frequency, as in model2vec (Tulkens and van Dongen, 2024).
    """
    import numpy as np

    encoder = (lender or tagger).model.encoder
    pieces = encoder.get_input_embeddings().weight.detach().float().cpu().numpy()
    pieces = pieces - pieces.mean(axis=0)
    values, axes = np.linalg.eigh(pieces.T.astype(np.float64) @ pieces / len(pieces))
    small = pieces @ axes[:, np.argsort(-values)[:WIDTH]].astype(np.float32)
    small *= np.log1p(np.arange(len(small), dtype=np.float32))[:, None]
    if lender is not None:
        small = matched(small, lender.tokenizer.get_vocab(), tagger.tokenizer.get_vocab())
    scales = np.maximum(np.abs(small).max(axis=1), 1e-9) / 127
    np.savez(folder / TABLE, rows=np.round(small / scales[:, None]).astype(np.int8), scales=scales.astype(np.float32))


def matched(rows: Any, lent: Mapping[str, int], own: Mapping[str, int]) -> Any:
    """The rows (pieces, width) of one vocabulary in the order of another. Raises UserError if too few are in both."""
    import numpy as np

    both = [(number, lent[piece]) for piece, number in own.items() if lent.get(piece, len(rows)) < len(rows)]
    if len(both) < SHARED * len(own):
        raise UserError(
            f"only {len(both)} of {len(own)} pieces of the two vocabularies are the same; name an encoder for "
            "--meanings that has the vocabulary of the student"
        )
    found = np.zeros((max(own.values()) + 1, rows.shape[1]), rows.dtype)
    to, source = zip(*both, strict=True)
    found[list(to)] = rows[list(source)]
    return found
