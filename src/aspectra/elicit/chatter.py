"""Removes text before and after an answer. Pure; never raises.

Called by `aspectra.elicit.validation`.
"""

from __future__ import annotations

import re

from aspectra.elicit.analysis import LABEL

# Where a teacher goes on after its answer: with another review, the question, or its answer again.
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
    r")|\n(?-i:user|assistant|system)[ \t]*\n|(?<=[.!?\"”])(?-i:user|assistant)[ \t]*\n",
    re.IGNORECASE,
)
# In an analysis these may occur between blocks. After a rewriting or the last block, they are comments on it.
TALK = re.compile(
    r"\n[ \t>*#(]*(?:Confidence(?: Rating)?|Notes?|Explanations?(?: of[^\n:]{0,40})?|Word count|Why this works"
    r"|(?:Key |Main |Summary of )?Changes(?: made)?|What I (?:changed|did)[^\n:]{0,30}"
    r"|Here(?:'|’)?s?(?: is| are)? (?:what|why|how|the changes)[^\n:]{0,60})[ \t*]*:",
    re.IGNORECASE,
)
RESPONSE_LIST = re.compile(r"\bResponse:\s*\[", re.IGNORECASE)
TASK = r"(?:re-?writ\w*|rewrote|re-?word\w*|paraphras\w*|retell\w*|retold|told again|version)"
GREETING = (
    r"(?:Sure(?: thing)?|Certainly|Of course|Absolutely|Definitely|Okay|OK|Alright|Got it|Understood|No problem|Gladly"
    r"|Great|(?:I(?:'|’)(?:d be|m) |I (?:am|would be) )?(?:happy|glad) to help)"
)
HERE = r"(?:Here(?:'|’)?s?(?: is| are)?|Below (?:is|are)|The following is|As (?:requested|you asked))\b"
MINE = r"(?:This is|Let me|I(?:'|’)(?:ll|ve)|I (?:will|have))\b"
LEAD = re.compile(
    r"\A[\s*#>]*(?:"
    rf"(?:{GREETING}[!.,:]*\s+)?(?:{HERE}[^\n]{{0,160}}:[ \t*]*\n+"
    rf"|(?:{HERE}|{MINE})[^\n:]{{0,120}}\b{TASK}\b[^\n:]{{0,80}}(?::|\.?[ \t*]*\n)\s*"
    rf"|{HERE}[^\n:]{{0,60}}\b(?:review|text|analysis|response|answer|output)\b[^\n:]{{0,60}}:\s*)"
    rf"|{GREETING}[!.]*[ \t]*\n+|(?:Sure|Certainly|Of course|Understood|Got it)!\s+"
    r"|(?:(?:Rewritten|New|Paraphrased)[ \t]+(?:review|text|version)|Rewritten|Rewriting|Response|Answer)"
    r"[ \t*]*:[ \t*]*"
    rf"|[^\n:.]{{0,50}}\b{TASK}\b[^\n:.]{{0,50}}:[ \t*]*\n+"
    rf"|(?<=[*#])[^\n.]{{0,40}}\b{TASK}\b[^\n.]{{0,40}}\n+"
    r"|-{3,}[ \t]*\n+)[\s*]*",
    re.IGNORECASE,
)
LEADS = 4  # greeting, announcement, heading, rule
YOURS = r"(?:you\b|there(?:(?:'|’)s| is) any|this\b|that\b|I can\b|any\b|how\b)"
CLOSE = re.compile(
    r"(?:\n[\s>*#_(-]{0,20}|(?<=[.!?\"”’)])[ \t]+)(?:"
    rf"(?:please |just |and )?let me know (?:(?:if|whether|should|how|what) )?{YOURS}"
    r"|(?:I )?hope (?:this|that|it) (?:helps?|meets|works|captures|is (?:helpful|what you))"
    r"|(?:please )?feel free to (?:ask|reach|let|tell|adjust|modify|edit|provide|share|request|use)"
    r"|would you like (?:me|any|another|to)\b|do you (?:want|need) (?:me|any)\b|is there anything else\b"
    r"|if you(?:(?:'|’)d| would)? (?:like|need|want|have|prefer|require)\b[^\n]{0,120}"
    r"(?:let me know|feel free|I can\b|I(?:'|’)(?:m|d|ll)\b|just (?:ask|let|say|tell)|happy to|please)"
    r"|(?:I(?:'|’)m |I am )?(?:happy|glad|here) to (?:help|assist|revise|adjust)|thank you for (?:sharing|providing)"
    rf"|(?:this|in this|the) (?:\w+ )?{TASK}\b|note that (?:I|this) "
    r"|I(?:'|’)ve (?:made|kept|rewritten|preserved|named|tried)\b[^\n]{0,80}"
    r"(?:explicit|original|feeling|sentiment|tone))[^\n]{0,300}[\s*_)-]*\Z",
    re.IGNORECASE,
)
CLOSES = 5  # closing sentences
FENCED = re.compile(r"^[ \t]*(```|~~~)[\w-]*[ \t]*\n(.*?)(?:^[ \t]*\1|\Z)", re.DOTALL | re.MULTILINE)
FENCE = re.compile(r"^[ \t]*(?:```|~~~)[\w-]*[ \t]*(?:\n|\Z)", re.MULTILINE)
RULE = re.compile(r"\n[ \t]*(?:-{3,}|\*{3,}|_{3,}|(?:\* ){2,}\*)[ \t]*(?:\n|\Z)")
QUOTES = {'"': '"', "“": "”"}


def alone(kind: str, text: str) -> tuple[str, bool]:
    """The analysis or rewriting alone, and whether text after it was cut off."""
    for _ in range(LEADS):
        text = LEAD.sub("", text, count=1).lstrip()
    if kind == "analysis":
        text, behind = _blocks(text), [RUN_ON, RESPONSE_LIST]
    else:
        text, behind = _fenced(text), [RUN_ON, RESPONSE_LIST, TALK, RULE]
    # A marker at the very start is a label of the answer, not its end.
    ends = [found.start() for mark in behind if (found := mark.search(text, 1)) is not None]
    if kind == "analysis" and (labels := list(LABEL.finditer(text))):
        ends += [found.start() for found in [TALK.search(text, labels[-1].end())] if found is not None]
    kept = text[: min(ends)] if ends else text
    for _ in range(CLOSES):
        if (found := CLOSE.search(kept, 1)) is None:
            break
        kept = kept[: found.start()]
    whole = len(kept) == len(text)
    kept = kept.rstrip()
    if kind == "rewriting" and len(kept) > 1 and QUOTES.get(kept[0]) == kept[-1] and kept[-1] not in kept[1:-1]:
        kept = kept[1:-1].strip()
    return kept, not whole


def _fenced(text: str) -> str:
    """The content of a code fence, if there is one."""
    if "```" not in text and "~~~" not in text:
        return text
    if (found := FENCED.search(text)) is not None and found[2].strip():
        return found[2].strip()
    if len(text) > 6 and text.startswith("```") and text.endswith("```") and "```" not in text[3:-3]:
        return text[3:-3].strip()
    return text


def _blocks(text: str) -> str:
    """An analysis from its first label on, without fences and bold type."""
    first = next((label for label in LABEL.finditer(text) if label["name"].lower().startswith("opinion")), None)
    text = text[first.start() :].lstrip() if first else text
    return FENCE.sub("", text).replace("**", "") if "```" in text or "~~~" in text else text.replace("**", "")
