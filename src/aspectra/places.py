"""Paths of what ships with Aspectra: a reader, the demo data, the configs. Called by code that takes a name."""

from __future__ import annotations

import re
from pathlib import Path

from aspectra.errors import UserError, unknown

PACKAGE = Path(__file__).resolve().parent
DEMO = PACKAGE / "demo"
MODEL = PACKAGE / "model"  # the shipped reader, an export
# A wheel has the configs inside the package; a checkout has them at its root.
CONFIGS = PACKAGE / "configs" if (PACKAGE / "configs").is_dir() else PACKAGE.parents[1] / "configs"
# Aspectra's own labeled reviews, 5 MB: in a checkout, not in a wheel.
REVIEWS = PACKAGE.parents[1] / "data" / "reviews-en"


def locate(name: str) -> Path:
    """A path, unchanged; `demo:NAME` is a file of the demo."""
    if re.match(r"(?!demo:)[a-z][a-z0-9+]+:/", name, re.IGNORECASE):
        address = re.sub(":/+", "://", name, count=1)  # a Path drops one of the slashes
        raise UserError(f"{address} is a web address; download the file and name it")
    if not name.startswith("demo:"):
        return Path(name)
    path = DEMO / name.removeprefix("demo:")
    if not path.exists():
        there = [file.relative_to(DEMO).as_posix() for file in DEMO.rglob("*.jsonl")]
        raise unknown("file of the demo", name.removeprefix("demo:"), there)
    return path


def config_file(name: str) -> Path:
    """A config: a file's path, or the name of one that ships with Aspectra.

    Raises UserError that names the existing ones.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = CONFIGS / f"{name.removeprefix('configs/').removesuffix('.yaml')}.yaml"
    if shipped.is_file():
        return shipped
    names = sorted(file.stem for file in CONFIGS.glob("*.yaml"))
    if path.suffix in (".yaml", ".yml") or path.is_dir() or len(path.parts) > 1:
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UserError(
            f"the config {name} {what}; name a YAML file, or a config that comes with Aspectra: {', '.join(names)}"
        )
    raise unknown("config", name, names)
