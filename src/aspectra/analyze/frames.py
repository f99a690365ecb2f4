"""`aspectra.analyze.frame`: a pandas or polars frame of reviews -> the same kind of frame with a row an opinion.

Neither library is imported here: whoever hands in a frame has done so.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from aspectra.analyze.opinions import FIELDS, extract
from aspectra.analyze.output import renamed
from aspectra.errors import UserError
from aspectra.readers.extraction import Extractor
from aspectra.readers.predictor import load
from aspectra.reviews import TEXT, find

WINDOW = 512


def frame(frame: Any, text: str | None = None, *, model: str | Path | Extractor | None = None) -> Any:
    """The opinions in a column of texts, one row each: the row's own columns, then what was found.

    `frame` is a DataFrame or a Series of pandas or polars, and the same library's DataFrame is returned; a row of
    pandas keeps its index label. `text` names the column (default: found by name, as `aspectra analyze` does). `model`
    is a predictor (`aspectra.load`) or a student's folder, None the reader that comes with Aspectra. A column that has
    the name of one of ours is renamed as in a file. Texts that are missing have no opinions, and a text without
    opinions has no row.

    Raises UserError for another kind of frame, or a column that is not there.
    """
    library = type(frame).__module__.partition(".")[0]
    if library not in ("pandas", "polars") or type(frame).__name__ not in ("DataFrame", "Series"):
        raise UserError(f"a DataFrame or Series of pandas or polars is wanted, not {type(frame).__name__}")
    if type(frame).__name__ == "Series":
        frame, text = frame.to_frame(frame.name or "text"), frame.name or "text"
    names = list(frame.columns)
    column = text if text in names else find([str(name) for name in names], (text,) if text else TEXT)
    if column is None:
        raise UserError(f"there is no column '{text or 'text'}'; there are: {', '.join(map(str, names))}")
    predictor = load(model) if model is None or isinstance(model, str | Path) else model
    texts = [value if isinstance(value, str) else "" for value in frame[column]]
    rows: list[int] = []
    found: list[tuple[Any, ...]] = []
    for first in range(0, len(texts), WINDOW):
        for number, one in enumerate(extract(texts[first : first + WINDOW], predictor), first):
            rows += [number] * len(one.opinions)
            found += one.opinions
    clashes = {name: new for name, new in renamed(map(str, names)).items() if name in FIELDS}
    columns = {name: [values[n] for values in found] for n, name in enumerate(FIELDS)}
    if library == "pandas":
        pandas = sys.modules["pandas"]
        kept = frame.iloc[rows].rename(columns=clashes)
        made = pandas.DataFrame(columns, index=kept.index).astype(
            {"start": "Int64", "end": "Int64", "confidence": "float64"}
        )
        return pandas.concat([kept, made], axis=1)
    polars = sys.modules["polars"]
    kept = frame[rows].rename(clashes)
    text_, whole, real = polars.String, polars.Int64, polars.Float64
    types = dict(zip(FIELDS, (text_, text_, text_, whole, whole, real, text_), strict=True))
    return kept.hstack(polars.DataFrame(columns, schema=types))
