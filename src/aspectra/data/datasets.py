"""The benchmark's JSON files and where sets of that kind live. Called by scoring, fine-tuning, corpus and `data`.

A set is a folder `<task>/<name>/{train,dev,test,hard_test}.json`.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from aspectra import tasks
from aspectra.errors import UserError, unknown
from aspectra.files import write_json
from aspectra.models import cache
from aspectra.places import DEMO
from aspectra.rows import not_utf8
from aspectra.schema import POLARITIES, Example, Opinion, Span
from aspectra.tasks.anchor import cuts_word, occurrences

FILES = ("train", "dev", "test", "hard_test")
SPLITS = {"train": ("train",), "dev": ("dev",), "test": ("test", "hard_test")}
DATA_VARIABLE = "ASPECTRA_DATA"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stats:
    """What reading had to mend. `mended`: targets whose offsets were wrong or missing and were found by search;
    `unplaced`: targets that are not in their sentence, or not as often as they are annotated."""

    mended: int = 0
    unplaced: int = 0

    def __add__(self, other: Stats) -> Stats:
        return Stats(self.mended + other.mended, self.unplaced + other.unplaced)


def load(path: Path | str) -> list[Example]:
    """The sentences of a benchmark JSON file; see `read`."""
    return read(path)[0]


def read(path: Path | str) -> tuple[list[Example], Stats]:
    """The sentences of a benchmark JSON file, and what was mended on the way.

    A target is stripped (one of laptop14's ends in a no-break space) and is the truth: offsets that do not lead to it
    are replaced by its nearest place that no other annotation has. Different annotated places stay different:
    one that finds no place of its own gets none. `opinion_words` that hold anything make an opinion explicit.

    Raises UserError for a file that is missing, not UTF-8, or no list of sentences with aspects.
    """
    path = Path(path)
    value = _json(path)
    if not isinstance(value, list) or not value:
        what = "is empty" if value == [] else f"holds {_kind(value)}"
        raise UserError(f"{path} {what}; a benchmark file is a list of sentences with 'sentence' and 'aspects'")
    examples: list[Example] = []
    stats = Stats()
    for number, entry in enumerate(value, 1):
        try:
            example, mending = _example(entry, number)
        except _SentenceError as error:
            raise UserError(f"{path}, sentence {number}: {error}") from None
        examples.append(example)
        stats += mending
    return examples, stats


def save(path: Path, examples: Iterable[Example]) -> None:
    """Write sentences as a benchmark JSON file; the opinion words' own places are not kept."""
    rows = [
        {
            "ID": example.id,
            "sentence": example.text,
            "aspects": [
                {
                    "from": o.start,
                    "to": o.end,
                    "target": o.target,
                    "category": o.category,
                    "polarity": o.polarity,
                    "opinion_words": [{"opinion": word} for word in o.words],
                }
                for o in example.opinions
            ],
        }
        for example in examples
    ]
    write_json(path, rows)


def find(task: str, name_or_dir: str | Path) -> Path:
    """The folder of a set: a path, else a name in one of `roots()`, with or without the task before it (`atsa/rest14`).

    Raises UserError naming the sets that exist and how to get others.
    """
    tasks.get(task)
    folder = Path(name_or_dir)
    if _is_set(folder):
        return folder
    named = known(task)
    name = str(name_or_dir).removeprefix(f"{task}/")
    if name in named:
        return named[name]
    if folder.is_dir():
        raise UserError(f"{folder} has none of {', '.join(f'{file}.json' for file in FILES)}")
    if folder.is_file():
        raise UserError(f"{folder} is a file; a set is a folder with train.json, dev.json and test.json")
    if folder.name != name or name.startswith("~"):
        holds = "train.json, dev.json and test.json"
        raise UserError(f"there is no folder {folder}; name one with {holds}, or a known set")
    if others := [other for other in tasks.TASKS if name in known(other)]:
        raise UserError(f"{name} is a set of {' and '.join(others)}, not of {task}")
    raise unknown_set(f"{task} dataset", name, named)


def unknown_set(kind: str, name: str, here: Iterable[str]) -> UserError:
    """A `UserError` for a set that is not here, naming those that are and how to get others."""
    found = unknown(kind, name, here or ["(none)"])
    return UserError(f"{found}. `aspectra data fetch` gets the paper's sets; yours go below {DATA_VARIABLE}/<task>/")


def known(task: str) -> dict[str, Path]:
    """The sets of a task that are here by name, and those of the task whose sets it reads too."""
    here: dict[str, Path] = {}
    for kind in (task, tasks.get(task).data):
        for root in roots() if kind else ():
            for folder in sorted((root / str(kind)).glob("*")):
                if _is_set(folder):
                    here.setdefault(folder.name, folder)
    return here


def roots() -> list[Path]:
    """Folders that hold `<task>/<name>`, the first wins: $ASPECTRA_DATA, the demo, what was fetched, `../shared`."""
    found = [DEMO, fetched()]
    if os.environ.get(DATA_VARIABLE):
        found.insert(0, Path(os.environ[DATA_VARIABLE]).expanduser())
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").is_file():
        found.append(checkout.parent / "shared" / "data" / "benchmark")
    return found


def fetched() -> Path:
    """Where `aspectra data fetch` puts sets unless told otherwise: `data` in the cache folder."""
    return cache() / "data"


def files(folder: Path, name: str) -> list[Path]:
    """The files of a split (train, dev, test); test is test.json and, where it exists, hard_test.json.

    Raises UserError for an unknown split or a set without that file.
    """
    if name not in SPLITS:
        raise unknown("split", name, SPLITS)
    first, *more = (folder / f"{file}.json" for file in SPLITS[name])
    if not first.is_file():
        # Silver labels have no test part: no one checked them, so that a score on them would say little.
        then = "; judge on labels of your own, `aspectra data import` makes a set of them" if name == "test" else ""
        raise UserError(f"the set {folder} has no {first.name}{then}")
    return [first, *(path for path in more if path.is_file())]


def split(folder: Path, name: str) -> list[Example]:
    """The sentences of a split (train, dev, test); see `files`."""
    return [example for path in files(folder, name) for example in load(path)]


def draw(examples: Sequence[T], count: int | None, seed: int = 42) -> list[T]:
    """That many sentences, or their predictions, drawn by seed, in their order; all where `count` is None or larger."""
    if count is None or count >= len(examples):
        return list(examples)
    return [examples[i] for i in sorted(random.Random(seed).sample(range(len(examples)), count))]


class _SentenceError(Exception):
    """What is wrong with one sentence."""


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UserError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; name a file") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise not_utf8(path) from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is " + ("not JSON" if path.stat().st_size else "empty") + f" ({error})") from None


def _is_set(folder: Path) -> bool:
    return any((folder / f"{file}.json").is_file() for file in FILES)


def _example(entry: Any, number: int) -> tuple[Example, Stats]:
    if not isinstance(entry, dict) or not isinstance(entry.get("sentence"), str):
        raise _SentenceError(
            "it is no object with a 'sentence'" + ("" if isinstance(entry, dict) else f" but {_kind(entry)}")
        )
    if "aspects" not in entry:
        raise _SentenceError("it has no 'aspects' (an empty list where there are none)")
    aspects = [] if entry["aspects"] is None else entry["aspects"]
    if not isinstance(aspects, list) or not all(isinstance(aspect, dict) for aspect in aspects):
        raise _SentenceError("its 'aspects' are no list of objects")
    text = entry["sentence"]
    annotated = [_opinion(aspect) for aspect in aspects]
    marks = [(o.target, _offset(a.get("from")), _offset(a.get("to"))) for o, a in zip(annotated, aspects, strict=True)]
    places = _places([mark for mark in marks if mark[0] is not None], text)
    opinions = []
    mended = unplaced = 0
    for opinion, mark in zip(annotated, marks, strict=True):
        if mark[0] is not None:
            place, right = places[mark]
            mended += place is not None and not right
            unplaced += place is None
            begin, end = place or (None, None)
            opinion = replace(opinion, start=begin, end=end)
        opinions.append(opinion)
    name = entry.get("ID")
    example = Example(str(number if name is None else name), text, tuple(opinions))
    try:
        "".join(
            (example.id, text, *(w for o in opinions for w in (o.target or "", o.category or "", *o.words)))
        ).encode()
    except UnicodeEncodeError:
        raise _SentenceError("half a character (a lone surrogate) stands in it") from None
    return example, Stats(mended, unplaced)


def _opinion(aspect: dict[str, Any]) -> Opinion:
    target, category, polarity = aspect.get("target"), aspect.get("category"), aspect.get("polarity")
    if polarity not in POLARITIES:
        raise _SentenceError(f"polarity {polarity!r} is none of {', '.join(POLARITIES)}")
    if not isinstance(target, str | None) or not isinstance(category, str | None):
        raise _SentenceError(f"'target' and 'category' are text or null, not {target!r}, {category!r}")
    term = None if target is None or target == "NULL" else target.strip() or None
    return Opinion(term, (category or "").strip() or None, polarity, words=_words(aspect.get("opinion_words")))


def _words(value: Any) -> tuple[str, ...]:
    """Opinion words as text. Nothing but an absent or empty value means implicit, as for the authors' scorer."""
    if not value:
        return ()
    items = value if isinstance(value, list) else [value]
    return tuple(str(item.get("opinion", "")) if isinstance(item, dict) else str(item) for item in items)


def _offset(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


Mark = tuple[str | None, int | None, int | None]


def _places(marks: list[Mark], text: str) -> dict[Mark, tuple[Span | None, bool]]:
    """For each annotated (term, from, to) its place, and whether that is where the offsets lead."""
    places: dict[Mark, tuple[Span | None, bool]] = {}
    claimed: set[Span] = set()
    wrong: list[Mark] = []
    for mark in dict.fromkeys(marks):
        term, start, end = mark
        said = text[start:end] if start is not None and end is not None and 0 <= start < end else ""
        if start is not None and said.strip() == term:
            begin = start + len(said) - len(said.lstrip())
            places[mark] = (begin, begin + len(said.strip())), True
            claimed.add((begin, begin + len(said.strip())))
        else:
            wrong.append(mark)
    for mark in wrong:
        term, start, _ = mark
        free = [span for span in occurrences(term or "", text) if span not in claimed]
        near = min(free, key=lambda span: (abs(span[0] - (start or 0)), cuts_word(span, text)), default=None)
        if start is None:
            near = min(free, key=lambda span: (cuts_word(span, text), span), default=None)
        places[mark] = near, False
        if near is not None:
            claimed.add(near)
    return places


def _kind(value: Any) -> str:
    kinds = {dict: "an object", str: "a text", list: "a list", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
