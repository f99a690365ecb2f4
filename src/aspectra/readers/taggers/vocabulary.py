"""The table of meanings of an export: the tagger's own word pieces, made small. Called by `convert`.

The vectors that a network is fed are still near to what its base learned of meaning; behind its layers a span says
whether it is a target and how it is judged (docs/results/topics.md).
"""

from __future__ import annotations

from pathlib import Path

from aspectra.readers.taggers.meanings import TABLE
from aspectra.students.taggers.tagger import Tagger

WIDTH = 128  # numbers of a piece: the directions in which the pieces differ most


def write(tagger: Tagger, folder: Path) -> None:
    """Write the pieces' vectors, centered, along their first principal axes, in 8 bits with a scale for each piece.

    A frequent piece (`the`, `of`) says little and counts less: by the log of its place in the vocabulary, which is
    roughly in order of frequency, as model2vec has it (Tulkens and van Dongen, 2024).
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
