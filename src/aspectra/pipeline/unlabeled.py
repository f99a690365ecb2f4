"""The texts that a student as teacher is asked about: the labeled sentences, and unlabeled texts.

Texts are whole reviews: lines of a `.txt` file, or rows of a table as `aspectra elicit` reads it. Called by `reader`,
and by `benchmarks.reviews_en` for the texts alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from aspectra.data.left_out import LEFT_OUT, fingerprint, left_out
from aspectra.errors import UserError
from aspectra.manifest import Stage
from aspectra.progress import counted, say
from aspectra.reviews import read_reviews
from aspectra.rows import text_file
from aspectra.sentences import spans
from aspectra.tables import read_jsonl, write_jsonl

REVIEWS = "reviews.jsonl"


def files(names: Iterable[str]) -> list[Path]:
    """The files that match names (`matching`), without duplicates. Raises UserError for a name without a match."""
    found: dict[Path, None] = {}
    for name in names:
        if not (paths := matching(Path(name))):
            raise UserError(f"`texts` names {name}, and there is no such file")
        found |= dict.fromkeys(paths)
    return list(found)


def matching(path: Path) -> list[Path]:
    """A file; or, sorted, those that match the pattern in a path's last part, as in `texts/*.txt`."""
    if path.is_file() or not path.name:
        return [path] if path.is_file() else []
    return sorted(each for each in path.parent.glob(path.name) if each.is_file())


def reviews(path: Path) -> Iterator[dict[str, str]]:
    """The reviews of a file, {"id", "text"}; of a `.txt` file the nonblank lines, with line numbers in the ids.

    Raises UserError for a file that cannot be read.
    """
    if path.suffix.lower() != ".txt":
        yield from ({"id": f"{path.stem}-{each.id}", "text": each.text} for each in read_reviews(path))
        return
    with text_file(path, fixed=True) as stream:
        for number, line in enumerate(stream, 1):
            if text := line.strip():
                yield {"id": f"{path.stem}-{number}", "text": text}


def gather(texts: Sequence[Path], labeled: Path, place: Path, out: Path) -> dict[str, Any]:
    """Write the reviews of the file `labeled` and of `texts` into `out`/reviews.jsonl; return the manifest.

    A text that is, or contains, a sentence of the `left-out.txt` in the folder `place` is dropped. Raises UserError for
    a file that cannot be read.
    """
    inputs: dict[str, Path | str] = {"labeled": labeled}
    inputs |= {f"texts {n}": path for n, path in enumerate(texts)}
    if (place / LEFT_OUT).is_file():
        inputs[LEFT_OUT] = place / LEFT_OUT
    stage = Stage("texts", out, inputs, {}, replace=True)
    if (done := stage.finished()) is not None:
        say(f"texts: {out} is done already")
        return done
    skipped, dropped, kept = left_out(place), 0, []
    for row in chain.from_iterable(map(reviews, texts)):
        text = row["text"]
        # A benchmark's sentence may be two of ours.
        if any(fingerprint(part) in skipped for part in (text, *(text[a:b] for a, b in spans(text)))):
            dropped += 1
        else:
            # The prefix keeps its id different from those of the labeled sentences.
            kept.append(row | {"id": f"text:{row['id']}"})
    stage.begin()
    write_jsonl(out / REVIEWS, chain(read_jsonl(labeled), kept))
    say(f"texts: {counted(len(kept), 'unlabeled text')}, of {counted(len(texts), 'file')}")
    return stage.finish({"texts": len(kept), "left_out": dropped})
