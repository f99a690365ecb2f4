"""The readers' results with polarities as spelled in the file, and their mapping to the four polarities.

The readers of this package make `Found` objects; `imports.build` maps them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aspectra.errors import UserError, unknown
from aspectra.progress import counted, first_few, say
from aspectra.schema import POLARITIES, Example

# Numbers in PyABSA's files. Other files count 0, 1, 2, so these apply only if there is no other number.
NUMBERS = {"1": "positive", "0": "neutral", "-1": "negative"}
LISTED = 20  # labels in a message: a wrong column has thousands


@dataclass(frozen=True, slots=True)
class Found:
    """A sentence whose opinions have the polarity as in the file, and where each one is: the number of its line, item
    or row (`unit`), from 1."""

    example: Example
    lines: tuple[int, ...]
    unit: str = "line"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: its sentences, and whether its numbers may be polarities."""

    path: Path
    found: Sequence[Found]
    numbers: bool = False


class BadRowsError(UserError):
    """Rows that cannot be read: (place, what is wrong) of each, and the contents of the others."""

    def __init__(self, path: Path, bad: Sequence[tuple[str, str]], found: Sequence[Found]) -> None:
        self.found = found
        listed = first_few([f"{place}: {why}" for place, why in bad])
        several = f": {len(bad)} bad rows: " if len(bad) > 1 else ", "
        super().__init__(f"{path}{several}{listed}")


def parse_map(pairs: Sequence[str]) -> dict[str, str]:
    """`good=positive` pairs, also several separated by commas, as a mapping from lower-case labels.

    Raises UserError for a pair without `=` and for a polarity that is none of the four.
    """
    mapping = {}
    for pair in ",".join(pairs).split(",") if pairs else ():
        label, mark, polarity = pair.rpartition("=")
        if not mark or not label.strip():
            raise UserError(f"--polarity-map takes LABEL=POLARITY, as in good=positive, not '{pair}'")
        if polarity.strip() not in POLARITIES:
            raise unknown("polarity", polarity.strip(), POLARITIES)
        mapping[label.strip().casefold()] = polarity.strip()
    return mapping


def settle(sources: Sequence[Source], mapping: Mapping[str, str]) -> list[list[Example]]:
    """The sentences of each source with the four polarities.

    Labels match ignoring case: first in `mapping` (lower-case keys), then as one of the four, then, if the source's
    numbers are all in `NUMBERS`, as a number. Raises UserError that lists every other label with its count and first
    place.
    """
    settled = []
    strange: Counter[str] = Counter()
    first: dict[str, str] = {}
    for source in sources:
        known = {polarity: polarity for polarity in POLARITIES} | _numbers(source, mapping) | dict(mapping)
        examples = []
        for found in source.found:
            opinions = []
            for opinion, line in zip(found.example.opinions, found.lines, strict=True):
                label = opinion.polarity.strip()
                if label.casefold() in known:
                    opinions.append(replace(opinion, polarity=known[label.casefold()]))
                else:
                    strange[label] += 1
                    first.setdefault(label, f"{source.path}, {found.unit} {line}")
            examples.append(replace(found.example, opinions=tuple(opinions)))
        settled.append(examples)
    if strange:
        often = strange.most_common()
        listed = "; ".join(
            f"'{label}' {counted(count, 'time')}, first in {first[label]}" for label, count in often[:LISTED]
        )
        more = f"; and {len(often) - LISTED} more" if len(often) > LISTED else ""
        raise UserError(
            f"labels that are not {', '.join(POLARITIES)}: {listed}{more}. Map them, as in --polarity-map "
            f"{often[0][0]}=positive"
        )
    return settled


def _numbers(source: Source, mapping: Mapping[str, str]) -> dict[str, str]:
    """The meaning of a source's numbers; empty if one is not in `NUMBERS`."""
    labels = {opinion.polarity.strip() for found in source.found for opinion in found.example.opinions}
    numbers = {label for label in labels if re.fullmatch(r"-?\d+", label)}
    if not source.numbers or not numbers <= NUMBERS.keys():
        return {}
    if "0" in numbers and "-1" not in numbers and "0" not in mapping:
        say(
            f"{source.path}: 0 is read as neutral, but there is no -1; if 0 means negative, add --polarity-map "
            "0=negative"
        )
    return NUMBERS
