"""Turns a labeled set into recorded answers, which `aspectra elicit --teacher recorded` returns.

So labels take the same path as an LLM's answers. Called by `reader` and by `benchmarks.own_reviews`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra.data import datasets
from aspectra.data.left_out import LEFT_OUT, fingerprint, left_out
from aspectra.manifest import Stage
from aspectra.progress import counted, say
from aspectra.schema import Example
from aspectra.tables import write_jsonl

REVIEWS, ANSWERS = "reviews.jsonl", "answers.jsonl"


def label(place: Path, out: Path) -> dict[str, Any]:
    """Write the training sentences of a set's folder, and answers about them, into `out`; return the manifest.

    Sentences in the set's `left-out.txt` are excluded. Raises UserError for a set without a train.json.
    """
    inputs: dict[str, Path | str] = {path.name: path for path in datasets.files(place, "train")}
    if (place / LEFT_OUT).is_file():
        inputs[LEFT_OUT] = place / LEFT_OUT
    stage = Stage("labels", out, inputs, {}, replace=True)
    if (done := stage.finished()) is not None:
        say(f"labels: {out} is done already")
        return done
    found, skipped = datasets.split(place, "train"), left_out(place)
    taught = [example for example in found if fingerprint(example.text) not in skipped]
    stage.begin()
    record(taught, out)
    say(f"labels: {counted(len(taught), 'sentence')} of {place}")
    return stage.finish({"sentences": len(taught), "left_out": len(found) - len(taught)})


def record(examples: Sequence[Example], out: Path) -> None:
    """Write `reviews.jsonl` (id, text) and `answers.jsonl`: an `extraction` answer for each, with offsets."""
    write_jsonl(out / REVIEWS, ({"id": example.id, "text": example.text} for example in examples))
    write_jsonl(out / ANSWERS, map(answer, examples))


def answer(example: Example) -> dict[str, str]:
    """The perfect answer to a sentence, in the format of recorded answers. Opinions without a target are dropped: a
    tagger does not learn them."""
    named = [opinion for opinion in example.opinions if opinion.target]
    opinions = [{"target": o.target, "polarity": o.polarity, "from": o.start, "to": o.end} for o in named]
    text = json.dumps({"opinions": opinions}, ensure_ascii=False)
    return {"review": example.text, "kind": "extraction", "text": text}
