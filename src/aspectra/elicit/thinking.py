"""Removes a model's reasoning from its answer. Pure; never raises.

Called by `aspectra.elicit.asking` for every answer. `aspectra.elicit.validation` calls `has_reasoning`, and so does the
corpus step, for answers stored by an older version.
"""

from __future__ import annotations

import re

FLAGS = re.DOTALL | re.IGNORECASE
# Tags as vendors name them: <think>, <thought>, <seed:think>, <inner_monologue>; a gateway may have escaped them.
NAME = (
    r"(?:[\w.-]{1,20}[:_|])?(?:think(?:ing)?|thoughts?|thought[_-]process|reason(?:ing)?|reflection|scratch_?pad"
    r"|inner_?monologue)(?:[_-]\w{1,20})?"
)
OPENING = (
    rf"(?:<|&lt;){NAME}(?:\s[^<>]{{0,80}})?(?:>|&gt;)|\[THINK(?:ING)?\]|◁think▷|<\|begin_of_thought\|>|<\|START_THINKING\|>"
    r"|<\|think(?:ing)?(?:_start)?\|>|<unused94>(?:thought)?|<\|channel>\s*thought"
)
CLOSING = (
    rf"(?:<|&lt;)/{NAME}(?:>|&gt;)|\[/THINK(?:ING)?\]|◁/think▷|<\|end_of_thought\|>|<\|END_THINKING\|>"
    r"|<\|(?:/think(?:ing)?|think(?:ing)?_end|end_think(?:ing)?)\|>|<unused95>|<channel\|>"
)
THINKING = re.compile(rf"(?:{OPENING})(.*?)(?:{CLOSING}|\Z)", FLAGS)
CLOSED = re.compile(rf"\A(.*)(?:{CLOSING})", FLAGS)
# Headings in words, from models that use no tags (Granite).
PROCESS = re.compile(
    r"\A\W*(?:Here(?:'|’)?s?(?: is)? (?:my|a|the) )?(?:thought|reasoning|thinking)(?: process)?\W{0,5}[:\n](.*?)"
    r"(?:^|\n)\W{0,20}(?:Here(?:'|’)?s?(?: is)? my (?:response|answer)|(?:Final )?(?:Answer|Response|Output|Rewriting)"
    r"|New text|Rewritten[^\n:]{0,30})\W{0,5}:[\s*]*",
    FLAGS,
)
# OpenAI's harmony format, also where the server drops the marks but not the channel names.
CHANNEL = re.compile(r"\s*(\w+)[^<\n]{0,80}(?:<\|constrain\|>[^<\n]{0,40})?<\|message\|>(.*)", re.DOTALL)
OVER = re.compile(r"<\|(?:end|return|call|start)\|>")
NAMES_ONLY = re.compile(r"\A\s*(?:assistant)?analysis(?=[^a-z])(.*?)assistant\s?final(?:\s?<\|message\|>)?", re.DOTALL)
# Tags around the answer alone.
ENCLOSED = [
    re.compile(rf"{before}(.*?)(?:{after}|\Z)", FLAGS)
    for before, after in (
        (r"<\|begin_of_solution\|>", r"<\|end_of_solution\|>"),
        (r"<\|START_RESPONSE\|>", r"<\|END_RESPONSE\|>"),
        (r"<\|begin_of_box\|>", r"<\|end_of_box\|>"),
        (r"<(?:(?:final_)?answer|response|output|result|solution|final)>", r"</(?:\w+)>"),
        (r"<(?:rewrit\w*|rewrote|paraphras\w*|new_?text|new_?review|review|text)>", r"</(?:\w+)>"),
        (r"\A\s*<analysis>", r"</analysis>"),
    )
]
# Marks that are left if parsing failed.
MARK = re.compile(
    rf"{OPENING}|{CLOSING}|<[|｜]\w[^<>|｜\n]{{0,30}}[|｜]>|<\|?channel\|?>|<unused\d+>|```|assistantfinal",
    re.IGNORECASE,
)
MARKED = ("<", "[", "◁", "&lt;", "```", "assistantfinal")  # each match has one of these
ALOUD = re.compile(
    r"analysis(?=[A-Z])|\W*Thinking Process\b"
    r"|\W*(?:(?:okay|alright|hmm|so|first|now|wait)\W+){0,3}(?:the user (?:wants|asks|is asking|has asked|gave)"
    r"|(?:we|I|let(?:'|’)s|let me)(?:(?:'m|’m| am)? asked to|(?:'ll| will)?(?: need to| have to| must| should)?) "
    r"(?:rewrite|retell|paraphrase|tell the (?:last )?review)\b)",
    re.IGNORECASE,
)


def has_reasoning(text: str) -> bool:
    """Whether an answer still contains a mark of reasoning, or begins like reasoning."""
    return ALOUD.match(text) is not None or (any(mark in text for mark in MARKED) and MARK.search(text) is not None)


def strip_thinking(text: str) -> tuple[str, int]:
    """The answer without the reasoning before it, and the number of characters removed.

    Handles tags (`<think>`, `<thought>`, `[THINK]`, ...), channels (harmony: only `final` is the answer) and headings.
    An unclosed part extends to the end (the answer was cut off). A closing tag without an opening one, which the
    server's template added, removes everything before it. Tags around the answer itself (`<answer>`) are removed too.
    """
    taken = 0

    def drop(found: re.Match[str]) -> str:
        nonlocal taken
        taken += len(found[1])
        return ""

    text, taken = _channels(text)
    if any(mark in text for mark in "<[◁&"):
        text = CLOSED.sub(drop, THINKING.sub(drop, text))
    if (found := PROCESS.match(text)) is not None and "Opinion Target" not in found[1]:
        text = PROCESS.sub(drop, text)
    if "<" in text:
        for each in ENCLOSED:
            if (inner := each.search(text)) is not None and inner[1].strip():
                text = inner[1]
    return text.strip(), taken


def _channels(text: str) -> tuple[str, int]:
    """The last `final` channel of a text in harmony format, and the number of characters of the others."""
    if "<|channel|>" not in text:
        found = NAMES_ONLY.match(text)
        return (text, 0) if found is None else (text[found.end() :], len(found[1]))
    final, taken = "", 0
    for place, part in enumerate(text.split("<|channel|>")):
        found = CHANNEL.match(part) if place else None
        words = OVER.split(part if found is None else found[2], maxsplit=1)[0]
        if found is not None and found[1].lower() == "final":
            taken, final = taken + len(final), words
        else:
            taken += len(words)
    return final, taken
