"""Decides whether an answer is usable, and removes text around it. Pure; never raises.

Called by `aspectra.elicit.asking` for every answer before it is stored.
"""

from __future__ import annotations

from aspectra.elicit.analysis import analysis
from aspectra.elicit.chatter import alone
from aspectra.elicit.declined import declined
from aspectra.elicit.extraction import read_json
from aspectra.elicit.polarity import judgment
from aspectra.elicit.thinking import has_reasoning
from aspectra.elicit.turns import turn
from aspectra.elicit.wrapper import is_json

STILL_REASONING = "truncated in its reasoning"


def validate(kind: str, text: str, review: str, finish_reason: str | None) -> tuple[str, str | None]:
    """The answer as it is stored, and why it is unusable: None if it is usable.

    Removes text before the answer ("Here is ...:") and run-on text after it. An answer that reached the token limit
    only in its run-on text is complete; else it is `truncated`. Reasons: `empty`, `refused`, `truncated`, `truncated in
    its reasoning` (no word of the answer yet), `filtered`, `no opinion target` (analysis), `an analysis`,
    `JSON, not a text` (rewriting), `reasoning left in it` (both), `no JSON` (extraction), `no polarity` (polarity).
    """
    text = text.strip()
    if not text:
        # Empty and at the token limit: a reasoning model that was still thinking.
        return "", {"content_filter": "filtered", "length": STILL_REASONING}.get(finish_reason or "", "empty")
    text, ran_on = turn(text, review)
    if not text:
        return "", "empty"
    if finish_reason == "refusal" or declined(text):
        return text, "refused"
    if finish_reason == "content_filter":
        return text, "filtered"
    cut_off = finish_reason == "length" and not ran_on
    if kind == "extraction":
        if read_json(text, cut_off) is not None:
            return text, None
        return text, "truncated" if cut_off else "no JSON"
    if kind == "polarity":
        if judgment(text) is not None:
            return text, None
        return text, "truncated" if cut_off else "no polarity"
    kept, cut = alone(kind, text, review)
    if not kept:
        return text, "empty"
    if declined(kept):
        return text, "refused"
    if kind == "analysis" and not analysis(kept, review):
        return text, "truncated" if finish_reason == "length" else "no opinion target"
    if has_reasoning(kept, review):
        return text, "reasoning left in it"
    if kind == "rewriting" and is_json(kept) and not is_json(review):
        return text, "JSON, not a text"
    if kind == "rewriting" and any(block.polarity for block in analysis(kept, review)):
        return text, "an analysis"
    if cut_off and not cut:
        return text, "truncated"
    return kept, None
