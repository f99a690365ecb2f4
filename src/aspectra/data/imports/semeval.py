"""SemEval's XML: 2014 task 4 (separate aspect terms and categories), 2015 task 12 and 2016 task 5 (opinions).

Uses expat directly, which knows the line of each element. A document type declaration, and so every custom entity, is
rejected: entity expansion lets a kilobyte of XML fill the memory. Called by `imports.build`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Literal
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from aspectra.data.imports.labels import Found
from aspectra.data.imports.terms import placed
from aspectra.errors import UserError
from aspectra.files import write_text
from aspectra.rows import check_file
from aspectra.schema import Example, Opinion

# Characters that XML 1.0 cannot represent, not even as references.
UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read(path: Path) -> list[Found]:
    """The sentences of an XML file of either layout, in its order.

    2014: an `aspectTerm` is an opinion without category, an `aspectCategory` one without target. 2015 and 2016: an
    `Opinion` is one; its target is None if the file has "NULL" or, as for laptops, no target. Sentences marked
    `OutOfScope` are kept, as in the published sets. A sentence without id gets its number as id.

    Raises UserError that names file and line: no such file, not well-formed, a document type, no sentences, a sentence
    without text, an opinion without polarity, an offset that is not a number, opinions of a whole review.
    """
    check_file(path)
    reader = _Reader(path)
    with path.open("rb") as stream:
        try:
            reader.parser.ParseFile(stream)
        except expat.ExpatError as error:
            what = expat.ErrorString(error.code)
            raise UserError(f"{path}, line {error.lineno}: not well-formed XML ({what})") from None
        except (LookupError, ValueError) as error:  # an encoding that Python or expat does not know
            raise UserError(f"{path}, line 1: {error}; save it as UTF-8") from None
    if not reader.found:
        raise UserError(f"{path} has no <sentence> elements below <sentences>, as SemEval's XML has")
    return reader.found


class _Reader:
    """Collects sentences from expat's callbacks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[Found] = []
        self.name: str | None = None  # of the current sentence
        self.text: list[str] | None = None
        self.reading = False
        self.opinions: list[Opinion] = []
        self.lines: list[int] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.EntityDeclHandler = self.doctype

    def fault(self, what: str) -> UserError:
        return UserError(f"{self.path}, line {self.parser.CurrentLineNumber}: {what}")

    def doctype(self, *_: object) -> None:
        raise self.fault("it declares a document type or an entity; remove the declaration")

    def start(self, element: str, given: dict[str, str]) -> None:
        if element == "sentence":
            self.name = given.get("id") or str(len(self.found) + 1)
            self.text, self.opinions, self.lines = None, [], []
        elif element == "text" and self.name is not None:
            self.text, self.reading = [], True
        elif element in ("aspectTerm", "aspectCategory", "Opinion"):
            if self.name is None:
                raise self.fault(f"<{element}> is outside a sentence (opinions about whole reviews are not supported)")
            self.opinions.append(self.opinion(element, given))
            self.lines.append(self.parser.CurrentLineNumber)

    def characters(self, data: str) -> None:
        if self.reading and self.text is not None:
            self.text.append(data)

    def end(self, element: str) -> None:
        if element == "text":
            self.reading = False
        elif element == "sentence" and self.name is not None:
            text = "".join(self.text or ())
            if not text.strip():
                raise self.fault(f"the sentence {self.name} has no text")
            self.found.append(Found(Example(self.name, text, placed(self.opinions, text)), tuple(self.lines)))
            self.name = None

    def opinion(self, element: str, given: dict[str, str]) -> Opinion:
        if "polarity" not in given:
            raise self.fault(f"<{element}> has no polarity")
        target = given.get("term" if element == "aspectTerm" else "target")
        if element == "aspectTerm" and target is None:
            raise self.fault("<aspectTerm> has no term")
        if target is None or not target.strip() or target == "NULL":
            return Opinion(None, given.get("category"), given["polarity"])
        return Opinion(
            target, given.get("category"), given["polarity"], self.offset(given, "from"), self.offset(given, "to")
        )

    def offset(self, given: dict[str, str], name: str) -> int | None:
        try:
            return int(given[name]) if name in given else None
        except ValueError:
            raise self.fault(f"the offset {name}='{given[name]}' is not a number") from None


def write(path: Path, examples: Iterable[Example], layout: Literal["2014", "2016"] = "2016") -> None:
    """Write sentences in the layout of 2014, or of 2015 and 2016.

    Neither has opinion words, blank texts, or a target that is blank or "NULL". 2014 has opinions with a target or a
    category: if an opinion has both, the category is lost; if it has neither, it is left out. Terms come before
    categories. 2016 has all opinions in their order; the part before the last `:` of a sentence's id is also the
    review's id. Raises UserError for a character that XML cannot represent.
    """
    examples = list(examples)
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>']
    if layout == "2014":
        lines.append("<sentences>")
        for example in examples:
            terms = [o for o in example.opinions if o.target is not None]
            categories = [o for o in example.opinions if o.target is None and o.category is not None]
            lines += _sentence(example, [("aspectTerms", terms), ("aspectCategories", categories)])
        lines.append("</sentences>")
    else:
        lines.append("<Reviews>")
        for review, sentences in groupby(examples, key=lambda example: example.id.rpartition(":")[0] or example.id):
            lines += [f"<Review rid={_quoted(review)}>", "<sentences>"]
            for example in sentences:
                lines += _sentence(example, [("Opinions", list(example.opinions))])
            lines += ["</sentences>", "</Review>"]
        lines.append("</Reviews>")
    write_text(path, "\n".join(lines) + "\n")


ELEMENTS = {"aspectTerms": "aspectTerm", "aspectCategories": "aspectCategory", "Opinions": "Opinion"}


def _sentence(example: Example, groups: list[tuple[str, list[Opinion]]]) -> list[str]:
    # XML readers turn a raw carriage return into a line feed, so it is written as a reference.
    text = escape(_writable(example.text), {"\r": "&#13;"})
    lines = [f"<sentence id={_quoted(example.id)}>", f"<text>{text}</text>"]
    for group, opinions in groups:
        if opinions:
            lines += [f"<{group}>", *(_element(ELEMENTS[group], opinion) for opinion in opinions), f"</{group}>"]
    return [*lines, "</sentence>"]


def _element(element: str, opinion: Opinion) -> str:
    values: dict[str, str | int | None] = {"category": opinion.category, "polarity": opinion.polarity}
    if element == "aspectTerm":
        values = {"term": opinion.target, "polarity": opinion.polarity, "from": opinion.start, "to": opinion.end}
    elif element == "Opinion" and opinion.target is not None:
        values = {"target": opinion.target, **values, "from": opinion.start, "to": opinion.end}
    elif element == "Opinion":
        values = {"target": "NULL", **values, "from": 0, "to": 0}
    given = " ".join(f"{name}={_quoted(str(value))}" for name, value in values.items() if value is not None)
    return f"<{element} {given}/>"


def _quoted(value: str) -> str:
    return quoteattr(_writable(value))


def _writable(text: str) -> str:
    if strange := UNWRITABLE.search(text):
        raise UserError(f"XML cannot contain the character U+{ord(strange.group()):04X}, which is in: {text[:60]!r}")
    return text
