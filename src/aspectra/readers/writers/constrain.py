"""Constrained decoding: targets are whole words of the text, categories are known ones.

Called by `reader`. A `Language` belongs to a student, a `Sentence` (a `Grammar`) to one text. Both engines take the
most likely token among those allowed, so both write the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aspectra.errors import UserError
from aspectra.schema import POLARITIES
from aspectra.students.writers.encoder import Encoder
from aspectra.tasks import NOTHING, Task
from aspectra.tasks.acsa import named
from aspectra.tasks.linear import escape
from aspectra.tasks.tasd import IMPLICIT
from aspectra.units import UNIT

LONGEST = 10  # words of a target; of the 11,759 in the benchmark's four sets, 9 have more
CLOSING = ")\"'%+"  # signs that a target may end with
DONE = -1  # in a trie's node: a sequence ends here
BEGIN, EMPTY, NEXT = -1, -2, -3  # stages besides those of an opinion

Trie = dict[int, Any]
State = list[tuple[Trie, int]]


class Language:
    """The parts of a student's answers as tries of token ids."""

    def __init__(self, encoder: Encoder, task: Task, info: Mapping[str, Any]) -> None:
        """Raises UserError if the task has categories but the student's folder does not list them."""
        self.encoder, self.task, self.lead = encoder, task, encoder.form.lead
        labels = info.get("labels") or {}
        self.categories = self.known(labels.get("categories") or ())
        if "category" in task.by and not self.categories:
            raise UserError("constrained decoding needs the categories, and the model's aspectra.json has none")
        self.polarities = self.trie(labels.get("polarities") or POLARITIES, first=False)
        self.bar, self.next = self.trie(["|"], first=False), self.trie([";"], first=False)
        if not (self.bar and self.next and self.polarities):
            raise UserError("the model's tokenizer has no token for '|', ';' or a polarity; it cannot be constrained")
        self.begin = grown([encoder.begin])
        empty = str(info.get("empty_answer", NOTHING))
        self.empty = self.trie([empty], first=True) if empty else grown([[]])
        # True if the tokenizer puts a space before the first token too; else it is encoded differently.
        self.alike = all(self.ids(word, True) == self.ids(word, False) for word in ("a", "fish", "(", "5"))

    def known(self, categories: Iterable[str]) -> list[str]:
        """Categories as written in answers."""
        return [escape(name) for category in categories if (name := named(category))]

    def ids(self, part: str, first: bool) -> list[int]:
        """The tokens of a part of an answer: of the first part, or of a later one."""
        if first:
            return self.encoder.ids(f"{self.lead}{part}")
        before = self.encoder.ids(f"{self.lead}a")
        return self.encoder.ids(f"{self.lead}a {part}")[len(before) :]

    def trie(self, parts: Iterable[str], first: bool) -> Trie:
        """A trie of the parts that the student's tokens can spell."""
        spelled = ((part, self.ids(part, first)) for part in parts)
        return grown(ids for part, ids in spelled if self.encoder.spelled(ids).strip() == part)

    def grammar(self, text: str) -> Sentence:
        """The grammar of answers about a sentence."""
        return Sentence(self, text)


class Sentence:
    """A `Grammar` for answers about one sentence. A state is the list of possible places in the tries."""

    def __init__(self, language: Language, text: str) -> None:
        self.language, self.end = language, language.encoder.end
        self.terms = [escape(term) for term in terms(text)] if "target" in language.task.by else []
        self.first = self.subjects(0, True)
        # In order: subject, bar, subject, ..., bar, polarity.
        self.stages = [self.first if language.alike else self.subjects(0, False)]
        for field in range(1, len(language.task.by)):
            self.stages += [language.bar, self.subjects(field, False)]
        self.stages += [language.bar, language.polarities]

    def subjects(self, field: int, first: bool) -> Trie:
        """The trie of a field of the subject."""
        by = self.language.task.by
        if by[field] == "category":
            return self.language.trie(self.language.categories, first)
        implicit = [IMPLICIT] if len(by) > 1 else []
        return self.language.trie([*self.terms, *implicit], first)

    def start(self) -> State:
        return self.closed([(self.language.begin, BEGIN)])

    def step(self, state: State, token: int) -> State:
        return self.closed([(node[token], stage) for node, stage in state if token in node])

    def allowed(self, state: State) -> set[int]:
        found = {token for node, _ in state for token in node if token != DONE}
        last = len(self.stages) - 1
        # If nothing can be written (no word of the text can be spelled), an answer may always end.
        if not found or any(DONE in node and stage in (last, EMPTY) for node, stage in state):
            found.add(self.end)
        return found

    def closed(self, state: State) -> State:
        """The state with all places that are reachable without a token."""
        places = list(state)
        for node, stage in places:  # grows during the loop
            if DONE not in node or stage == EMPTY:
                continue
            if stage == BEGIN:
                places += [(self.first, 0), (self.language.empty, EMPTY)]
            elif stage == NEXT:
                places.append((self.stages[0], 0))
            elif stage == len(self.stages) - 1:
                places.append((self.language.next, NEXT))
            else:
                places.append((self.stages[stage + 1], stage + 1))
        return places


def terms(text: str) -> list[str]:
    """All distinct runs of whole words of a text, up to `LONGEST` words and signs.

    >>> terms("good fish")
    ['good', 'good fish', 'fish']
    """
    units = [match.span() for match in UNIT.finditer(text)]
    runs = (
        (start, end)
        for i, (start, _) in enumerate(units)
        if text[start].isalnum()
        for last, end in units[i : i + LONGEST]
        if text[last].isalnum() or text[last] in CLOSING
    )
    return list(dict.fromkeys(text[start:end] for start, end in runs))


def grown(ways: Iterable[Sequence[int]]) -> Trie:
    """A trie of sequences of ids."""
    root: Trie = {}
    for way in ways:
        node = root
        for token in way:
            node = node.setdefault(token, {})
        node[DONE] = {}
    return root
