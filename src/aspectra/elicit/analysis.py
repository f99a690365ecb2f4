"""Parse an `analysis` answer into blocks, one for each judgment. Pure; never raises.

Parsing is tolerant: what does not fit is marked, not dropped. Called by `aspectra.elicit.validation`,
`aspectra.elicit.audit` and the corpus step (silver labels).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aspectra.elicit.polarity import polarity_of


@dataclass(frozen=True, slots=True)
class Block:
    """One judgment: a target and one aspect of it.

    `target` is without its quotes. `sentiment` is as written; `polarity` is what it maps to, or None. `in_review`: the
    target occurs in the review, ignoring case.
    """

    target: str
    aspect: str
    sentiment: str
    polarity: str | None
    reasoning: str
    in_review: bool


# A label at the start of a line, or after ' -- ', ' - ' or ', ' if a teacher put a whole block on one line. Includes
# misspellings that Mixtral makes ("Sententiment", "Reasoin").
LABEL = re.compile(
    r"(?:(?:^|\n)[ \t\ufeff>*#-]*(?:\d{1,2}[.)][ \t*]*)?|(?<=[\s,;])(?:--?|–|—)[ \t]+|,[ \t]+(?=[ASR]\w+:))"
    r"(?P<name>(?i:opinion[ \t]+target)|(?i:aspect)|(?i:sen(?:ten)?timent)|(?i:reaso\w{0,6}))"
    r"(?P<number>[ \t]*\d*)[ \t]*(?:\([^():\n]{0,40}\))?[ \t*]*:[ \t*]*"
)
QUOTED = re.compile(r"""["“”](?P<double>[^"“”\n]*)["“”]|['‘](?P<single>[^\n]*?)['’](?=[\s,;.(/-]|$)""")


def analysis(text: str, review: str) -> tuple[Block, ...]:
    """The blocks of an analysis, in order. A target with several aspects gives several blocks.

    Does not cut off run-on text: call `validation.validate` first.
    """
    found = list(LABEL.finditer(text))
    blocks: list[Block] = []
    target: str | None = None
    part: dict[str, str] = {}

    def close() -> None:
        # A target without any field counts, unless the last block has the same target.
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
            # The next judgment of the same target. If it has no aspect, it keeps the previous one.
            kept = {"aspect": part["aspect"]} if name == "sentiment" and "aspect" in part else {}
            close()
            part.update(kept)
        lines = " ".join(value.split("\n\n", 1)[0].split()) if name == "reasoning" else value.split("\n", 1)[0].strip()
        part[name] = bare(lines) if name == "aspect" else lines
    close()
    return tuple(blocks)


def bare(value: str) -> str:
    """A value without the quotes or asterisks around it."""
    value = value.strip().strip("*").strip()
    if len(value) > 1 and value[0] in "\"'“‘[" and value[-1] in "\"'”’]":
        value = value[1:-1].strip()
    return value


def unquoted(value: str) -> str:
    """A target without quotes: the quoted part at the beginning, else the whole line."""
    value = value.strip().strip("*").strip()
    if found := QUOTED.match(value):
        return (found["double"] if found["double"] is not None else found["single"]).strip()
    return value.strip("\"'“”‘’").strip()


def stands_in(target: str, review: str) -> bool:
    """Whether the target occurs in the review, ignoring case. False for an empty target."""
    return bool(target) and target.lower() in review.lower()
