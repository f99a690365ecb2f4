"""`manifest.json` of a stage: inputs, settings, figures, outputs. It is written last, and decides whether to skip.

A stage opens its folder with `Stage(...)`, asks `finished()`, calls `begin()`, works, and calls `finish(figures)`.
Until then the folder has `.stage.json`, so that a killed run is recognized and resumed. Called by the workers of every
stage and by `aspectra.pipeline`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aspectra.circumstances import circumstances
from aspectra.errors import UserError
from aspectra.files import canonical, make_folder, sha256, torn, write_json

MANIFEST = "manifest.json"
UNFINISHED = ".stage.json"
RUN = "run.json"  # the settings of `aspectra run`, in its folder
DISTIL = "distil.json"  # of `aspectra distil`
BENCHMARK = "benchmark.json"  # of `aspectra benchmark`
RESPONSES = "responses.sqlite"  # the answers of `aspectra elicit`


@dataclass
class Stage:
    """One stage's folder.

    `inputs` are named files or folders (hashed) or plain strings (a demo's or a model's name), used unchanged.
    `replace` allows overwriting a result with other inputs or settings: `aspectra run` sets it, single commands do not.
    """

    name: str
    folder: Path
    inputs: dict[str, Path | str]
    config: dict[str, Any]
    replace: bool = False
    started: float = field(default_factory=time.time)
    _hashes: dict[str, str] | None = None

    def hashes(self) -> dict[str, str]:
        """Hash of every input. For a stage's folder, it is the hash of its manifest's outputs."""
        if self._hashes is None:
            self._hashes = {
                name: digest(value) if isinstance(value, Path) else value for name, value in self.inputs.items()
            }
        return self._hashes

    def key(self) -> str:
        """Hash of inputs and configuration: the same key means the same work."""
        return hashlib.sha256(canonical([self.name, self.hashes(), self.config]).encode()).hexdigest()

    def finished(self) -> dict[str, Any] | None:
        """The manifest, if this work was already done here and all its outputs still exist."""
        found = read(self.folder)
        if found is None or found.get("key") != self.key():
            return None
        return found if all((self.folder / name).exists() for name in found["outputs"]) else None

    def begin(self) -> bool:
        """Claim the folder. Returns True if it has an unfinished part of the same work, to resume.

        Raises UserError if it has files that this stage did not write.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise UserError(f"--out {self.folder} is a file; name a folder")
        there = [path for path in self.folder.iterdir() if not torn(path)] if self.folder.exists() else []
        unfinished = read(self.folder, UNFINISHED)
        done = read(self.folder)
        if unfinished is not None and unfinished.get("key") == self.key():
            return True
        if there:
            mine = (unfinished or done or {}).get("stage") == self.name
            if not mine:
                raise UserError(f"{self.folder} has other files; name another folder with --out, or empty it")
            # The same key: leftovers of this work, with files missing. None: a result that was partly removed.
            other = (done or unfinished or {}).get("key") not in (self.key(), None)
            if other and not self.replace:
                raise UserError(
                    f"{self.folder} has {'a finished' if done else 'an unfinished'} {self.name} with other input or "
                    "settings; name another --out, or delete it"
                )
            self._clear(there)
        make_folder(self.folder)
        write_json(self.folder / UNFINISHED, {"stage": self.name, "key": self.key()})
        return False

    def _clear(self, there: list[Path]) -> None:
        """Remove an earlier result. A marker lets this stage recognize the folder if it is killed meanwhile."""
        write_json(self.folder / UNFINISHED, {"stage": self.name, "key": None})
        (self.folder / MANIFEST).unlink(missing_ok=True)
        for path in there:
            if path.name in (MANIFEST, UNFINISHED):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    @contextmanager
    def given_back(self, leads: bool = True) -> Iterator[None]:
        """On a UserError inside, remove the folder, in the process that `leads`: the input was wrong.

        If anything was written, the folder and its marker stay.
        """
        try:
            yield
        except UserError:
            if leads and all(path.name == UNFINISHED or torn(path) for path in self.folder.iterdir()):
                shutil.rmtree(self.folder)
            raise

    def finish(self, figures: dict[str, Any]) -> dict[str, Any]:
        """Write the manifest, which marks the work as done, and return it."""
        manifest = {
            "stage": self.name,
            "key": self.key(),
            "inputs": self.hashes(),
            "config": self.config,
            "figures": figures,
            "outputs": outputs(self.folder),
            **circumstances(self.started),
        }
        write_json(self.folder / MANIFEST, manifest)
        (self.folder / UNFINISHED).unlink(missing_ok=True)
        return manifest


def read(folder: Path, name: str = MANIFEST) -> dict[str, Any] | None:
    """A folder's manifest, or None if there is none or it cannot be read."""
    try:
        value = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def digest(path: Path) -> str:
    """Hash of a file or folder; for a finished stage's folder, of its recorded outputs."""
    found = read(path) if path.is_dir() else None
    if found is not None and "outputs" in found:
        return hashlib.sha256(canonical(found["outputs"]).encode()).hexdigest()
    return sha256(path)


def outputs(folder: Path) -> dict[str, str]:
    """Hash of every visible file in a folder, except the manifest."""
    return {
        file.relative_to(folder).as_posix(): sha256(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and file.name != MANIFEST
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    }
