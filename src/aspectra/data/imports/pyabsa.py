"""The two text formats of PyABSA: three lines for each opinion (`.seg`), and one line for each token (`.atepc`).

Both repeat a sentence for each of its terms. The copies are merged by their text. Called by `imports.build`.
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
PADDING = ("-100", "-999")  # "no polarity here", in newer and older versions
TAG = re.compile(r"O|[BI](-.*)?")


def read_seg(path: Path, encoding: str | None = None) -> list[Found]:
    """The sentences of a file of triples: a sentence with `$T$` for the term, the term, its polarity.

    If `$T$` occurs more than once, as in files made by replacing every occurrence, the first is the opinion's place.
    Triples with the same text are one sentence. Triples with the same place, term and label count once.

    Raises UserError that names file and line: a first line without `$T$`, no term, no polarity, an incomplete triple.
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
    """Write three lines for each opinion that has a target and offsets.

    The format has no ids, categories, opinion words, opinions without a target or offsets, sentences without such
    opinions, or texts that already contain `$T$`: these are left out. A line break in a text becomes a space, space
    around a text or a target is lost, and sentences with the same text are one when they are read again.
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
    """The sentences of a file with one token on each line, `token tag polarity`, and a blank line after each copy.

    A sentence's text is its tokens joined by spaces. A copy may tag all terms of its sentence. Its own term is the run
    of tokens with a polarity (others have -100 or -999), so overlapping terms are read correctly. Two adjacent terms
    with the same polarity in one copy are therefore read as one. A copy without a polarity adds only the sentence.
    Tagged terms without a polarity in any copy are reported on stderr.

    Raises UserError that names file and line: not three columns, a tag other than O, B-ASP, I-ASP, a polarity with the
    tag O.
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
    """Add one copy of a sentence.

    `tagged`: (text, offset) where terms begin, with their line. `told`: those of tokens with a polarity in some copy.
    """
    text = " ".join(token for _, token, _, _ in copy)
    sentences.add(text)
    run: tuple[int, int, str] | None = None  # line, offset and label of the current term
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
    """Write a copy of the sentence for each opinion that has a target and offsets, with the tags of all.

    A sentence without such opinions gets one copy without polarity. The format has no ids, categories, opinion words or
    opinions without a target or offsets. It keeps only the words of a text, split at the ends of targets: when read
    again, they are joined by single spaces. Sentences with the same text are one when they are read again.
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
    """Merges copies of sentences by their text, numbered in order of appearance."""

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
    # Only \n ends a line: str.splitlines also splits at characters that may occur in a sentence.
    with text_file(path, encoding) as stream:
        return stream.read().split("\n")


def _flat(text: str) -> str:
    return re.sub(r"[\r\n]", " ", text)


def _placed(example: Example) -> list[tuple[str, int, int, str]]:
    """(target, start, end, polarity) of the opinions whose offsets match the target."""
    return [
        (o.target, o.start, o.end, o.polarity)
        for o in example.opinions
        if o.target and o.start is not None and o.end is not None and example.text[o.start : o.end] == o.target
    ]
