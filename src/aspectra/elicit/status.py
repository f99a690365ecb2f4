"""The status of a store, read without disturbing its writer.

Called by `aspectra.elicit.engine` at the end of a run and by `aspectra elicit --status` at any time.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from aspectra.elicit.database import NAME, mending
from aspectra.errors import UserError


def open_to_read(folder: Path) -> sqlite3.Connection:
    """A read-only connection. Raises UserError if the folder has no store."""
    path = folder / NAME
    if not path.is_file():
        raise UserError(f"{folder} has no {NAME}: name the folder that `aspectra elicit --out` wrote")
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=60)
        db.execute("SELECT 1 FROM runs LIMIT 1")
    except sqlite3.Error as error:
        if "no such table" in str(error):
            raise UserError(f"{path} has no run yet") from None
        raise UserError(f"cannot read {path} ({error})") from None
    return db


def status(folder: Path) -> dict[str, Any]:
    """Counts of the folder's last run, in (review, kind) pairs; its tokens and USD count each request once.

    `cost_usd` is 0.0 for a teacher that costs nothing and None if no price was given.
    """
    with mending(folder / NAME), closing(open_to_read(folder)) as db:
        db.execute("BEGIN")  # one snapshot for all the figures
        counts: dict[str, Any] = dict.fromkeys(("done", "rejected", "failed", "absent", "pending"), 0)
        last = last_run(db)
        if last is None:
            return {**counts, "cost_usd": 0.0, "tokens_in": 0, "tokens_out": 0}
        run, asks, free = last
        for name, number in db.execute(
            f"SELECT coalesce(r.status, 'pending'), count(*) {pairs(asks)} GROUP BY 1", (run, *asks)
        ):
            counts[name] = int(number)
        spent = db.execute(
            "SELECT coalesce(sum(spent_in), 0), coalesce(sum(spent_out), 0), coalesce(sum(cost), 0.0), "
            # An answer costs something even if the endpoint does not count its tokens.
            "coalesce(sum(cost IS NULL AND (spent_in + spent_out > 0 OR status IN ('done', 'rejected'))), 0) "
            f"FROM responses WHERE request IN (SELECT q.id {pairs(asks)})",
            (run, *asks),
        ).fetchone()
        unpriced = int(spent[3]) > 0 and not free
        counts["cost_usd"] = None if unpriced else round(float(spent[2]), 8)
        counts["tokens_in"], counts["tokens_out"] = int(spent[0]), int(spent[1])
        return counts


def last_run(db: sqlite3.Connection) -> tuple[int, list[int], bool] | None:
    """The last run's number, its asks, and whether its teacher costs nothing."""
    row = db.execute("SELECT id, asks, free FROM runs ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else (int(row[0]), [int(ask) for ask in row[1].split(",")], bool(row[2]))


def pairs(asks: list[int]) -> str:
    """FROM and WHERE of a run's (review, kind) pairs; the parameters are the run and the asks."""
    return (
        "FROM reviews v JOIN requests q ON q.text = v.text LEFT JOIN responses r ON r.request = q.id "
        f"WHERE v.run = ? AND q.ask IN ({', '.join('?' * len(asks))})"
    )


def spent(folder: Path) -> float:
    """USD spent in all runs of the folder."""
    return float(_one(folder, "SELECT coalesce(sum(cost), 0) FROM responses WHERE cost IS NOT NULL"))


def thinking(folder: Path) -> int:
    """Characters of reasoning that were removed from the folder's answers."""
    return int(_one(folder, "SELECT coalesce(sum(thinking), 0) FROM responses"))


def left_out(folder: Path) -> dict[str, int]:
    """The settings that the endpoint rejected, each with the number of answers that came without it."""
    found: dict[str, int] = {}
    query = "SELECT left_out, count(*) FROM responses WHERE left_out IS NOT NULL GROUP BY 1 ORDER BY 1"
    with mending(folder / NAME), closing(open_to_read(folder)) as db:
        for names, number in db.execute(query):
            for name in names.split(","):
                found[name] = found.get(name, 0) + int(number)
    return found


def _one(folder: Path, query: str) -> Any:
    with mending(folder / NAME), closing(open_to_read(folder)) as db:
        return db.execute(query).fetchone()[0]
