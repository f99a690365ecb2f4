"""`aspectra doctor`: shows what is installed and what is missing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="Example: aspectra doctor --json")
def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show versions, extras, machine, model cache and data folders."""
    from aspectra.cli.output import table, write
    from aspectra.errors import had_by

    found = examine()
    if json:
        write(found)
        return
    rows = [[extra, package, version or "missing"] for extra, package, version in found["packages"]]
    table(["extra", "package", "version"], rows)
    table(
        ["what", "here"],
        [
            *([key, found[key]] for key in ("python", "processor", "cores", "device", "reader", "model cache")),
            ["published sets", found["data"]["folder"]],
            ["there", ", ".join(found["data"]["there"]) or "none of them"],
            *([["elsewhere, or changed", ", ".join(found["data"]["others"])]] if found["data"]["others"] else []),
            ["ASPECTRA_DATA", named(found["ASPECTRA_DATA"])],
        ],
    )
    for extra in found["missing extras"]:
        print(f"for the extra {had_by(extra)}")
    if missing := found["data"]["missing"]:
        print(f"for the published sets {', '.join(missing)}: aspectra data fetch")


def examine() -> dict[str, Any]:
    """Packages by extra, machine and folders."""
    from importlib import metadata

    from aspectra import circumstances
    from aspectra.data.datasets import DATA_VARIABLE
    from aspectra.extras import PACKAGES
    from aspectra.models import cache

    packages: list[tuple[str, str, str | None]] = []
    for extra, names in PACKAGES.items():
        for name in names:
            try:
                packages.append((extra, name, metadata.version(name)))
            except metadata.PackageNotFoundError:
                packages.append((extra, name, None))
    machine = circumstances.machine()
    return {
        "packages": packages,
        "missing extras": sorted({extra for extra, _, version in packages if version is None}),
        "python": circumstances.versions()["python"],
        "processor": machine["processor"],
        "cores": machine["cores"],
        "device": device(),
        "reader": shipped(),
        "model cache": str(cache()),
        "data": published(),
        "ASPECTRA_DATA": os.environ.get(DATA_VARIABLE) or None,
    }


def device() -> str:
    """The device of `--device auto`."""
    try:
        import torch
    except ImportError:
        return "none: torch is not installed"
    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def shipped() -> str:
    """The default reader."""
    from aspectra import places
    from aspectra.info import about, is_export

    if not is_export(places.MODEL):
        return "none: this installation has no reader"
    said = about(places.MODEL)
    return f"{said['name']} {said['version']} ({said['digest']})"


def named(folder: str | None) -> str:
    """The value of $ASPECTRA_DATA, and whether the folder exists."""
    if folder is None:
        return "not set"
    return folder if Path(folder).expanduser().is_dir() else f"{folder} (no such folder)"


def published() -> dict[str, Any]:
    """The folder for the published sets; which are there unchanged, which changed or elsewhere, which missing."""
    from aspectra.data import fetch
    from aspectra.data.datasets import known

    folder = fetch.place()
    whole = {f"{task}/{data}": True for task, data in fetch.SETS}
    for file in fetch.chosen((), None):
        whole[f"{file.task}/{file.data}"] &= fetch.right(folder / file.path, file)
    there = [name for name in whole if whole[name]]
    of_name = {f"{task}/{data}": data in known(task) for task, data in fetch.SETS}
    others = [name for name, found in of_name.items() if found and name not in there]
    missing = [name for name, found in of_name.items() if not found]
    return {"folder": str(folder), "there": there, "others": others, "missing": missing}
