"""What a stage read, did and wrote: `manifest.json`, written last, and the rule by which a stage is skipped.

A stage opens its folder with `Stage(...)`, asks `finished()`, calls `begin()`, works, and calls `finish(figures)`.
Until then the folder holds `.stage.json`, so that a killed run is known for what it is and goes on. Called by the
workers of every stage and by `aspectra.pipeline`.
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
from aspectra.files import canonical, sha256, torn, write_json

MANIFEST = "manifest.json"
UNFINISHED = ".stage.json"
RUN = "run.json"  # the settings of `aspectra run`, in its folder
DISTIL = "distil.json"  # of `aspectra distil`
BENCHMARK = "benchmark.json"  # of `aspectra benchmark`
RESPONSES = "responses.sqlite"  # the answers of `aspectra elicit`


@dataclass
class Stage:
    """One stage's folder.

    `inputs` are named files or folders (hashed) or plain strings (a demo's name, a model's name) taken as they are.
    `replace` lets a result with other inputs or settings be overwritten: `aspectra run` asks for that, single
    commands do not.
    """

    name: str
    folder: Path
    inputs: dict[str, Path | str]
    config: dict[str, Any]
    replace: bool = False
    started: float = field(default_factory=time.time)
    _hashes: dict[str, str] | None = None

    def hashes(self) -> dict[str, str]:
        """Digest of every input; of a folder that a stage made, the digest of its manifest's outputs."""
        if self._hashes is None:
            self._hashes = {
                name: digest(value) if isinstance(value, Path) else value for name, value in self.inputs.items()
            }
        return self._hashes

    def key(self) -> str:
        """Digest of inputs and configuration: the same key means the same work."""
        return hashlib.sha256(canonical([self.name, self.hashes(), self.config]).encode()).hexdigest()

    def finished(self) -> dict[str, Any] | None:
        """The manifest, if this very work was already done here and nothing of it was taken away since."""
        found = read(self.folder)
        if found is None or found.get("key") != self.key():
            return None
        return found if all((self.folder / name).exists() for name in found["outputs"]) else None

    def begin(self) -> bool:
        """Claim the folder; True if it holds the unfinished part of this very work, to go on from.

        Raises UserError if it holds something that this stage did not write.
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
            # A key of its own: what is left of this very work, some of its files gone. None: a result half removed.
            other = (done or unfinished or {}).get("key") not in (self.key(), None)
            if other and not self.replace:
                raise UserError(
                    f"{self.folder} has {'a finished' if done else 'an unfinished'} {self.name} with other input or "
                    "settings; name another --out, or delete it"
                )
            self._clear(there)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"cannot create the folder {self.folder} ({error.strerror}); name another with --out"
            ) from None
        write_json(self.folder / UNFINISHED, {"stage": self.name, "key": self.key()})
        return False

    def _clear(self, there: list[Path]) -> None:
        """Remove an earlier result, under a mark by which a run killed meanwhile still knows the folder as its own."""
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
        """Where the work inside shows that the input was wrong, the folder is given back by the process that `leads`.

        Once something is written, the mark stays to know it by.
        """
        try:
            yield
        except UserError:
            if leads and all(path.name == UNFINISHED or torn(path) for path in self.folder.iterdir()):
                shutil.rmtree(self.folder)
            raise

    def finish(self, figures: dict[str, Any]) -> dict[str, Any]:
        """Write the manifest, which makes the work count as done, and return it."""
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
    """A folder's manifest, or None where there is none that can be read."""
    try:
        value = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def digest(path: Path) -> str:
    """Digest of a file or folder; a finished stage's folder answers with that of its recorded outputs."""
    found = read(path) if path.is_dir() else None
    if found is not None and "outputs" in found:
        return hashlib.sha256(canonical(found["outputs"]).encode()).hexdigest()
    return sha256(path)


def outputs(folder: Path) -> dict[str, str]:
    """Digest of every visible file below a folder but the manifest itself."""
    return {
        file.relative_to(folder).as_posix(): sha256(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and file.name != MANIFEST
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    }
