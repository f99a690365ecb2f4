"""An `analysis` answer read as blocks, one for each judgment. Pure; never raises, whatever the text.

Tolerant, since teachers are: what does not fit is marked, not thrown away. Called by `aspectra.elicit.validation`, by
`aspectra.elicit.audit` and by the corpus step (silver labels).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aspectra.elicit.polarity import polarity_of


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


# A label at the start of a line, or after ' -- ', ' - ' or ', ' where a teacher put a whole block on one line.
# The spellings are those that Mixtral slips into ("Sententiment", "Reasoin").
LABEL = re.compile(
    r"(?:(?:^|\n)[ \t\ufeff>*#-]*(?:\d{1,2}[.)][ \t*]*)?|(?<=[\s,;])(?:--?|–|—)[ \t]+|,[ \t]+(?=[ASR]\w+:))"
    r"(?P<name>(?i:opinion[ \t]+target)|(?i:aspect)|(?i:sen(?:ten)?timent)|(?i:reaso\w{0,6}))"
    r"(?P<number>[ \t]*\d*)[ \t]*(?:\([^():\n]{0,40}\))?[ \t*]*:[ \t*]*"
)
QUOTED = re.compile(r"""["“”](?P<double>[^"“”\n]*)["“”]|['‘](?P<single>[^\n]*?)['’](?=[\s,;.(/-]|$)""")


def analysis(text: str, review: str) -> tuple[Block, ...]:
    """The blocks of an analysis, in order; a target with several aspects makes several.

    Reads what it is given: cut run-on text off first, with `validation.validate`.
    """
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
    return tuple(blocks)


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
