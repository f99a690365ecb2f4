"""An LLM's zero-shot judgments: the `polarity` kind of elicitation, one request for each (sentence, subject).

The text of a request is the sentence and, on a line below, the subject. Engine, store and budget are those of
`aspectra elicit`, so no stored answer is paid for twice. Called by `aspectra.benchmark.zero_shot`.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from aspectra.benchmark.judgments import Asked, Judged, Judgment, Reading
from aspectra.config import ElicitConfig
from aspectra.errors import AspectraError
from aspectra.readers.reader import LABELS
from aspectra.tables import write_jsonl
from aspectra.tasks.acsa import in_words

Answers = dict[str, str | None]


def judge(name: str, asked: Sequence[Asked], settings: ElicitConfig, store: Path) -> Judged:
    """An LLM's readings. Figures: the engine's counts, including tokens and USD, and `seconds`."""
    began = time.monotonic()
    questions = [[question(judgment) for judgment in each.judgments] for each in asked]
    found, counts = ask({text for part in questions for text in part}, settings, store)
    figures = {"system": name, "kind": "llm", "parameters": None, "seconds": round(time.monotonic() - began, 3)}
    return Judged(name, [[Reading(found[text]) for text in part] for part in questions], figures | counts)


def question(each: Judgment) -> str:
    """The text of a request. The prompt asks about the subject in the last line; a category comes with its target."""
    category = None if each.category is None else in_words(each.category)
    if each.target is None:
        return each.text if category is None else f"{each.text.rstrip()}\nCategory: {category}"
    return f"{each.text.rstrip()}\nTarget: {each.target}" + (f" ({category})" if category else "")


def ask(questions: Iterable[str], settings: ElicitConfig, store: Path) -> tuple[Answers, dict[str, Any]]:
    """The polarity that each question was answered with (None without a valid answer, or with none of the three), and
    the engine's counts (answers, tokens, USD).

    Raises UserError for invalid settings, AspectraError if the budget runs out.
    """
    from aspectra.elicit.engine import elicit
    from aspectra.elicit.handoff import responses
    from aspectra.elicit.polarity import judgment
    from aspectra.teachers.make import located

    # The id is a hash of the text: so in a store that is used for several sets, an id always has the same text.
    names = {hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(): text for text in sorted(questions)}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "questions.jsonl"
        write_jsonl(file, ({"id": name, "text": text} for name, text in names.items()))
        counts = elicit(file, located(settings).model_copy(update={"kinds": ("polarity",)}), store, allow_failed=True)
    if counts["pending"]:
        raise AspectraError(f"{counts['pending']} judgments are pending; raise max_cost to go on ({store})")
    found: Answers = dict.fromkeys(names.values())
    for answer in responses(store, last=True):
        if answer.status == "done" and answer.review_id in names:
            said = judgment(answer.text or "")
            found[names[answer.review_id]] = said if said in LABELS else None
    return found, counts
