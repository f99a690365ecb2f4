"""Splits the answers of `distil` into those for training and those for evaluation. Called by `distil`.

The held-out reviews become a set of labeled sentences. Duplicates and near-duplicates of them are dropped from
training. A random half of the rest, drawn by seed, trains a separate student: the lower point of the learning curve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra.corpus import silver
from aspectra.corpus.duplicates import Seen
from aspectra.corpus.sources import read_responses
from aspectra.data.examples import save
from aspectra.elicit.selection import lot_of
from aspectra.errors import UserError
from aspectra.manifest import Stage
from aspectra.pipeline.draw import LEAST
from aspectra.progress import counted, say
from aspectra.recipes import DistilConfig
from aspectra.schema import Response
from aspectra.tables import read_jsonl

HELD = Path("held") / "test.json"
PARTS = ("half", "all")


def part(config: DistilConfig, drawn: Path, answers: Path, out: Path) -> dict[str, Any]:
    """Write `held/test.json`, and `half.parquet` and `all.parquet` like `responses.parquet`; return the manifest.

    `drawn` is the file of the drawn reviews, `answers` the file of the responses to them. Raises UserError if too few
    were answered.
    """
    settings = {"seed": config.seed, "near_duplicates": config.corpus.near_duplicates}
    stage = Stage("answers", out, {"drawn": drawn, "answers": answers}, settings, replace=True)
    if (done := stage.finished()) is not None:
        say(f"answers: {out} is done already")
        return done
    kept_away = {row["id"] for row in read_jsonl(drawn) if row["held"]}
    answered: dict[str, list[Response]] = {}
    for response in read_responses(answers):
        if response.status == "done" and response.kind in ("extraction", "analysis"):
            answered.setdefault(response.review_id, []).append(response)
    held = [name for name in answered if name in kept_away]
    if len(answered) < LEAST or not held:
        raise UserError(
            f"{counted(len(answered), 'review')} answered, and at least {LEAST} are needed; ask about more "
            "(--reviews, --max-cost), ask again for the rejected ones (--set elicit.retry_rejected=true), or see why "
            f"answers are missing: aspectra elicit --status {answers.parent}"
        )
    stage.begin()
    return stage.finish(parted(config, answered, held, answers, out))


def parted(
    config: DistilConfig, answered: dict[str, list[Response]], held: Sequence[str], answers: Path, out: Path
) -> dict[str, Any]:
    """Write the files and return the figures."""
    seen = Seen(config.corpus.near_duplicates)
    counts: Counter[str] = Counter()
    gold = []
    for name in held:
        text = answered[name][0].review
        seen.meet(text)
        gold += silver.label(name, text, answered[name], counts)
    opinions = sum(len(example.opinions) for example in gold)
    save(out / HELD, gold)
    learned, twins = [], 0
    for name in sorted(answered.keys() - set(held), key=lambda name: lot_of(config.seed, name)):
        if seen.like(answered[name][0].review):
            twins += 1
        else:
            learned.append(name)
    # New random keys: with those of the draw, the half would not be a random sample of the rest.
    half = sorted(learned, key=lambda name: lot_of(config.seed, f"half {name}"))[: len(learned) // 2]
    for which, names in zip(PARTS, (half, learned), strict=True):
        keep(answers, names, out / f"{which}.parquet")
    if twins:
        say(f"answers: {counted(twins, 'review')} left out, because a held-out review says the same")
    return {
        "answered": len(answered),
        "held": {"reviews": len(held), "sentences": len(gold), "opinions": opinions, **counts},
        "learned": {"half": len(half), "all": len(learned)},
        "left_out": twins,
    }


def keep(answers: Path, names: Sequence[str], out: Path) -> None:
    """Write the responses to some reviews to a separate file."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from aspectra.files import replacing

    table = pq.read_table(answers)
    with replacing(out) as temporary:
        pq.write_table(table.filter(pc.is_in(table["review_id"], pa.array(names, pa.string()))), temporary)
