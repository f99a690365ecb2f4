"""Makes a set from files of labels: a folder with train, dev and test for `datasets.find`.

Called by `aspectra data import`. Everything is read, mapped and split before the first file is written.
"""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aspectra import manifest, tasks
from aspectra.data import datasets
from aspectra.data.examples import load, read, save
from aspectra.data.imports import check, generative, pyabsa, semeval, table
from aspectra.data.imports.labels import BadRowsError, Found, Source, parse_map, settle
from aspectra.errors import UserError, unknown
from aspectra.files import replacing, sha256
from aspectra.progress import say
from aspectra.rows import FOUND, SUFFIXES, Form, check_file, kind, text_file
from aspectra.schema import Example, Opinion

LINES: dict[str, Callable[[Path, str | None], list[Found]]] = {
    "seg": pyabsa.read_seg,
    "atepc": pyabsa.read_atepc,
    "generative": generative.read,
    "check": check.labels,
}
FORMATS = ("semeval", "table", *LINES)


# Files that mark folders of stages, models and source code (OTHERS), and of whole runs (RUNS), in the parent too.
OTHERS = (manifest.MANIFEST, manifest.UNFINISHED, manifest.RESPONSES, "config.json", "pyproject.toml")
RUNS = (manifest.RUN, manifest.BENCHMARK)


def build(
    files: Sequence[Path],
    task: str,
    out: Path,
    form: str | None = None,
    split: str | None = None,
    dev_share: float = 0.0,
    test_share: float = 0.0,
    seed: int = 42,
    polarity_map: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    layout: Form = FOUND,
) -> dict[str, Any]:
    """Write the files' sentences to `out` and return what was written, with counts for each split.

    With `split` they all go there. Else `dev_share` and `test_share` of them (fractions of the distinct texts, drawn by
    `seed`) go to dev and test and the rest to train. Sentences of one text stay together. If targets and categories are
    annotated separately, as in SemEval-2014, only those of the task are kept. `columns` are those of tables, by the
    keys of `table.NAMES`. `layout` has the encoding and delimiter of text files.

    Raises UserError, with nothing written: errors of the readers and `settle`, an empty file, no opinion that fits the
    task (or, for a task that needs both, targets and categories annotated separately), shares that leave a split empty,
    an existing file of the set with other content, a folder of another stage, a run, a model or code.
    """
    rules = tasks.get(task)
    mapping = parse_map(polarity_map)
    if split is not None and split not in datasets.SPLITS:
        raise unknown("split", split, datasets.SPLITS)
    if split is not None and (dev_share or test_share):
        raise UserError(
            "--split puts all sentences into one part; leave it out to split them by --dev-share and --test-share"
        )
    if not (dev_share >= 0 and test_share >= 0 and dev_share + test_share < 1):
        raise UserError("--dev-share and --test-share must be fractions with a sum below 1")
    if out.is_file():
        raise UserError(f"--out {out} is a file; name a folder")
    marks = [out / name for name in (*OTHERS, *RUNS)] + [out.absolute().parent / name for name in RUNS]
    if there := next(filter(Path.exists, marks), None):
        raise UserError(f"{out} has other files ({there.name}); name another folder with --out")
    if form is not None and form not in FORMATS:
        raise unknown("format", form, FORMATS)
    examples = _distinct(files, _settled(files, form, mapping, columns or {}, layout))
    opinions = [o for example in examples for o in example.opinions]
    kinds = {(bool(o.target), bool(o.category)) for o in opinions}
    if {(True, False), (False, True)} <= kinds and (True, True) not in kinds:
        if len(rules.by) > 1:
            raise UserError(
                f"{', '.join(map(str, files))}: targets and categories are annotated separately, and the task "
                f"{task} needs both in one opinion"
            )
        examples = [
            replace(example, opinions=tuple(o for o in example.opinions if rules.ordered([o]))) for example in examples
        ]
    if not any(rules.ordered(example.opinions) for example in examples):
        raise UserError(
            f"{', '.join(map(str, files))}: none of {len(opinions)} opinions fits the task {task} ({_has(opinions)})"
        )
    parts = {split: examples} if split else parted(examples, dev_share, test_share, seed)
    return {"task": task, "out": str(out), "splits": _write(parts, out)}


def _settled(
    files: Sequence[Path], form: str | None, mapping: Mapping[str, str], columns: Mapping[str, str], layout: Form
) -> list[list[Example]]:
    """The sentences of each file. Raises one UserError with everything that is wrong with rows and labels."""
    sources, wrong = [], []
    for path in files:
        name = form or guess(path, layout.encoding)
        if columns and name != "table":
            raise UserError(f"{path}: column options are for tables, and this file has the format {name}")
        try:
            if name == "semeval":
                found: Sequence[Found] = semeval.read(path)
            else:
                found = table.read(path, columns, layout) if name == "table" else LINES[name](path, layout.encoding)
        except BadRowsError as error:
            wrong.append(str(error))
            found = error.found
        if not found and not wrong:
            raise nothing_in(path)
        sources.append(Source(path, found, numbers=name in ("seg", "atepc")))
    try:
        settled = settle(sources, mapping)
    except UserError as error:
        raise UserError("; ".join([*wrong, str(error)])) from None
    if wrong:
        raise UserError("; ".join(wrong))
    return settled


def guess(path: Path, encoding: str | None = None) -> str:
    """The format of a file from its suffix, else from its first non-blank line.

    Raises UserError for any other, and for an empty file.
    """
    suffix = path.suffix.lower()
    if suffix == ".json" and check.saved_check(path, encoding):
        return "check"
    if kind(path) in SUFFIXES:
        return "table"
    if suffix in (".xml", ".seg", ".atepc"):
        return "semeval" if suffix == ".xml" else suffix[1:]
    check_file(path)
    with text_file(path, encoding) as stream:
        first = next((line for line in stream if line.strip()), "")
    if not first:
        raise nothing_in(path)
    columns = first.split()
    if first.lstrip().startswith("<"):
        return "semeval"
    if generative.MARK in first:
        return "generative"
    if pyabsa.MARK in first:
        return "seg"
    if len(columns) == 3 and pyabsa.TAG.fullmatch(columns[1]):
        return "atepc"
    raise UserError(f"{path}: cannot guess the format; name it with --format {'|'.join(FORMATS)}")


def nothing_in(path: Path) -> UserError:
    """A `UserError` for a file without a sentence."""
    return UserError(f"{path} " + ("has no sentence" if path.stat().st_size else "is empty"))


def parted(examples: Sequence[Example], dev_share: float, test_share: float, seed: int) -> dict[str, list[Example]]:
    """Sentences as train, dev and test, each in the order of the file; parts with share 0 are left out.

    The shares are of the distinct texts. Raises UserError if one is too small for a single text.
    """
    texts = list(dict.fromkeys(example.text for example in examples))
    random.Random(seed).shuffle(texts)
    place: dict[str, str] = {}
    begin = 0
    for part, share in (("test", test_share), ("dev", dev_share)):
        count = round(share * len(texts))
        if share and not count:
            raise UserError(
                f"--{part}-share {share:g} of {len(texts)} sentences is less than one sentence; use a larger share"
            )
        place |= dict.fromkeys(texts[begin : begin + count], part)
        begin += count
    if begin >= len(texts):
        raise UserError(f"the shares take all of the {len(texts)} sentences and leave none for train")
    parts: dict[str, list[Example]] = {"train": [], "dev": [], "test": []}
    for example in examples:
        parts[place.get(example.text, "train")].append(example)
    return {name: part for name, part in parts.items() if part}


def _distinct(files: Sequence[Path], groups: list[list[Example]]) -> list[Example]:
    """The sentences of all files. A duplicate id is prefixed with the file's name."""
    examples: list[Example] = []
    taken: set[str] = set()
    for path, group in zip(files, groups, strict=True):
        named = [replace(e, id=f"{path.stem}:{e.id}") if e.id in taken else e for e in group]
        taken |= {example.id for example in named}
        examples += named
    return examples


def _has(opinions: Sequence[Opinion]) -> str:
    targets, categories = sum(bool(o.target) for o in opinions), sum(bool(o.category) for o in opinions)
    return f"{targets} have a target, {categories} a category"


def _write(parts: dict[str, list[Example]], out: Path) -> dict[str, dict[str, int]]:
    """Write all parts after all are checked; returns the counts of each."""
    written = {}
    with tempfile.TemporaryDirectory() as work:
        for part, rows in parts.items():
            made = Path(work) / f"{part}.json"
            save(made, rows)
            kept, mending = read(made)
            save(made, kept)  # with repaired and added offsets
            path = out / made.name
            if path.exists() and sha256(path) != sha256(made):
                raise UserError(f"{path} exists with other content; name another --out, or remove it")
            if mending.unplaced:
                say(f"{part}: {mending.unplaced} targets are not in their sentence, or fewer times than annotated")
            written[part] = {
                "sentences": len(kept),
                "opinions": sum(len(example.opinions) for example in kept),
                "mended": mending.mended,
                "unplaced": mending.unplaced,
            }
        for part in parts:
            with replacing(out / f"{part}.json") as temporary:
                shutil.copyfile(Path(work) / f"{part}.json", temporary)
    there = [file for name in datasets.FILES if (file := out / f"{name}.json").is_file()]
    texts = {file.stem: {example.text for example in load(file)} for file in there}
    for one, other in itertools.combinations(texts, 2):
        if shared := len(texts[one] & texts[other]):
            say(f"{shared} sentences are in both {one} and {other}: scores on them are too good")
    return written
