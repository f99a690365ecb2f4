"""Labeled sentences for tiny taggers, and a corpus of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aspectra.data.examples import save
from aspectra.schema import Example, Opinion

if TYPE_CHECKING:
    from aspectra.data.soft import Soft
    from aspectra.students.taggers.student import TaggingStudent

WORDS = {"positive": "fresh", "negative": "cold", "neutral": "warm"}


def labeled(text: str, *said: tuple[str, str]) -> tuple[Opinion, ...]:
    """Opinions of targets that stand in the text."""
    return tuple(Opinion(t, None, p, text.index(t), text.index(t) + len(t)) for t, p in said)


def sentence(number: int) -> Example:
    """One, two or no targets, in turn."""
    things = ("soup", "bed", "lift", "waiter", "breakfast buffet")
    one, other = things[number % 5], things[(number + 2) % 5]
    mine, theirs = list(WORDS)[number % 3], list(WORDS)[(number + 1) % 3]
    if number % 4 == 3:
        return Example(str(number), f"We came on day {number}.", ())
    text = f"The {one} was {WORDS[mine]}"
    if number % 4 == 1:
        text += f", the {other} was {WORDS[theirs]}."
        return Example(str(number), text, labeled(text, (one, mine), (other, theirs)))
    return Example(str(number), f"{text}.", labeled(text, (one, mine)))


SENTENCES = [sentence(number) for number in range(24)]


def corpus(folder: Path, rated: bool = False) -> Path:
    """A corpus as `aspectra corpus` writes it, of extraction answers; with a rating for each sentence."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for side, numbers in (("train", range(48)), ("dev", range(60, 72))):
        examples = [sentence(number) for number in numbers]
        save(folder / "silver" / f"{side}.json", examples)
        rows = [
            {
                "id": f"{e.id}#rating",
                "review_id": e.id,
                "kind": "rating",
                "input": e.text,
                "output": "5" if any(o.polarity == "positive" for o in e.opinions) else "2",
            }
            for e in (examples if rated else [])
        ]
        names = ("id", "review_id", "kind", "input", "output")
        table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})
        pq.write_table(table, folder / f"{side}.parquet")
    return folder


def learn(
    student: TaggingStudent,
    steps: int = 100,
    examples: Sequence[Example] = SENTENCES,
    softs: Mapping[str, Soft] | None = None,
    share: float = 0.0,
) -> None:
    """By heart, so without dropout: a tokenizer's training breaks ties by chance, and no luck is wanted here."""
    import torch

    from aspectra.students.taggers.lessons import from_examples

    rows = from_examples(student.encoder(), examples, softs=softs, share=share).rows
    batch = student.collate([rows[i] for i in range(len(rows))])
    student.model.eval()
    optimizer = torch.optim.AdamW(student.model.parameters(), lr=5e-3)
    for _ in range(steps):
        losses, kinds = student.losses(student.model, batch)
        loss = sum(losses[kinds == kind].mean() for kind in (0, 1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def taught(encoder: Path, folder: Path, steps: int = 100) -> Path:
    """The folder of a tagger that knows `SENTENCES` by heart; the same weights each time."""
    import torch

    from aspectra.students.taggers.student import TaggingStudent

    torch.manual_seed(0)
    student = TaggingStudent.load(encoder)
    learn(student, steps)
    student.save(folder, {"task": "atsa", "input_tokens": 64, "provenance": {"stage": "pretrain"}}, "a card")
    return folder


def said(target: str | None, category: str, polarity: str, text: str) -> Opinion:
    """An opinion with a category, of a target that stands in the text or of none."""
    start = text.index(target) if target else None
    return Opinion(target, category, polarity, start, start + len(target) if target and start is not None else None)


def categorized(number: int) -> Example:
    """Targets with one or two categories, sentences without a target, both at once, and nothing, in turn."""
    things = (("soup", "FOOD#QUALITY"), ("bed", "ROOM#COMFORT"), ("waiter", "SERVICE#GENERAL"))
    (thing, category), (word, polarity) = (
        things[(number + number // 6) % 3],
        [("fresh", "positive"), ("cold", "negative")][number % 2],
    )
    again, other = [("again", "positive"), ("no more", "negative")][number // 6 % 2]
    if number % 6 == 0:
        return Example(str(number), f"We came on day {number}.", ())
    if number % 6 == 1:
        text = f"We would come {again}."
        return Example(str(number), text, (said(None, "HOTEL#GENERAL", other, text),))
    if number % 6 == 2:
        text = f"The {thing} was {word}, we would come {again}."
        whole = said(None, "HOTEL#GENERAL", other, text)
        return Example(str(number), text, (said(thing, category, polarity, text), whole))
    if number % 6 == 3:
        text = f"The {thing} was {word} and dear."
        dear = said(thing, "HOTEL#PRICES", "negative", text)
        return Example(str(number), text, (said(thing, category, polarity, text), dear))
    text = f"The {thing} was {word}."
    return Example(str(number), text, (said(thing, category, polarity, text),))


CATEGORIZED = [categorized(number) for number in range(36)]
