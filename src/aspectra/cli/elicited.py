"""Prints an elicitation's status and plan. Called by `aspectra.cli.elicit` and `distil`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aspectra.cli import output
from aspectra.progress import clock, counted, dollars


def show_plan(found: dict[str, Any], as_json: bool, few: str = "--limit") -> None:
    """Print a plan, as JSON or as text; `few` is the option for asking about fewer reviews first."""
    if as_json:
        output.write(found)
        return
    kinds = found["kinds"]
    columns = ("requests", "tokens_in", "tokens_out", "cost_usd")
    rows = [[name, *(part[each] for each in columns)] for name, part in kinds.items()]
    if len(rows) > 1:
        rows.append(["all", *(found[each] for each in columns)])
    output.table(("kind", "requests", "tokens in", "tokens out", "USD"), rows)
    reviews = f"{counted(found['rows'], 'review')} of {counted(found['texts'], 'different text')}"
    print(f"{reviews}; stored answers: {found['answered']}")
    for what, rule in (("tokens in", "tokens_in_by"), ("tokens out", "tokens_out_by")):
        for told in dict.fromkeys(part[rule] for part in kinds.values()):
            of = ", ".join(name for name, part in kinds.items() if part[rule] == told)
            print(f"{what} ({of}): {told}")
    if found["cost_usd"] is None:
        print("cost: unknown (give --price-in and --price-out)")
    else:
        taken = f", besides ${found['spent_usd']:.4f} spent in this folder" if found["spent_usd"] else ""
        print(f"cost: ${found['cost_usd']:.4f}{taken}")
    if found["enough_for"] is not None and found["enough_for"] < found["requests"]:
        print(f"--max-cost ${dollars(found['max_cost'])} pays for about {found['enough_for']} of these requests")
    if found["hours"] is None:
        more = "more" if found["answered"] else "a few"
        print(f"time: unknown; ask {more} first ({few} {50 + found['answered']}, the same --out), or give --rpm")
    elif found["bound"]:
        print(f"time: {clock(found['hours'] * 3600)}, by {found['bound']}")


def show(counts: dict[str, Any], folder: Path, as_json: bool) -> None:
    """Print the counts of a folder's last run, as JSON or as text. Text has what all runs cost, if that is more."""
    if as_json:
        print(json.dumps(counts))
        return
    from aspectra.elicit.status import spent

    pairs = ", ".join(f"{counts[name]} {name}" for name in ("done", "rejected", "failed", "absent", "pending"))
    cost = "cost unknown (no prices given)" if counts["cost_usd"] is None else f"${counts['cost_usd']:.4f}"
    tokens = f"{counts['tokens_in']:,} tokens read, {counts['tokens_out']:,} written"
    if not counts["tokens_in"] + counts["tokens_out"] and counts["cost_usd"] != 0:
        tokens = "tokens unknown (the endpoint does not count them)"
        cost += "" if counts["cost_usd"] is None else " at most"
    whole = spent(folder)
    if round(whole, 4) > round(counts["cost_usd"] or 0.0, 4):
        cost += f"; all priced answers in this folder: ${whole:.4f}"
    print(f"{pairs}\n{tokens}, {cost}")
