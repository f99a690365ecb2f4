"""What an answer may be where decoding is constrained: targets are whole words of the text, categories known ones.

Called by `reader`. A `Language` is of a student, a `Sentence` (a `Grammar`) of one text. Both
engines take the likeliest token among those allowed, so that both write the same.
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
CLOSING = ")\"'%+"  # signs with which a target may end
DONE = -1  # in a trie's node: what led here is whole
BEGIN, EMPTY, NEXT = -1, -2, -3  # stages besides those of a piece

Trie = dict[int, Any]
State = list[tuple[Trie, int]]


class Language:
    """The parts of a student's answers as tries of token ids."""

    def __init__(self, encoder: Encoder, task: Task, info: Mapping[str, Any]) -> None:
        """Raises UserError where the task names categories and the student's folder does not say which."""
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
        # A first token is spelled apart only where the tokenizer puts no space before it.
        self.alike = all(self.ids(word, True) == self.ids(word, False) for word in ("a", "fish", "(", "5"))

    def known(self, categories: Iterable[str]) -> list[str]:
        """Categories as answers have them."""
        return [escape(name) for category in categories if (name := named(category))]

    def ids(self, part: str, first: bool) -> list[int]:
        """A part of an answer as tokens: the first of it, or one behind others."""
        if first:
            return self.encoder.ids(f"{self.lead}{part}")
        before = self.encoder.ids(f"{self.lead}a")
        return self.encoder.ids(f"{self.lead}a {part}")[len(before) :]

    def trie(self, parts: Iterable[str], first: bool) -> Trie:
        """The parts that the student's tokens can spell."""
        spelled = ((part, self.ids(part, first)) for part in parts)
        return grown(ids for part, ids in spelled if self.encoder.spelled(ids).strip() == part)

    def grammar(self, text: str) -> Sentence:
        """What an answer about a sentence may be."""
        return Sentence(self, text)


class Sentence:
    """The answers about one sentence: a `Grammar`. A state is every place in the tries where tokens may have led."""

    def __init__(self, language: Language, text: str) -> None:
        self.language, self.end = language, language.encoder.end
        self.terms = [escape(term) for term in terms(text)] if "target" in language.task.by else []
        self.first = self.subjects(0, True)
        # One by one: subject, bar, subject, ..., bar, polarity.
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
        # Where nothing can be written (no word of the text can be spelled), an answer may always end.
        if not found or any(DONE in node and stage in (last, EMPTY) for node, stage in state):
            found.add(self.end)
        return found

    def closed(self, state: State) -> State:
        """The state with all places that are reached without a token."""
        places = list(state)
        for node, stage in places:  # grows meanwhile
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
    """Every run of whole words of a text, up to `LONGEST` words and signs, each once.

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
