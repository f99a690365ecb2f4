"""Where the things that ship with Aspectra lie: a reader, the demo data, the configs. Called by what takes a name."""

from __future__ import annotations

import re
from pathlib import Path

from aspectra.errors import UserError, unknown

PACKAGE = Path(__file__).resolve().parent
DEMO = PACKAGE / "demo"
MODEL = PACKAGE / "model"  # the shipped reader, an export
# A wheel carries the configs inside the package; a checkout has them at its root.
CONFIGS = PACKAGE / "configs" if (PACKAGE / "configs").is_dir() else PACKAGE.parents[1] / "configs"
# Aspectra's own labeled reviews: 5 MB, which a checkout has and a wheel does not.
REVIEWS = PACKAGE.parents[1] / "data" / "reviews-en"


def locate(name: str) -> Path:
    """A path as it is; `demo:NAME` is a file of the demo."""
    if re.match(r"(?!demo:)[a-z][a-z0-9+]+:/", name, re.IGNORECASE):
        address = re.sub(":/+", "://", name, count=1)  # a path has lost one of its slashes
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

    Raises UserError that names those that exist.
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
