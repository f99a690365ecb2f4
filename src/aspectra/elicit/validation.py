"""What makes an answer unusable, and what is taken off one that is not. Pure; never raises, whatever the text.

Called by `aspectra.elicit.asking`, with which every answer is judged before it is stored.
"""

from __future__ import annotations

import re

from aspectra.elicit.analysis import LABEL, analysis
from aspectra.elicit.extraction import read_json
from aspectra.elicit.polarity import judgment

THINKING = re.compile(r"<(think|thinking|reasoning)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
CLOSED = re.compile(r"\A(.*?)</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)


def strip_thinking(text: str) -> tuple[str, int]:
    """The text without its `<think>` parts, and how many characters those had.

    A part that is never closed goes to the end (the answer was cut off); one that was opened by the server's template
    reaches from the beginning to its closing tag.
    """
    taken = 0

    def drop(found: re.Match[str]) -> str:
        nonlocal taken
        taken += len(found[found.lastindex or 0])
        return ""

    rest = THINKING.sub(drop, text) if "<" in text else text
    if "</" in rest:
        rest = CLOSED.sub(drop, rest)
    return rest.strip(), taken


# Where a teacher goes on after its answer: with another review, with the question, with its answer once more.
RUN_ON = re.compile(
    r"\n[ \t>*#]*(?:"
    r"(?:Now,? )?Consider (?:the|these) following\b"
    r"|Response(?: Format)?[ \t*]*:"
    r"|(?:(?:New|Next|Another|Example|Original|Your other) )?(?:Reviews?|Texts?)(?: \d+)?[ \t*]*:"
    r"|Example(?: Output| review)?(?: \d+)?[ \t*]*:"
    r"|(?:Rewritten|Rewriting|Paraphrased?)(?: (?:review|text|version))?[ \t*]*:"
    r"|(?:Your |New )?Task(?: \w+)?[ \t*]*:|Instructions?[ \t*]*:|Provide the sentiment analysis"
    r"|(?:Final )?Answer(?: the question)?[ \t*]*:|Solution[ \t*]*:|Your Output[ \t*]*:"
    r"|(?:User|Human|Assistant)[ \t*]*:"
    r")|\n?<\|(?:im_start|im_end|endoftext|user|assistant|system|eot_id)\b|\n?</?s>|\[/?INST\]",
    re.IGNORECASE,
)
# In an analysis these may stand between two blocks; after a rewriting they are talk about it.
TALK = re.compile(r"\n[ \t>*#(]*(?:Confidence(?: Rating)?|Note|Explanation|Changes made)[ \t*]*:", re.IGNORECASE)
RESPONSE_LIST = re.compile(r"\bResponse:\s*\[", re.IGNORECASE)
LEAD = re.compile(
    r"\A[ \t*#]*(?:(?:Sure|Certainly|Of course|Okay|Here(?:'s| is| are))\b[^\n]{0,120}:[ \t*]*\n+"
    r"|(?:(?:Rewritten|New|Paraphrased)[ \t]+(?:review|text|version)|Rewritten|Rewriting|Response|Answer)"
    r"[ \t*]*:[ \t*]*)",
    re.IGNORECASE,
)
CANNOT = r"(?:can(?:'|’)?t|cannot|can not|won(?:'|’)?t|(?:am )?(?:unable|not able) to)"
VERBS = r"(?:assist|help (?:you|with)|fulfill|comply|process|rewrite|analy[sz]e|generate|provide|complete|do that)"
REFUSED = re.compile(
    r"\A\W*(?:as an? (?:AI|artificial intelligence|(?:large )?language model)\b"
    r"|I(?:'|’)?m (?:just )?an AI\b"
    r"|(?:I(?:'|’)?m |I am |we(?:'|’)?re )?(?:so |very |really )?(?:sorry|afraid|I apologi[sz]e)\b[^.\n]{0,60}?"
    rf"\bI(?:'m| am)? ?{CANNOT} {VERBS}"
    rf"|(?:unfortunately,? )?I {CANNOT} {VERBS} (?:with )?"
    r"(?:this|that|your|the (?:request|review|text|task)|a rewrit|an analysis|any)\b)",
    re.IGNORECASE,
)


def validate(kind: str, text: str, review: str, finish_reason: str | None) -> tuple[str, str | None]:
    """The answer as it is kept, and why it is of no use: None where it is.

    Takes off what stands before the answer ("Here is ...:") and what runs on after it. An answer that hit the token
    limit only while running on is complete; else it is `truncated`. Reasons: `empty`, `refused`, `truncated`,
    `filtered`, `no opinion target` (analysis), `an analysis` (rewriting), `no JSON` (extraction), `no polarity`
    (polarity).
    """
    text = text.strip()
    if not text:
        # Nothing, and the limit reached: a reasoning model that was still thinking.
        return "", {"content_filter": "filtered", "length": "truncated"}.get(finish_reason or "", "empty")
    if finish_reason == "refusal" or REFUSED.match(text):
        return text, "refused"
    if finish_reason == "content_filter":
        return text, "filtered"
    if kind == "extraction":
        if read_json(text) is not None:
            return text, None
        return text, "truncated" if finish_reason == "length" else "no JSON"
    if kind == "polarity":
        if judgment(text) is not None:
            return text, None
        return text, "truncated" if finish_reason == "length" else "no polarity"
    kept, cut = _cut(kind, text)
    if not kept:
        return text, "empty"
    if kind == "analysis" and not analysis(kept, review):
        return text, "truncated" if finish_reason == "length" else "no opinion target"
    if kind == "rewriting" and any(block.polarity for block in analysis(kept, review)):
        return text, "an analysis"
    if finish_reason == "length" and not cut:
        return text, "truncated"
    return kept, None


def _cut(kind: str, text: str) -> tuple[str, bool]:
    """The answer alone, and whether something after it was cut off."""
    text = LEAD.sub("", text, count=1).lstrip()
    if kind == "analysis":
        first = next((label for label in LABEL.finditer(text) if label["name"].lower().startswith("opinion")), None)
        text = text[first.start() :].lstrip() if first else text
        text = text.replace("**", "")
    marks = [RUN_ON, RESPONSE_LIST] + ([TALK] if kind == "rewriting" else [])
    # A mark that opens the text is a label of the answer, not the end of it.
    ends = [found.start() for mark in marks if (found := mark.search(text, 1)) is not None]
    if kind == "rewriting" and len(text) > 1 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        text = text[1:-1]
    return (text[: min(ends)].rstrip(), True) if ends else (text.rstrip(), False)
