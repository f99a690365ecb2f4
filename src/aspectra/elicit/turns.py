"""Finds the assistant's turn in an answer that still has the marks of a chat template. Pure; never raises.

Called by `aspectra.elicit.validation`. A server with a wrong template leaves headers before the answer, the question
itself, or the turns that the model invents after its answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Marks of Llama, ChatML, Gemma, Phi, DeepSeek, Command-R, Granite, Mistral, EXAONE, MiniMax, Seed, Nemotron, GLM, ...
TOKEN = re.compile(
    r"<[|｜](?!channel)/?[\w▁][^<>|｜\n]{0,40}[|｜]>|<[|｜](?!channel)\w{1,30}>|<(?!channel)\w{1,30}[|｜]>"
    r"|\[\|\w{1,30}\|\]|</?s>|<</?SYS>>|\[/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_\w{1,20})\]|\[gMASK\]"
    r"|\]~!?[a-z]?\[|\]~b\]|\[e~\["
    r"|<(?:[BE]OS_TOKEN|PAD_TOKEN|bos|eos|eot|eod|eoa|eoh|eom|sop|eop|pad|sep|unk"
    r"|(?:start|end|begin|beginning)_of_\w{1,20}"
    r"|seed:[be]os|(?:SPECIAL|extra_id|reserved|unused|extra)_?\d{1,6})>"
    r"|</?(?:human|user|bot|assistant|chatbot|ai|system)>",
    re.IGNORECASE,
)
ANSWERS = {"assistant", "chatbot", "bot", "ai", "model", "gpt", "moss"}
ASKS = {"user", "human", "prompter", "system", "tool", "developer", "observation", "sys", "prompt", "inst"}
# Marks that begin or end a turn. Others may enclose reasoning or a call of a tool, and are not taken for an end.
KNOWN = re.compile(
    r"end|start|stop|return|call|message|turn|sep(arator)?|pad|unk|/?s|[be]os|bom|startoftext|gmask|sop|eo[pdahmt]"
    r"|[be]o[stm]_(id|token)|im_(start|end|sep|middle)|(start|end)_header_id|header_(start|end)|role_(start|end)"
    r"|(start|end)_of_(role|turn|text|message|msg|sentence|utterance)(_token)?|end_?of_?(turn|text|message)"
    r"|begin(ning)?_of_(text|sentence)|message_(start|end)|seed_[be]os|special_1[01]|extra_id_[01]|b|e|"
)
OPENS = re.compile(r"start|begin|bo[stm]|turn\|?>|extra_id|special|<s>|]~", re.IGNORECASE)
TOOLS = ("tool", "python", "function", "fim", "plugin", "action", "interpreter")
ROLE = re.compile(
    r"\s*(?:GPT4 Correct )?(?:(?P<turn>assistant|model|chatbot|bot|ai|user|human|system|tool|developer)"
    r"(?: name=[^\n<]{0,40})?(?:[ \t]*(?=\n|<|\Z)|(?<=(?-i:assistant))[ \t]+(?=(?-i:[A-Z\"“])))"
    r"|(?P<label>assistant|user|human)[ \t]*:)",
    re.IGNORECASE,
)
# Names of turns without any mark: a server that drops the marks leaves them.
ECHOED = re.compile(
    r"\A\s*(?:(?:system|user)\n.*?\n\s*(?:assistant|model)\n"
    r"|(?:GPT4 Correct )?(?:USER|User|Human|HUMAN)[ \t]*:.*?(?:ASSISTANT|Assistant)[ \t]*:"
    r"|### (?:Instructions?|Human|User|Input)[ \t]*:?.*?\n### (?:Response|Assistant|Output|Answer)[ \t]*:?)\s*",
    re.DOTALL,
)
NAMED = re.compile(r"\A\s*(?:(?:assistant|model)[ \t]*\n|(?:GPT4 Correct )?(?:Assistant|ASSISTANT)[ \t]*:)\s*")
ASKED = re.compile(r"\A\s*(?:(?:system|user)\n|(?:GPT4 Correct )?(?:USER|User|Human|HUMAN)[ \t]*:)")


@dataclass(slots=True)
class Turn:
    """A turn of a chat. `role` is empty for text before the first mark; `odd`: it begins with an unknown mark."""

    role: str
    words: str = ""
    ended: bool = False
    odd: bool = False


def turn(text: str, review: str = "") -> tuple[str, bool]:
    """The assistant's first turn, and whether text after it was cut off. Marks that the review has are words of it.

    The text stays as it is if it cannot be known what the answer is: it then still has its marks.
    """
    marks = [mark for mark in TOKEN.finditer(text) if mark[0].casefold() not in review.casefold()]
    if not marks:
        return NAMED.sub("", ECHOED.sub("", text, count=1), count=1).strip(), False
    turns = _turns(text, marks)
    said = [number for number, each in enumerate(turns) if each.role in ("", "assistant") and each.words.strip()]
    if not said:
        others = any(each.words.strip() for each in turns)
        return (text, False) if others else ("", False)
    number = said[0]
    found, behind = turns[number], any(each.words.strip() for each in turns[number + 1 :])
    if behind and (found.odd or not found.ended):
        return text, False
    words = found.words
    while (last := None if not words.rstrip().endswith((">", "]")) else _last(words)) is not None:
        words = words[: last.start()]
    words = re.sub(r"\A\s*:\s+", "", words) if found.role else words
    return NAMED.sub("", ECHOED.sub("", words, count=1), count=1).strip(), number + 1 < len(turns)


def _last(words: str) -> re.Match[str] | None:
    """The mark at the very end of a text."""
    return next((mark for mark in TOKEN.finditer(words) if not words[mark.end() :].strip()), None)


def _turns(text: str, marks: list[re.Match[str]]) -> list[Turn]:
    """The turns of a text, in order; what follows a turn without a header has the role `after`."""
    turns = [Turn("asked" if ASKED.match(text) else "")]
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        if mark is marks[0]:
            turns[0].words = text[: mark.start()]
        now, kind, place = turns[-1], _kind(mark[0]), mark.end()
        empty = not now.words.strip()
        if kind == "answer" and mark[0].casefold() == "[/inst]" and not now.role:
            now.role = "asked"
        if kind != "odd" and (named := ROLE.match(text, place)) is not None:
            role = (named["turn"] or named["label"]).casefold()
            now.ended = now.ended or role in ASKS or not OPENS.search(mark[0])
            turns.append(Turn("assistant" if role in ANSWERS else "asked"))
            place = named.end()
        elif kind in ("answer", "asked"):
            now.ended = now.ended or kind == "asked"
            turns.append(Turn("assistant" if kind == "answer" else "asked"))
        elif kind == "odd":
            if empty and not any(name in mark[0].casefold() for name in TOOLS):
                now.odd = True
            else:
                now.words += mark[0]
        elif not empty:
            now.ended = True
            turns.append(Turn("after"))
        turns[-1].words += text[place : following.start() if following else len(text)]
    return turns


def _kind(mark: str) -> str:
    """What a mark begins (`answer`, `asked`), or `end` if it begins or ends any turn, or `odd` if it is unknown."""
    name = re.sub(r"[^a-z0-9/]+", "_", mark.casefold()).strip("_")
    parts = set(name.strip("/").split("_"))
    closing = name.startswith("/") or bool(parts & {"end", "close"})
    if name == "/inst":
        return "answer"
    if name in ("im_user", "im_system") or parts & ASKS:
        return "end" if closing else "asked"
    if parts & ANSWERS:
        return "end" if closing else "answer"
    return "end" if KNOWN.fullmatch(name) else "odd"
