"""Removes a model's reasoning from its answer. Pure; never raises.

Called by `aspectra.elicit.asking` for every answer. `aspectra.elicit.validation` calls `has_reasoning`, and so does the
corpus step, for answers stored by an older version.
"""

from __future__ import annotations

import re

from aspectra.elicit.turns import TOKEN

FLAGS = re.DOTALL | re.IGNORECASE
# Tags as vendors name them: <think>, <thought>, <seed:think>, <inner_monologue>; a gateway may have escaped them.
WORD = r"(?:think(?:ing)?|thoughts?|reason(?:ing)?|plan(?:ning)?|reflection|cot)"
NAME = (
    rf"(?:[\w.-]{{1,20}}[:_|])?(?:{WORD}|thought[_-]process|chain[_-]of[_-]thought|reflect|scratch[_-]?pad"
    r"|(?:inner[_-]?)?monologue|internal|steps?|deliberat\w{1,4}|contemplat\w{1,4}|brainstorm(?:ing)?"
    r"|(?:self[_-]?)?critique|rationale|understanding|considerations?|notes?)(?:[_-]\w{1,20})?"
)
OPENING = (
    rf"(?:<|&lt;){NAME}(?:\s[^<>]{{0,80}})?(?:>|&gt;)|\[{WORD}\]|◁{WORD}▷|<unused94>(?:thought)?|<\|channel>\s*thought"
    rf"|<[|｜](?:(?:begin|start)[_▁](?:of[_▁])?)?{WORD}(?:[_▁](?:start|begin))?[|｜]>|<\|inner_prefix\|>"
)
CLOSING = (
    rf"(?:<|&lt;)/{NAME}(?:>|&gt;)|\[/{WORD}\]|◁/{WORD}▷|<unused95>|<channel\|>"
    rf"|<[|｜](?:/|end[_▁](?:of[_▁])?){WORD}[|｜]>|<[|｜]{WORD}[_▁]end[|｜]>|<\|inner_suffix\|>"
)
THINKING = re.compile(rf"(?:{OPENING})(.*?)(?:{CLOSING}|\Z)", FLAGS)
CLOSED = re.compile(rf"\A(.*)(?:{CLOSING})", FLAGS)
# What a page hides or folds away.
FOLDED = re.compile(r"<!--((?:(?!<!--).)*?)-->|<details\b((?:(?!<details\b).)*?)</details>", FLAGS)
# Headings in words, from models that use no tags (Granite).
HEADING = (
    r"(?:(?:chain of )?thoughts?|reasoning|thinking|analysis|plan(?:ning)?|approach|breakdown|brainstorm(?:ing)?"
    r"|understanding|inner monologue|internal monologue|step \d{1,2}|draft)(?: process)?"
)
PROCESS = re.compile(
    rf"\A\W*(?:(?:Here(?:'|’)?s?(?: is)? )?(?:my|a|the) )?{HEADING}(?: of the [^\n:]{{0,20}})?\W{{0,5}}[:\n](.*?)"
    r"(?:^|\n)\W{0,20}(?:Here(?:'|’)?s?(?: is)? my (?:response|answer)"
    r"|(?:(?:Final|My|The) )?(?:Answer|Response|Output|Rewriting|Rewrite|Paraphrase|Retelling|Rewording)"
    r"|(?:Final|New) (?:text|version|review)|(?:Rewritten|Revised|Reworded|Paraphrased|Retold)[^\n:]{0,30})"
    r"[^\w\n]{0,5}(?::[\s*]*|\n)",
    FLAGS,
)
# OpenAI's harmony format, also where the server drops the marks but not the channel names.
CHANNEL = re.compile(r"\s*(\w+)[^<\n]{0,80}(?:<\|constrain\|>[^<\n]{0,40})?<\|message\|>(.*)", re.DOTALL)
OVER = re.compile(r"<\|(?:end|return|call|start)\|>")
NAMES_ONLY = re.compile(r"\A\s*(?:assistant)?analysis(?=[^a-z])(.*?)assistant\s?final(?:\s?<\|message\|>)?", re.DOTALL)
# Tags around the answer alone. Those that name the rewriting come first: a tag `review` may enclose the question.
ENCLOSED = [
    re.compile(rf"{before}(.*?)(?:{after}|\Z)", FLAGS)
    for before, after in (
        (r"<\|(?:begin|start)_of_(?:solution|answer)\|>", r"<\|end_of_(?:solution|answer)\|>"),
        (r"<\|START_RESPONSE\|>", r"<\|END_RESPONSE\|>"),
        (r"<\|begin_of_box\|>", r"<\|end_of_box\|>"),
        (r"<(?:(?:final_)?answer|response|output|result|solution|final)>", r"</(?:\w+)>"),
        (
            r"<(?:(?:re-?writ|rewrote|revis|paraphras|reword|retold|retell)[\w-]*|new_?text|new_?review)>",
            r"</(?:[\w-]+)>",
        ),
        (r"<(?:review|text)>", r"</(?:\w+)>"),
    )
]
ANALYSIS = re.compile(r"\A\s*<analysis>(.*?)</analysis>\s*(.*)", FLAGS)
# Marks that are left if parsing failed. Any tag is one: a review is not written in tags.
MARK = re.compile(
    rf"{OPENING}|{CLOSING}|{TOKEN.pattern}|<\|?channel\|?>|<unused\d+>|```|~~~|assistantfinal"
    r"|(?:<|&lt;)/?(?P<tag>[a-z][\w:.-]{0,40})(?:[\s=][^<>\n]{0,200})?/?(?:>|&gt;)|<!--|-->",
    re.IGNORECASE,
)
MARKED = ("<", ">", "[", "◁", "]", "&lt;", "```", "~~~", "assistantfinal")  # each match has one of these
ALOUD = re.compile(
    r"analysis(?=[A-Z])|\W*Thinking Process\b"
    rf"|\s*(?:\*\*|__|#{{1,6}} )\s*(?:my |the )?{HEADING}\b[^\n\w]{{0,5}}[:\n]"
    r"|\s*(?:analysis|reasoning|thinking|chain of thought)\s*:"
    r"|\W*(?:(?:okay|alright|hmm|so|first|now|wait)\W+){0,3}(?:the user (?:wants|asks|is asking|has asked|gave|needs)"
    r"|let(?:'|’)?s? me (?:think|reason) (?:about (?:this|the) (?:review|task|request)|step by step|this through)"
    r"|let(?:'|’)s (?:think step by step|analy[sz]e (?:this|the) review)"
    r"|(?:my|the) task is to\b|(?:we|I)(?:'m|’m| am|'re|’re| are)? asked to (?:rewrite|retell|paraphrase)"
    r"|(?:we|I|let(?:'|’)s|let me)(?:(?:'m|’m| am)? asked to|(?:'ll| will)?(?: need to| have to| must| should)?) "
    r"(?:rewrite|retell|paraphrase|tell the (?:last )?review)\b)",
    re.IGNORECASE,
)


def has_reasoning(text: str, review: str = "") -> bool:
    """Whether an answer still contains a mark of reasoning, of a chat template or a tag, or begins like reasoning.

    Marks and tags that the review itself has are words of it.
    """
    if ALOUD.match(text) is not None:
        return True
    if not any(mark in text for mark in MARKED):
        return False
    own, said = review.casefold(), text.casefold()

    def of_the_review(mark: re.Match[str]) -> bool:
        name = (mark["tag"] or "").casefold()
        if mark[0].casefold() in own or (name and f"<{name}" in own):
            return True
        # Some teachers put a target in angle brackets: "<mouse>".
        return bool(name) and name in own and f"/{name}" not in said

    return not all(of_the_review(mark) for mark in MARK.finditer(text))


def strip_thinking(text: str) -> tuple[str, int]:
    """The answer without the reasoning before it, and the number of characters removed.

    Handles tags (`<think>`, `<thought>`, `[THINK]`, ...), channels (harmony: only `final` is the answer) and headings.
    An unclosed part extends to the end (the answer was cut off). A closing tag without an opening one, which the
    server's template added, removes everything before it. Tags around the answer itself (`<answer>`) are removed too.
    """
    taken = 0

    def drop(found: re.Match[str]) -> str:
        nonlocal taken
        taken += len(next(part for part in found.groups() if part is not None))
        return ""

    text, taken = _channels(text)
    if any(mark in text for mark in "<[◁&"):
        text = CLOSED.sub(drop, THINKING.sub(drop, FOLDED.sub(drop, text)))
    if (found := PROCESS.match(text)) is not None and "Opinion Target" not in found[1]:
        text = PROCESS.sub(drop, text)
    if (found := ANALYSIS.match(text)) is not None:
        if "Opinion Target" in found[1]:
            text = found[1]
        elif found[2]:
            taken, text = taken + len(found[1]), found[2]
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
