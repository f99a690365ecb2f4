"""The two text formats of PyABSA: three lines an opinion (`.seg`), and a token a line (`.atepc`).

Both say a sentence once for each of its terms; the copies become one sentence again by their text. Called by
`imports.build`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from aspectra.data.imports.labels import Found
from aspectra.errors import UserError
from aspectra.files import write_text
from aspectra.progress import say
from aspectra.rows import text_file
from aspectra.schema import Example, Opinion

MARK = "$T$"
OUTSIDE, BEGIN, INSIDE = "O", "B-ASP", "I-ASP"
PADDING = ("-100", "-999")  # "no polarity here", as newer and older versions write it
TAG = re.compile(r"O|[BI](-.*)?")


def read_seg(path: Path, encoding: str | None = None) -> list[Found]:
    """The sentences of a file of triples: a sentence with `$T$` for the term, the term, its polarity.

    Where `$T$` stands more than once, as in files made by replacing every occurrence, the opinion's place is the first.
    Triples of one text are one sentence wherever they stand; what repeats another's place, term and label counts once.

    Raises UserError that names file and line: a first line without `$T$`, no term, no polarity, a triple cut off.
    """
    lines = _lines(path, encoding)
    sentences = _Sentences()
    number = 0
    while number < len(lines):
        if not lines[number].strip():
            number += 1
            continue
        triple = [line.strip() for line in lines[number : number + 3]]
        if MARK not in triple[0]:
            raise UserError(
                f"{path}, line {number + 1}: no {MARK} in the line; an opinion has three lines: a sentence with "
                f"{MARK} for the term, the term, the polarity"
            )
        for below, what in ((1, "term"), (2, "polarity")):
            if len(triple) <= below or not triple[below]:
                raise UserError(f"{path}, line {number + 1 + below}: the {what} of line {number + 1} should be here")
        sentence, term, label = triple
        start = sentence.index(MARK)
        opinion = Opinion(term, None, label, start, start + len(term))
        sentences.add(sentence.replace(MARK, term), opinion, number + 1)
        number += 3
    return sentences.found()


def write_seg(path: Path, examples: Iterable[Example]) -> None:
    """Write three lines for each opinion that has a target and its place.

    The format holds no ids, categories, opinion words, opinions without a target or its place, sentences without such
    opinions, or texts in which `$T$` stands already: these are left out. A line break in a text is written as a space,
    space around a text or a target is lost, and sentences of the same text are one when they are read again.
    """
    lines: list[str] = []
    for example in examples:
        text = _flat(example.text)
        for target, start, end, polarity in _placed(example):
            marked = text[:start] + MARK + text[end:]
            # A text with "$T" before the target has the mark too early.
            if marked.find(MARK) == start and marked.count(MARK) == 1:
                lines += [marked, _flat(target), polarity.capitalize()]
    write_text(path, "".join(f"{line}\n" for line in lines))


def read_atepc(path: Path, encoding: str | None = None) -> list[Found]:
    """The sentences of a file with a token a line, `token tag polarity`, and a blank line behind each copy.

    A sentence's text is its tokens with a space between. All copies of a sentence may tag all its terms; the term that
    a copy is about is the run of tokens that carry a polarity (others have -100 or -999), so that terms which overlap
    come back whole. Two terms side by side with the same polarity in one copy are therefore read as one. A copy without
    a polarity adds nothing but the sentence; tagged terms that no copy gives a polarity are told on stderr.

    Raises UserError that names file and line: a line that has not three columns, a tag that is none of O, B-ASP, I-ASP,
    a polarity beside the tag O.
    """
    sentences = _Sentences()
    copy: list[tuple[int, str, str, str]] = []
    tagged: dict[tuple[str, int], int] = {}
    told: set[tuple[str, int]] = set()
    for number, line in enumerate([*_lines(path, encoding), ""], 1):
        if columns := line.split():
            copy.append((number, *_columns(path, number, columns)))
        elif copy:
            _copy(copy, sentences, tagged, told)
            copy = []
    if bare := [line for place, line in tagged.items() if place not in told]:
        say(f"{path}: {len(bare)} tagged terms have no polarity in any copy and are left out (first: line {min(bare)})")
    return sentences.found()


def _columns(path: Path, number: int, columns: list[str]) -> tuple[str, str, str]:
    if len(columns) != 3:
        raise UserError(f"{path}, line {number}: {len(columns)} columns; there should be three: token, tag, polarity")
    token, tag, label = columns
    if not TAG.fullmatch(tag):
        raise UserError(f"{path}, line {number}: the tag '{tag}' is not one of {OUTSIDE}, {BEGIN}, {INSIDE}")
    if tag == OUTSIDE and label not in PADDING:
        raise UserError(f"{path}, line {number}: '{token}' has the polarity {label} and the tag {OUTSIDE}")
    return token, tag, label


def _copy(
    copy: list[tuple[int, str, str, str]],
    sentences: _Sentences,
    tagged: dict[tuple[str, int], int],
    told: set[tuple[str, int]],
) -> None:
    """Add one copy of a sentence. `tagged`: where (text, offset) terms begin, with their line; `told`: offsets that
    some copy's polarity covers."""
    text = " ".join(token for _, token, _, _ in copy)
    sentences.add(text)
    run: tuple[int, int, str] | None = None  # line, offset and label of the term that is open
    offset = end = 0
    for line, token, tag, label in [*copy, (0, "", OUTSIDE, PADDING[0])]:
        if run is not None and label != run[2]:
            sentences.add(text, Opinion(text[run[1] : end], None, run[2], run[1], end), run[0])
            run = None
        if label not in PADDING:
            run = run or (line, offset, label)
            told.add((text, offset))
        elif tag.startswith("B"):
            tagged.setdefault((text, offset), line)
        end = offset + len(token)
        offset = end + 1


def write_atepc(path: Path, examples: Iterable[Example]) -> None:
    """Write a copy of the sentence for each opinion that has a target and its place, with the tags of all; one copy
    without polarity where there is none.

    The format holds no ids, categories, opinion words or opinions without a target or its place. Of the text it holds
    the words, which are cut at the ends of targets: read again, they have one space between. Sentences of the same text
    are one when they are read again.
    """
    blocks: list[str] = []
    for example in examples:
        text = _flat(example.text)
        placed = _placed(example)
        cuts = sorted({0, len(text)} | {place for _, start, end, _ in placed for place in (start, end)})
        words = [
            (begin + match.start(), match.group())
            for begin, end in pairwise(cuts)
            for match in re.finditer(r"\S+", text[begin:end])
        ]
        copies = [
            (polarity, [i for i, (place, _) in enumerate(words) if start <= place < end])
            for _, start, end, polarity in placed
        ]
        tags = [OUTSIDE] * len(words)
        for _, members in copies:
            for i in members:
                tags[i] = BEGIN if i == members[0] else INSIDE
        for polarity, members in copies or [("", [])]:
            labels = [polarity.capitalize() if i in members else PADDING[0] for i in range(len(words))]
            rows = zip(words, tags, labels, strict=True)
            blocks.append("".join(f"{word} {tag} {label}\n" for (_, word), tag, label in rows))
    write_text(path, "\n".join(blocks))


class _Sentences:
    """Copies of sentences that become one by their text, numbered as they first come."""

    def __init__(self) -> None:
        self.opinions: dict[str, dict[Opinion, int]] = {}

    def add(self, text: str, opinion: Opinion | None = None, line: int = 0) -> None:
        opinions = self.opinions.setdefault(text, {})
        if opinion is not None:
            opinions.setdefault(opinion, line)

    def found(self) -> list[Found]:
        return [
            Found(Example(str(number), text, tuple(opinions)), tuple(opinions.values()))
            for number, (text, opinions) in enumerate(self.opinions.items(), 1)
        ]


def _lines(path: Path, encoding: str | None) -> list[str]:
    # Only \n ends a line: str.splitlines would cut at characters that may stand in a sentence.
    with text_file(path, encoding) as stream:
        return stream.read().split("\n")


def _flat(text: str) -> str:
    return re.sub(r"[\r\n]", " ", text)


def _placed(example: Example) -> list[tuple[str, int, int, str]]:
    """(target, start, end, polarity) of the opinions whose target stands where they say."""
    return [
        (o.target, o.start, o.end, o.polarity)
        for o in example.opinions
        if o.target and o.start is not None and o.end is not None and example.text[o.start : o.end] == o.target
    ]
