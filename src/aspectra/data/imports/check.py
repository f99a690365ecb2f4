"""Labels from a check: sentences that a person judged on the page of `aspectra check`.

Called by `imports.build`.
"""

from __future__ import annotations

import re
from pathlib import Path

from aspectra.data.imports.labels import Found
from aspectra.errors import UserError
from aspectra.progress import say
from aspectra.rows import text_file
from aspectra.schema import Example, Opinion
from aspectra.score.checks import checked, finished, truth
from aspectra.score.saved import CHECK, read

BEGINNING = re.compile(rf'\ufeff?\s*{{\s*"{CHECK}"')


def saved_check(path: Path, encoding: str | None = None) -> bool:
    """Whether a JSON file was saved by the page, from its beginning."""
    with text_file(path, encoding) as stream:
        return BEGINNING.match(stream.read(200)) is not None


def labels(path: Path, encoding: str | None = None) -> list[Found]:
    """The finished sentences with their opinions: those judged right, corrected, and missed.

    The opinions of unfinished sentences are unknown; the number of these is reported. Raises UserError for a file that
    the page did not save, and if no sentence is finished.
    """
    sentences = checked(read(path), str(path))
    known = [(number, each) for number, each in enumerate(sentences, 1) if finished(each)]
    if not known:
        raise UserError(f"{path}: none of its {len(sentences)} sentences is finished; finish some on the page")
    if left := len(sentences) - len(known):
        say(f"{path}: {left} of {len(sentences)} sentences are not finished, and are left out")
    found = []
    for number, each in known:
        opinions = tuple(Opinion(o["target"], o["category"], o["polarity"], o["from"], o["to"]) for o, _ in truth(each))
        found.append(Found(Example(str(number), each["text"], opinions), (number,) * len(opinions), "sentence"))
    return found
