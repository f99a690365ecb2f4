"""The card of a release of predictions. Called by `aspectra.benchmark.release`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from aspectra.progress import counted
from aspectra.report.tables import line, percent
from aspectra.score.results import Result, learned

SIDES = {"test": ("test.json", "hard_test.json"), "dev": ("dev.json",)}  # the files of a set, in order
TEXT = """# Predictions of {name}

The predictions of the systems below for each sentence of {sets}. The sentences are not included: `text_sha256` is the
SHA-256 of a sentence's UTF-8 text, and the lines are in the order of {side}. A line has `raw`, the answer as the system
wrote it, or `opinions`. A term that a system found is a part of its sentence, and can be a whole
short one.{shortened}

## Strict F1 in percent, all sentences

{table}

`scores.json` has both scorings and all subsets, as fractions. Made with Aspectra {version}, protocol {protocol}.

## How to use it

Put the sets on disk (for the published ones: `aspectra data fetch`). In this folder, this scores every file again and
writes the report:

    aspectra benchmark benchmark.yaml --out ../again

To compare your own system, add it to `systems` in `benchmark.yaml`, and a pair with it to `compare`:

    systems:
      {mine}: {own}
    compare:
    - [{mine}, {system}]

To score one file, with the set's folder for `SET`:

    aspectra score {gold} --pred {first} --task {task}
"""


def card(
    name: str, config: Mapping[str, Any], table: Sequence[Mapping[str, Any]], cell: Result, first: str, shortened: int
) -> str:
    """The card as Markdown. `table` are rows of `results.json`, `cell` and `first` the first cell and its file."""
    lines = [line(("system", "set", "learned from", "runs", "F1", "sd")), line((*["---"] * 3, *["---:"] * 3))]
    for each in table:
        if (each["scoring"], each["subset"]) == ("strict", "all"):
            known = learned(each["kind"], each.get("stated", False))
            shots = ("all" if each["shots"] is None else str(each["shots"])) if known else "–"
            f1, runs = each["f1"], str(len(each["seeds"]) or 1)
            place = f"{each['task']}/{each['data']}"
            lines.append(line((each["system"], place, shots, runs, percent(f1["mean"]), percent(f1["sd"]))))
    files = [name for name in SIDES[config.get("side", "test")] if name in cell.inputs]
    system, spec = max(config["systems"].items(), key=lambda each: len(each[1].get("shots", ())))
    own = {**spec, "predictions": f"MY/FOLDER/{Path(spec['predictions']).name}"}
    told = f" Of {counted(shortened, 'answer')} a long part that is not valid is `...` here." if shortened else ""
    return TEXT.format(
        name=name,
        sets=", ".join(f"{task}/{data}" for task, names in config["sets"].items() for data in names),
        side=", then ".join(files),
        gold=" ".join(f"--gold SET/{name}" for name in files),
        mine=next(each for each in ("mine", "yours", "another") if each not in config["systems"]),
        own=yaml.safe_dump(own, default_flow_style=True, sort_keys=False, width=1000).strip(),
        system=system,
        shortened=told,
        table="\n".join(lines),
        version=cell.versions.get("aspectra", "(unknown)"),
        protocol=cell.protocol,
        first=first,
        task=cell.task,
    )
