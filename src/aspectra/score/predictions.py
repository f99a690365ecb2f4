"""Predictions as JSONL, one line for each sentence in the order of the gold.

Called by `aspectra score`, `aspectra.benchmark` and `report`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.progress import say
from aspectra.schema import Opinion, Prediction
from aspectra.tables import read_jsonl, write_jsonl

KNOWN = ("id", "text", "opinions", "raw")
HASHED = "text_sha256"  # replaces the text if its license forbids redistribution


def read_predictions(path: Path | str) -> list[Prediction]:
    """The predictions of a file. Unknown fields are kept in `extra`.

    A line may have the text's sha256 instead of the text, which is then taken from the gold. Raises UserError for a
    missing or broken file and for a line without `text` or with malformed opinions. A line needs `raw` or `opinions`.
    """
    predictions = []
    odd: list[str] = []
    for number, row in enumerate(read_jsonl(path), 1):
        where = f"{path}, prediction {number}"
        text, raw, opinions = row.get("text"), row.get("raw"), row.get("opinions")
        if text is None and isinstance(row.get(HASHED), str):
            text = ""
        if not isinstance(text, str):
            raise UserError(f"{where} has no 'text' (or '{HASHED}'), which is needed to match it with the gold")
        if raw is not None and not isinstance(raw, str):
            raise UserError(f"{where}: 'raw' is the linear form as text, or null")
        if raw is None and opinions is None:
            raise UserError(f"{where} has neither 'raw' nor 'opinions'")
        if not isinstance(opinions, list | None) or not all(isinstance(item, dict) for item in opinions or ()):
            raise UserError(f"{where}: 'opinions' is a list of objects with target, category, polarity")
        odd += [
            f"{item[name]!r} as {name} of prediction {number}"
            for item in (opinions or () if raw is None else ())
            for name in ("target", "category")
            if not isinstance(item.get(name), str | None)
        ]
        predictions.append(
            Prediction(
                id=str(row.get("id", number)),
                text=text,
                opinions=tuple(_opinion(item) for item in opinions or ()),
                raw=raw,
                extra={key: value for key, value in row.items() if key not in KNOWN},
            )
        )
    if odd:
        say(f"{path}: {len(odd)} targets or categories are not text, and are read as text: first {odd[0]}")
    return predictions


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """Write predictions, one line for each sentence. The write is atomic."""
    write_jsonl(
        path,
        (
            {
                "id": p.id,
                "text": p.text,
                "opinions": [
                    {"target": o.target, "category": o.category, "polarity": o.polarity, "from": o.start, "to": o.end}
                    for o in p.opinions
                ],
                "raw": p.raw,
                **p.extra,
            }
            for p in predictions
        ),
    )


def digest_of(text: str) -> str:
    """The SHA-256 of a text's UTF-8 in hex, for texts that must not be redistributed."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _opinion(item: dict[str, Any]) -> Opinion:
    """An opinion as written. Values of a wrong type become text that no gold has, so they count as wrong."""
    target, category, polarity = item.get("target"), item.get("category"), item.get("polarity")
    start, end = item.get("from"), item.get("to")
    return Opinion(
        target=None if target is None else str(target),
        category=None if category is None else str(category),
        polarity=polarity if isinstance(polarity, str) else "",
        start=start if isinstance(start, int) else None,
        end=end if isinstance(end, int) else None,
    )
