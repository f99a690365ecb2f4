"""`aspectra.analyze.frame` and `topic_frame`: from a pandas or polars frame of reviews to a frame of the same library
with one row per opinion, or per topic.

Neither library is imported here: the caller has already imported it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aspectra.analyze.opinions import FIELDS, Found, extract
from aspectra.analyze.output import renamed
from aspectra.analyze.scheme import scheme
from aspectra.analyze.spoken import spoken
from aspectra.analyze.table import Entry
from aspectra.analyze.topics import Topics
from aspectra.errors import UserError
from aspectra.readers.extraction import Extractor
from aspectra.readers.predictor import load
from aspectra.readers.taggers.meanings import lent
from aspectra.reviews import TEXT, column_of
from aspectra.schema import POLARITIES

WINDOW = 512
WHOLE, REAL = ("reviews", "complaints", "praise", "opinions", *POLARITIES), ("share", "low", "high")


def frame(frame: Any, text: str | None = None, *, model: str | Path | Extractor | None = None) -> Any:
    """The opinions in a column of texts, one row each: the columns of the input row, then the opinion.

    `frame` is a DataFrame or a Series of pandas or polars; a DataFrame of the same library is returned. With pandas,
    rows keep their index label. `text` is the column (default: found by name, as in `aspectra analyze`). `model` is a
    predictor (`aspectra.load`) or a student's folder; None is the reader that comes with Aspectra. An input column with
    the name of an output column is renamed as in a file. Missing texts have no opinions, and a text without opinions
    has no row.

    Raises UserError for another kind of frame, or if the column does not exist.
    """
    frame, texts = column(frame, text)
    names = list(frame.columns)
    rows: list[int] = []
    found: list[tuple[Any, ...]] = []
    for number, one in enumerate(read(texts, opened(model))):
        rows += [number] * len(one.opinions)
        found += one.opinions
    clashes = {name: new for name, new in renamed(map(str, names)).items() if name in FIELDS}
    columns = {name: [values[n] for values in found] for n, name in enumerate(FIELDS)}
    if (library := library_of(frame)) == "pandas":
        pandas = sys.modules["pandas"]
        kept = frame.iloc[rows].rename(columns=clashes)
        made = pandas.DataFrame(columns, index=kept.index).astype(
            {"start": "Int64", "end": "Int64", "confidence": "float64"}
        )
        return pandas.concat([kept, made], axis=1)
    polars = sys.modules[library]
    kept = frame[rows].rename(clashes)
    text_, whole, real = polars.String, polars.Int64, polars.Float64
    types = dict(zip(FIELDS, (text_, text_, text_, whole, whole, real, text_), strict=True))
    return kept.hstack(polars.DataFrame(columns, schema=types))


def topic_frame(
    frame: Any,
    text: str | None = None,
    *,
    model: str | Path | Extractor | None = None,
    topics: Mapping[str, Sequence[str]] | None = None,
    language: str = "en",
) -> Any:
    """The topics of a column of texts, one row each, by descending number of complaints; `other` comes last.

    `frame`, `text` and `model` are those of `frame`; `topics` and `language` those of `count_opinions`. Columns:
    `topic`; `reviews` that mention it; `complaints` (reviews with a negative opinion of it), their `share` with its 95
    % interval (`low`, `high`); `praise` (reviews with only praise); `opinions`, and one column per polarity; `targets`,
    the most frequent ones, separated by commas.

    Raises UserError as `frame` does, and for an unknown language.
    """
    frame, texts = column(frame, text)
    targets, categories = spoken(language)
    predictor = opened(model)
    reviews = [(Entry(n, "", texts[n], {}), one.opinions) for n, one in enumerate(read(texts, predictor))]
    for entry, opinions in reviews:
        targets.add(entry, opinions)
        categories.add(entry, opinions)
    known = lent(getattr(predictor, "folder", None), language)
    counted = Topics(scheme(targets, categories, known, topics))
    for entry, opinions in reviews:
        counted.add(entry, opinions)
    rows = counted.figures(0, lambda _: None)["rows"]
    columns: dict[str, list[Any]] = {
        "topic": [row["label"] for row in rows],
        "reviews": [row["reviews"] for row in rows],
        "complaints": [row["negative"]["reviews"] for row in rows],
        **{name: [row["negative"][name] for row in rows] for name in REAL},
        "praise": [row["praised"] for row in rows],
        "opinions": [row["opinions"] for row in rows],
        **{name: [row["polarities"][name]["count"] for row in rows] for name in POLARITIES},
        "targets": [", ".join(one["label"] for one in row["targets"]) for row in rows],
    }
    library = sys.modules[library_of(frame)]
    if library.__name__ == "pandas":
        kinds = dict.fromkeys(columns, "str") | dict.fromkeys(WHOLE, "int64") | dict.fromkeys(REAL, "float64")
        return library.DataFrame(columns).astype(kinds)
    types = dict.fromkeys(columns, library.String) | dict.fromkeys(WHOLE, library.Int64)
    return library.DataFrame(columns, schema=types | dict.fromkeys(REAL, library.Float64))


def library_of(frame: Any) -> str:
    """The name of the frame's library."""
    return type(frame).__module__.partition(".")[0]


def column(frame: Any, text: str | None) -> tuple[Any, list[str]]:
    """The frame (a Series becomes one) and its texts; missing texts are empty strings.

    Raises UserError for another kind of frame, or if the column does not exist.
    """
    if library_of(frame) not in ("pandas", "polars") or type(frame).__name__ not in ("DataFrame", "Series"):
        raise UserError(f"pass a DataFrame or Series of pandas or polars, not {type(frame).__name__}")
    if type(frame).__name__ == "Series":
        frame, text = frame.to_frame(frame.name or "text"), frame.name or "text"
    names = list(map(str, frame.columns))
    chosen = text if text in frame.columns else column_of("the frame", names, "text", text or None, TEXT)
    return frame, [value if isinstance(value, str) else "" for value in frame[chosen]]


def opened(model: str | Path | Extractor | None) -> Extractor:
    """The given predictor, or one loaded from a folder."""
    return load(model) if model is None or isinstance(model, str | Path) else model


def read(texts: Sequence[str], predictor: Extractor) -> list[Found]:
    """The opinions of each text."""
    return [one for first in range(0, len(texts), WINDOW) for one in extract(texts[first : first + WINDOW], predictor)]
