"""What a teacher wrote, read: pure functions from text to blocks and opinions, and what makes an answer unusable.

Tolerant, since teachers are: what does not fit is marked, not thrown away. No function here raises, whatever the
text. Called by `aspectra.elicit.engine` (validation), the corpus step (training text, silver labels) and the
benchmark (an LLM's predictions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aspectra.elicit.extraction import extraction, read_json
from aspectra.elicit.polarity import judgment, polarity_of

__all__ = [
    "Block",
    "Parsed",
    "Rewritten",
    "analysis",
    "extraction",
    "polarity_of",
    "rewriting",
    "strip_thinking",
    "validate",
]


@dataclass(frozen=True, slots=True)
class Block:
    """One judgment: a target and one aspect of it.

    `target` is without its quotes; `sentiment` is as written, `polarity` what it maps to, None where it does not.
    `in_review`: the target stands in the review word for word, its case aside.
    """

    target: str
    aspect: str
    sentiment: str
    polarity: str | None
    reasoning: str
    in_review: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """An analysis. A target with several aspects makes several blocks."""

    blocks: tuple[Block, ...]

    @property
    def word_for_word(self) -> bool:
        """Every target that is named stands in the review."""
        return all(block.in_review or not block.target for block in self.blocks)

    @property
    def mapped(self) -> bool:
        """Every sentiment maps to a polarity."""
        return all(block.polarity is not None for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A rewriting. `echo`: it says nothing but the review again, word for word."""

    text: str
    echo: bool


# A label at the start of a line, or after ' -- ', ' - ' or ', ' where a teacher put a whole block on one line.
# The spellings are those that Mixtral slips into ("Sententiment", "Reasoin").
LABEL = re.compile(
    r"(?:(?:^|\n)[ \t\ufeff>*#-]*(?:\d{1,2}[.)][ \t*]*)?|(?<=[\s,;])(?:--?|–|—)[ \t]+|,[ \t]+(?=[ASR]\w+:))"
    r"(?P<name>(?i:opinion[ \t]+target)|(?i:aspect)|(?i:sen(?:ten)?timent)|(?i:reaso\w{0,6}))"
    r"(?P<number>[ \t]*\d*)[ \t]*(?:\([^():\n]{0,40}\))?[ \t*]*:[ \t*]*"
)
QUOTED = re.compile(r"""["“”](?P<double>[^"“”\n]*)["“”]|['‘](?P<single>[^\n]*?)['’](?=[\s,;.(/-]|$)""")


def analysis(text: str, review: str) -> Parsed:
    """The blocks of an analysis, in order. Reads what it is given: cut run-on text off first, with `validate`."""
    found = list(LABEL.finditer(text))
    blocks: list[Block] = []
    target: str | None = None
    part: dict[str, str] = {}

    def close() -> None:
        # A target without a word about it still is a target; an aspect that follows its target's last block is not.
        if target is not None and (part or not blocks or blocks[-1].target != target):
            sentiment = part.get("sentiment", "")
            blocks.append(
                Block(
                    target, part.get("aspect", ""), sentiment, polarity_of(sentiment), part.get("reasoning", ""),
                    stands_in(target, review),
                )
            )  # fmt: skip
        part.clear()

    for here, label in enumerate(found):
        end = found[here + 1].start() if here + 1 < len(found) else len(text)
        value = text[label.end() : end].strip().rstrip("-–—").rstrip(" \t,")
        name = label["name"].lower()
        if name.startswith("opinion"):
            close()
            target = unquoted(value.split("\n", 1)[0])
            continue
        name = "aspect" if name == "aspect" else "sentiment" if name.startswith("sent") else "reasoning"
        if name in part or (name == "aspect" and "sentiment" in part):
            # The next judgment of the same target; without an aspect of its own it speaks of the same one.
            kept = {"aspect": part["aspect"]} if name == "sentiment" and "aspect" in part else {}
            close()
            part.update(kept)
        lines = " ".join(value.split("\n\n", 1)[0].split()) if name == "reasoning" else value.split("\n", 1)[0].strip()
        part[name] = bare(lines) if name == "aspect" else lines
    close()
    return Parsed(tuple(blocks))


def bare(value: str) -> str:
    """A value without the quotes or asterisks around the whole of it."""
    value = value.strip().strip("*").strip()
    if len(value) > 1 and value[0] in "\"'“‘[" and value[-1] in "\"'”’]":
        value = value[1:-1].strip()
    return value


def unquoted(value: str) -> str:
    """A target as meant: what stands in quotes at the beginning, else the whole of the line."""
    value = value.strip().strip("*").strip()
    if found := QUOTED.match(value):
        return (found["double"] if found["double"] is not None else found["single"]).strip()
    return value.strip("\"'“”‘’").strip()


def stands_in(target: str, review: str) -> bool:
    """Whether the target is in the review word for word, its case aside. An empty one is not."""
    return bool(target) and target.lower() in review.lower()


def rewriting(text: str, review: str) -> Rewritten:
    """A rewriting, with the mark of one that changed nothing."""
    text = text.strip()

    def words(value: str) -> list[str]:
        return re.findall(r"\w+", value.lower())

    return Rewritten(text, words(text) == words(review))


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
    if REFUSED.match(text):
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
    if kind == "analysis" and not analysis(kept, review).blocks:
        return text, "truncated" if finish_reason == "length" else "no opinion target"
    if kind == "rewriting" and any(block.polarity for block in analysis(kept, review).blocks):
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
