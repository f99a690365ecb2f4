"""What is in a set, in numbers. Called by `aspectra data`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.benchmark.datasets import SPLITS, Stats, files, read
from aspectra.benchmark.subsets import select
from aspectra.errors import UserError
from aspectra.schema import POLARITIES


def describe(folder: Path, task: str) -> dict[str, dict[str, Any]]:
    """For each split that the set has: its counts.

    `targets` and `categories`: opinions that have one; `distinct_*`: different ones. `gold`, `implicit`, `multi`:
    entries and sentences as each scoring counts them; `implicit` is None where no opinion words are marked at all.
    `mended`, `unplaced`: see `datasets.Stats`. Raises UserError for a set with nothing but a hard_test.json.
    """
    splits = {name: _split(folder, task, name) for name in SPLITS if (folder / f"{name}.json").is_file()}
    if not splits:
        raise UserError(f"{folder} has none of {', '.join(f'{name}.json' for name in SPLITS)}")
    return splits


def _split(folder: Path, task: str, name: str) -> dict[str, Any]:
    rules = tasks.get(task)
    stats, examples = Stats(), []
    for path in files(folder, name):
        part, mending = read(path)
        examples += part
        stats += mending
    opinions = [opinion for example in examples for opinion in example.opinions]
    targets = [o.target for o in opinions if o.target]
    categories = [o.category for o in opinions if o.category]
    polarities = Counter(o.polarity for o in opinions)
    marked = any(o.words for o in opinions)
    return {
        "sentences": len(examples),
        "opinions": len(opinions),
        "targets": len(targets),
        "distinct_targets": len(set(targets)),
        "categories": len(categories),
        "distinct_categories": len(set(categories)),
        "polarities": {polarity: polarities[polarity] for polarity in POLARITIES},
        "gold": {way: sum(rules.gold(e, way).total() for e in examples) for way in tasks.SCORINGS},
        "implicit": {way: sum(select(examples, task, "implicit", way)) if marked else None for way in tasks.SCORINGS},
        "multi": {way: sum(select(examples, task, "multi", way)) for way in tasks.SCORINGS},
        "mended": stats.mended,
        "unplaced": stats.unplaced,
    }
