"""Why answers failed or were rejected, as lines for stderr, so that a teacher with useless answers is noticed.

Called by `aspectra.elicit.engine`, `aspectra elicit` and `aspectra.benchmark.cells` at the end of a run, and by
`aspectra.corpus.build`, whose student would lack a kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from aspectra.elicit.database import NAME, mending
from aspectra.elicit.status import last_run, open_to_read, pairs

MOST = 3  # reasons that are named

Reasons = Mapping[str, Counter[str | None]]
"""For each kind, the number of rejected answers by reason; under None the accepted ones."""


def failed(folder: Path) -> str:
    """The most common reason for failure in a folder. At least one answer must have failed."""
    with mending(folder / NAME), closing(open_to_read(folder)) as db:
        query = "SELECT reason FROM responses WHERE status = 'failed' GROUP BY reason ORDER BY count(*) DESC"
        return str(db.execute(query).fetchone()[0])


def judged(folder: Path) -> Reasons:
    """The reasons of a folder's last run."""
    found: dict[str, Counter[str | None]] = {}
    with mending(folder / NAME), closing(open_to_read(folder)) as db:
        kinds = dict(db.execute("SELECT id, kind FROM asks"))
        run, asks, _ = last_run(db) or (0, [], False)
        for ask, reason, number in db.execute(
            f"SELECT q.ask, CASE r.status WHEN 'rejected' THEN r.reason END, count(*) {pairs(asks)} "
            "AND r.status IN ('done', 'rejected') GROUP BY 1, 2",
            (run, *asks),
        ):
            found.setdefault(kinds[ask], Counter())[reason] += int(number)
    return found


def rejected(reasons: Reasons) -> Iterator[str]:
    """A line for each kind with more rejected than accepted answers, with the most frequent reasons."""
    for kind, found in reasons.items():
        total, refused = found.total(), found.total() - found[None]
        if 2 * refused > total:
            often = [(reason, number) for reason, number in found.most_common() if reason is not None][:MOST]
            told = ", ".join(f"{reason} ({number})" for reason, number in often)
            yield f"{kind}: {refused} of {total} answers were rejected, most often: {told}"
