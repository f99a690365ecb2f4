"""Counts of a set, and the sentences that sets share. Called by `aspectra data stats`."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.data.datasets import SPLITS, files
from aspectra.data.examples import Stats, load, read
from aspectra.errors import UserError
from aspectra.schema import POLARITIES
from aspectra.score.subsets import select


def describe(folder: Path, task: str) -> dict[str, dict[str, Any]]:
    """The counts of each split of a set.

    `targets` and `categories`: opinions that have one. `distinct_*`: distinct ones. `gold`, `implicit`, `multi`:
    entries and sentences as each scoring counts them; `implicit` is None if no opinion words are annotated. `mended`,
    `unplaced`: see `examples.Stats`. Raises UserError for a set with only a hard_test.json.
    """
    splits = {name: _split(folder, task, name) for name in SPLITS if (folder / f"{name}.json").is_file()}
    if not splits:
        raise UserError(f"{folder} has none of {', '.join(f'{name}.json' for name in SPLITS)}")
    return splits


def overlaps(folders: dict[str, Path]) -> list[dict[str, Any]]:
    """The test sentences that each pair of sets shares: scores on such sets are not independent.

    For each pair in the order of `folders`, and for `test` (test.json with hard_test.json, as scored) and `hard_test`
    (that file alone), if anything is shared: `one`, `other`, `split`, `shared` (distinct sentences that are identical
    in both) and `of` (the sentences of the smaller one, including repeats). Raises UserError if a file is not a
    benchmark file.
    """
    parts = {"test": SPLITS["test"], "hard_test": ("hard_test",)}
    texts = {
        (name, file): [example.text for example in load(path)] if (path := folder / f"{file}.json").is_file() else []
        for name, folder in folders.items()
        for file in SPLITS["test"]
    }
    found = []
    for one, other in combinations(folders, 2):
        for split, part in parts.items():
            a, b = ([text for file in part for text in texts[name, file]] for name in (one, other))
            if shared := len(set(a) & set(b)):
                found.append({"one": one, "other": other, "split": split, "shared": shared, "of": min(len(a), len(b))})
    return found


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
