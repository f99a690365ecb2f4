"""The table of meanings of an export: the tagger's input embeddings, compressed. Called by `convert`.

The input embeddings are still close to what the base model learned about meaning. After the layers, a span's state
encodes whether it is a target and how it is judged (docs/results/topics.md).
"""

from __future__ import annotations

from pathlib import Path

from aspectra.readers.taggers.meanings import TABLE
from aspectra.students.taggers.tagger import Tagger

WIDTH = 128  # dimensions of a piece's vector: the principal axes with the largest variance


def write(tagger: Tagger, folder: Path) -> None:
    """Write the pieces' vectors, centered, on their first principal axes, in 8 bits with a scale for each piece.

    A frequent piece (`the`, `of`) says little and gets a lower weight: the log of its rank in the vocabulary, which is
    roughly ordered by frequency, as in model2vec (Tulkens and van Dongen, 2024).
    """
    import numpy as np

    encoder = tagger.model.encoder
    pieces = encoder.get_input_embeddings().weight.detach().float().cpu().numpy()
    pieces = pieces - pieces.mean(axis=0)
    values, axes = np.linalg.eigh(pieces.T.astype(np.float64) @ pieces / len(pieces))
    small = pieces @ axes[:, np.argsort(-values)[:WIDTH]].astype(np.float32)
    small *= np.log1p(np.arange(len(small), dtype=np.float32))[:, None]
    scales = np.maximum(np.abs(small).max(axis=1), 1e-9) / 127
    np.savez(folder / TABLE, rows=np.round(small / scales[:, None]).astype(np.int8), scales=scales.astype(np.float32))
