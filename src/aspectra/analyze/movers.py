"""Changes from the early to the late reviews. Called by `aspectra.analyze.counts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aspectra.analyze.topics import Topics
from aspectra.meaning.grouping import OTHER
from aspectra.score.shares import two_shares
from aspectra.score.significance import holm

TESTED = 40  # the most mentioned topics
LEVEL = 0.05


def movers(topics: Topics, halves: Sequence[int]) -> dict[str, Any]:
    """The changes of the most mentioned topics.

    `halves` is the number of early and of late reviews; if one is 0, nothing is tested. For each topic two shares are
    tested: of the reviews that mention it, and, among those, of the ones with a negative opinion of it. All tests are
    one family; `rows` has those that are significant at 5 % after Holm's correction. `other` is not tested.
    """
    tests: list[tuple[str, str, tuple[int, int], tuple[int, int], float]] = []
    some = [(name, topic) for name, topic in topics.table.items() if name != OTHER]
    for name, topic in sorted(some, key=lambda pair: (-pair[1].reviews, pair[0]))[:TESTED]:
        early, late = topic.halves
        for what, one, other in (
            ("named", (early[0], halves[0]), (late[0], halves[1])),
            ("negative", (early[1], early[0]), (late[1], late[0])),
        ):
            if (p := two_shares(*one, *other)) is not None:
                tests.append((name, what, one, other, p))
    rows: list[dict[str, Any]] = [
        {
            "label": name,
            "what": what,
            "early": {"hits": one[0], "of": one[1], "share": one[0] / one[1]},
            "late": {"hits": other[0], "of": other[1], "share": other[0] / other[1]},
            "p": p,
        }
        for (name, what, one, other, _), p in zip(tests, holm([test[-1] for test in tests]), strict=True)
        if p <= LEVEL
    ]
    rows.sort(key=lambda row: (row["what"], -abs(row["late"]["share"] - row["early"]["share"]), row["label"]))
    return {"tested": len(tests), "rows": rows}
