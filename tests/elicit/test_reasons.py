"""When a run says that its answers are of no use, and why. A real store."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from aspectra.elicit import queue
from aspectra.elicit.reasons import judged, rejected
from aspectra.elicit.store import Ask, Outcome, Store
from aspectra.schema import Review


def test_only_the_last_run_is_judged_and_pairs_are_counted(tmp_path: Path) -> None:
    reviews = [Review("a", "Lovely pool."), Review("b", "Cold soup."), Review("c", "Lovely pool.")]
    with Store(tmp_path) as store:
        for kind in ("analysis", "rewriting"):
            run, asks = store.register(reviews, [Ask(kind, "v1", "m", "{}")], kind, {}, free=False)
            store.save(
                Outcome(p.request, "rejected" if p.text == "Lovely pool." else "done", reason="empty")
                for p in queue.pending(store, run, asks)
            )
    assert judged(tmp_path) == {"rewriting": {"empty": 2, None: 1}}


def test_half_of_the_answers_is_not_most_of_them() -> None:
    assert list(rejected({"analysis": Counter({None: 2, "empty": 1, "refused": 1})})) == []
    (line,) = rejected({"analysis": Counter({None: 3, "empty": 1, "truncated": 3, "no JSON": 2, "refused": 2})})
    assert line.endswith("8 of 11 answers were rejected, most often: truncated (3), no JSON (2), refused (2)")
