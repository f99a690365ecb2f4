"""`aspectra data`: lists the benchmark sets, downloads the published ones, counts their content, imports your own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from aspectra.cli.help import Whole
from aspectra.tasks import CHOICE, TASKS

app = typer.Typer(
    cls=Whole,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="The benchmark sets: list, fetch and count them, draw training sentences, import your own labels.",
    epilog="Example: aspectra data stats --task atsa --data hotels",
)
AS_JSON = typer.Option(False, "--json", help="Print one JSON document.")


@app.command("list", epilog="Example: aspectra data list")
def list_sets(as_json: bool = AS_JSON) -> None:
    """List the sets that you can name; a folder <task>/<name> in $ASPECTRA_DATA adds one."""
    from aspectra.cli import output
    from aspectra.data.datasets import FILES, known

    found = [
        {
            "task": task,
            "data": name,
            "files": [file for file in FILES if (folder / f"{file}.json").is_file()],
            "folder": str(folder),
        }
        for task in TASKS
        for name, folder in known(task).items()
    ]
    if as_json:
        output.write(found)
        return
    shown = [{**row, "files": " ".join(row["files"])} for row in found]
    if found:
        output.table(("task", "data", "files", "folder"), [[*row.values()] for row in shown])
    else:
        print("no sets here; put <task>/<name>/{train,dev,test}.json below $ASPECTRA_DATA")


@app.command("fetch", epilog="Example: aspectra data fetch rest14 laptop14")
def fetch(
    names: list[str] | None = typer.Argument(None, metavar="NAME", help="Published sets to fetch. [all]"),
    task: str | None = typer.Option(None, help=f"Only the sets of this task: {CHOICE}."),
    out: Path | None = typer.Option(
        None, help="Folder for <task>/<name>. [$ASPECTRA_DATA, else data in Aspectra's cache]"
    ),
    source: Path | None = typer.Option(
        None, "--from", help="Copy from this folder (of sets, or the authors' repository) instead of the network."
    ),
    revision: str | None = typer.Option(
        None, help="Full hash of another revision; its files must be the same. [c38bdfc]"
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Download the paper's four sets and check each file by its sha256; correct files are kept."""
    from aspectra.cli import output
    from aspectra.data import fetch as work
    from aspectra.progress import say

    revision = revision or work.REVISION
    origin = str(source) if source else f"github.com/{work.REPOSITORY}, {work.FOLDER}, revision {revision[:7]}"
    done = work.fetch(names or (), task, out, source, revision)
    say(f"source: {origin}; license: {work.LICENSE}")
    if as_json:
        output.write({"source": origin, "license": work.LICENSE, "files": done})
    else:
        output.table(("task", "data", "file", "path", "was"), [[*row.values()] for row in done])


@app.command("stats", epilog="Example: aspectra data stats --task atsa --data rest14")
def stats(
    task: str = typer.Option(..., help=f"Task: {CHOICE}."),
    data: list[str] | None = typer.Option(
        None, help="Name of a set (see: aspectra data list) or its folder; may be repeated. [all of the task]"
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Count sentences, targets, categories, polarities and subsets of sets, for both scorings.

    The second table has the test sentences that a set shares with the known sets of all tasks.
    """
    from aspectra import tasks
    from aspectra.cli import output
    from aspectra.data.datasets import find, known
    from aspectra.data.stats import describe
    from aspectra.errors import UserError

    tasks.get(task)
    several = not data or data == ["all"] or len(data) > 1
    names = list(known(task)) if not data or data == ["all"] else data
    if not names:
        raise UserError(f"no set of the task {task} is known; name a folder with --data, or run: aspectra data fetch")
    folders = {name: find(task, name) for name in names}
    sets: list[dict[str, Any]] = [
        {"data": name, "folder": str(folder), "splits": describe(folder, task)} for name, folder in folders.items()
    ]
    shared = overlap({f"{task}/{name}": folder for name, folder in folders.items()})
    if as_json and several:
        output.write({"task": task, "sets": sets, "overlap": shared})
    elif as_json:
        output.write({"task": task, **sets[0], "overlap": shared})
    else:
        for each in sets:
            table(f"{task} {each['data']}", each["splits"])
        if shared:
            columns = ("one", "other", "split", "shared", "of")
            output.table(
                columns, [[row[column] for column in columns] for row in shared], "test sentences in both sets"
            )


def overlap(folders: dict[str, Path]) -> list[dict[str, Any]] | None:
    """The sentences that sets share with each other and with all known sets; None if one of those cannot be read."""
    from aspectra.data.datasets import known
    from aspectra.data.stats import overlaps
    from aspectra.errors import UserError
    from aspectra.progress import say

    seen = {folder.resolve() for folder in folders.values()}
    others = {}
    for task in TASKS:
        for name, folder in known(task).items():
            if folder.resolve() not in seen:  # tasks may share sets
                seen.add(folder.resolve())
                others[f"{task}/{name}"] = folder
    try:
        return [row for row in overlaps({**folders, **others}) if row["one"] in folders]
    except UserError as error:
        say(f"cannot tell what the sets share: {error}")
        return None


@app.command(
    "import", epilog="Example: aspectra data import reviews.csv --task atsa --test-share 0.2 --out data/atsa/mine"
)
def import_set(
    files: list[Path] = typer.Argument(..., metavar="FILE", help="Files with the labels of one set."),
    task: str = typer.Option(..., help=f"Task: {CHOICE}."),
    out: Path = typer.Option(
        ..., help="Folder for the set; you can name it in --data if it is <task>/<name> below $ASPECTRA_DATA."
    ),
    form: str | None = typer.Option(
        None,
        "--format",
        help="Format: table (CSV, JSON, Excel, Parquet), semeval (XML), seg, atepc (PyABSA), generative (####), check "
        "(saved by the page of `aspectra check`). [guessed]",
    ),
    split: str | None = typer.Option(None, help="Part for all sentences: train, dev or test. [by the shares]"),
    dev_share: float = typer.Option(0.0, help="Share of the sentences for dev."),
    test_share: float = typer.Option(0.0, help="Share of the sentences for test; the rest is train."),
    seed: int = typer.Option(42, help="Seed of the split by shares."),
    polarity_map: list[str] | None = typer.Option(
        None, metavar="LABEL=POLARITY", help="Meaning of a label, as in good=positive; may be repeated."
    ),
    text_column: str | None = typer.Option(
        None, help="Column of a table with the sentences. [found by name, like the others]"
    ),
    target_column: str | None = typer.Option(None, help="Column of a table with the target."),
    category_column: str | None = typer.Option(None, help="Column of a table with the target's category."),
    polarity_column: str | None = typer.Option(None, help="Column of a table with the polarity."),
    id_column: str | None = typer.Option(None, help="Column of a table with the sentence's id."),
    from_column: str | None = typer.Option(None, help="Column of a table with the target's first character."),
    to_column: str | None = typer.Option(None, help="Column of a table with the character after the target."),
    opinion_words_column: str | None = typer.Option(None, help="Column of a table with the opinion words."),
    encoding: str | None = typer.Option(
        None, help="Encoding of text files, as in cp1252. [byte-order mark, else utf-8]"
    ),
    delimiter: str | None = typer.Option(
        None, help="Character between the fields of a .csv; write tab for a tab. [found in the header]"
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Make a set from your own labels, or from files of SemEval, PyABSA or Generative-ABSA.

    A table has a row for each opinion: text, polarity, target or category or both, and optionally id, from, to and
    opinion_words. A row with only a text is a sentence without opinions.
    """
    from aspectra.cli import output
    from aspectra.data.imports.build import build
    from aspectra.rows import Form

    named = {
        "text": text_column,
        "target": target_column,
        "category": category_column,
        "polarity": polarity_column,
        "id": id_column,
        "from": from_column,
        "to": to_column,
        "opinion_words": opinion_words_column,
    }
    given = {name: column for name, column in named.items() if column is not None}
    layout = Form(encoding, delimiter)
    made = build(files, task, out, form, split, dev_share, test_share, seed, polarity_map or (), given, layout)
    if as_json:
        output.write(made)
        return
    columns = ("sentences", "opinions", "mended", "unplaced")
    heads = ("split", "sentences", "opinions", "offsets found or corrected", "targets without a place")
    rows = [[name, *(part[column] for column in columns)] for name, part in made["splits"].items()]
    output.table(heads, rows, f"{task} {out}")


@app.command("draw", epilog="Example: aspectra data draw --data rest14 --shots 128 --seed 42 --out runs/rest14-128")
def draw(
    data: str = typer.Option(..., help="Name of a set (see: aspectra data list), TASK/SET, or its folder."),
    out: Path = typer.Option(..., help="Folder for train and dev."),
    task: str | None = typer.Option(None, help=f"Task: {CHOICE}; only needed if --data does not say it."),
    shots: int | None = typer.Option(None, min=1, help="Number of training sentences. [all]"),
    seed: int = typer.Option(42, min=0, help="Seed of the draw, as for a student or a benchmark."),
    form: str = typer.Option("json", "--format", help="Format: json (the benchmark's), jsonl, csv or semeval (XML)."),
    as_json: bool = AS_JSON,
) -> None:
    """Write the training sentences that a student learns from with a seed and a number of shots.

    `aspectra finetune --shots N --seed N` and a benchmark use the same sentences in the same order. Train your own
    model on them for a fair comparison.
    """
    from aspectra.cli import output
    from aspectra.data.drawing import draw as work

    made = work(data, task, shots, seed, out, form)
    if as_json:
        output.write(made)
        return
    drawn, left = made["train"], made["left"]
    told = f"{drawn} of {drawn + left} training sentences, drawn by seed {seed}; {left} are left"
    print(f"{made['files']['train']}: {told}")
    if made["dev"] is not None:
        print(f"{made['files']['dev']}: all {made['dev']} dev sentences, to choose a student's best epoch")
    if made["test"]:
        order = ", one after the other" if len(made["test"]) > 1 else ""
        print(f"to predict: {', '.join(made['test'])}{order}")


def table(title: str, splits: dict[str, dict[str, Any]]) -> None:
    """A row for each count, a column for each split."""
    from aspectra.cli import output

    rows = []
    for key, first in next(iter(splits.values())).items():
        inner = list(first) if isinstance(first, dict) else [None]
        for part in inner:
            name = key.replace("_", " ") if part is None else f"{key}, {part}" if key != "polarities" else part
            values = [split[key] if part is None else split[key][part] for split in splits.values()]
            rows.append([name, *values])
    output.table(("", *splits), rows, title)
    if any(split["implicit"]["strict"] is None for split in splits.values()):
        print("-: no opinion words are marked, so implicit opinions are unknown")
