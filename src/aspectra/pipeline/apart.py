"""Which answers a student of `distil` learns from, and which it is judged by. Called by `distil`.

The reviews that the draw kept away become a set of labeled sentences. Those that say the same as one of these, or
nearly so, are left out: what is judged must not have been learned. Of the others a half, drawn by seed, is learned by a
student of its own: the lower point of the curve.
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
from aspectra.progress import counted, say
from aspectra.recipes import DistilConfig
from aspectra.schema import Response
from aspectra.tables import read_jsonl

HELD = Path("held") / "test.json"
PARTS = ("half", "all")
LEAST = 20  # answered reviews below which nothing can be learned or judged


def part(config: DistilConfig, drawn: Path, answers: Path, out: Path) -> dict[str, Any]:
    """Write `held/test.json`, `half.parquet` and `all.parquet` (as `responses.parquet` is) and return the manifest.

    `drawn` is the file of the drawn reviews, `answers` that of the responses to them. Raises UserError where too few
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
            "(--reviews, --max-cost), or see why answers are missing: aspectra elicit --status "
            f"{answers.parent}"
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
    # Lots anew: by the draw's own, a half would be other reviews than the rest.
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
    """The responses to some reviews, as a file of its own."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from aspectra.files import replacing

    table = pq.read_table(answers)
    with replacing(out) as temporary:
        pq.write_table(table.filter(pc.is_in(table["review_id"], pa.array(names, pa.string()))), temporary)
