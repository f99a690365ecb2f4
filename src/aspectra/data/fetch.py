"""Downloads the published sets and checks their hashes.

Called by `aspectra data fetch` and `doctor`. Everything is read and checked before anything is written, so a wrong file
leaves nothing behind. All sixteen files together are seven megabytes.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

from aspectra import tasks
from aspectra.data.datasets import DATA_VARIABLE, fetched
from aspectra.errors import UserError, unknown
from aspectra.files import replacing, sha256
from aspectra.progress import progress, say

REPOSITORY = "HITSZ-HLT/FSA-Distillation"
# The full hash of c38bdfc, from an index of public repositories that has a file of that commit.
REVISION = "c38bdfc80cf871ffd53e14f9441fcc33d968defd"
FOLDER = "fsa_datasets/w_hard"
HOST = "https://raw.githubusercontent.com"
LICENSE = "SemEval's terms (2014 task 4, 2016 task 5), for research; the repository states no license"
TIMEOUT = 20  # seconds without an answer before the host counts as unreachable
LARGEST = 1 << 24  # no published file is larger than a megabyte

# sha256 of each file as received, with byte-order mark and CRLF. The host serves the committed bytes. A public index
# lists seven of the sixteen with the same lengths in characters, so nothing was converted on the way.
SETS: dict[tuple[str, str], dict[str, str]] = {
    ("atsa", "rest14"): {
        "train": "c4e7f6908e0e0c1128ee8d74f18882fa72c4d762871d95570a898003d0fd1978",
        "dev": "3573db15d08ba652a3516459aa277640d2508663686116c051bb78be6bd7a243",
        "test": "c892fa55877de9efe1732e8a0d3c885c5e81f9d5c489d5dcbddd1463e247c83c",
        "hard_test": "3cffd2e3808261a8a5b448a400898cf99d8e40f04e9877f5ab2ab65062d345cb",
    },
    ("atsa", "laptop14"): {
        "train": "3ed4987d4428f6a4b820a8da32f6e0a1748ab2dea98b99380cd1572eb5fccf90",
        "dev": "f9123858f82731641ebfacc2bbf3e880cfba3957d604dd47150f27d7b90439ee",
        "test": "59b22e85d3a4ffff9d964b5d908cca2e3ab20abec03544ce3406c91c0bf49cf2",
        "hard_test": "f13dd7971991a1b5b6a69890b6c082a649cd9b8b145c34b33ebfe88aec36897b",
    },
    ("acsa", "rest16"): {
        "train": "55c5fc70a120d996138c8df386a878215ea3ea75c38ab9de9507d9cf560651e4",
        "dev": "35304ce547ad9ca015341c8ff5e67644867fc67dbbf331b531c5ff2ef0331a89",
        "test": "10d89d3dae1aa1d037fae29e09ffdbff01460f63499aae524379fc1388c1f8d9",
        "hard_test": "dc3684267fd4e656f8f0c6037dea89b5200bb27de7e61e1452f383976480afa0",
    },
    ("acsa", "laptop16"): {
        "train": "042ca71863e13d0b16fbb00c45c2d183dc43802fe70b159b1ef9f066984f6b33",
        "dev": "74785156c40899fddbf6f323daaa4301be06c12db13221593b74a8908834213e",
        "test": "6b2148317d1d132b84809b947e2598d587c234e326d236e4dcba6654e8c134cd",
        "hard_test": "f13dd7971991a1b5b6a69890b6c082a649cd9b8b145c34b33ebfe88aec36897b",
    },
}


class File(NamedTuple):
    """One file of a published set."""

    task: str
    data: str
    file: str
    sha256: str

    @property
    def path(self) -> str:
        """The path below a folder of sets, local or in the repository."""
        return f"{self.task}/{self.data}/{self.file}.json"


def place() -> Path:
    """Default folder for sets: `$ASPECTRA_DATA`, else `data` in Aspectra's cache folder."""
    given = os.environ.get(DATA_VARIABLE)
    return Path(given).expanduser() if given else fetched()


def chosen(names: Sequence[str], task: str | None) -> list[File]:
    """The files of the named sets (`rest14` or `atsa/rest14`), of all if none is named; only those of `task`.

    A task that uses another task's sets gets those. Raises UserError for an unknown task or name.
    """
    if task is not None:
        task = tasks.get(task).data or task
    here = [(of, data) for of, data in SETS if task in (None, of)]
    if not here:
        raise UserError(f"no published set for the task {task}; the sets are: {', '.join(map('/'.join, SETS))}")
    known = [data for _, data in here] + [f"{of}/{data}" for of, data in here]
    for name in names:
        if name not in known:
            raise unknown("published set", name, [data for _, data in here])
    wanted = [(of, data) for of, data in here if not names or data in names or f"{of}/{data}" in names]
    return [File(of, data, file, digest) for of, data in wanted for file, digest in SETS[of, data].items()]


def fetch(
    names: Sequence[str] = (),
    task: str | None = None,
    out: Path | None = None,
    source: Path | None = None,
    revision: str = REVISION,
) -> list[dict[str, Any]]:
    """Put published sets into `out` (see `place`), from the network or from the folder `source`.

    `source` has `<task>/<name>/<file>.json`, or is a checkout of the authors' repository. A correct existing file is
    kept; a wrong one is replaced with a message. Returns for each file `task`, `data`, `file`, `path` and `was`:
    "there", "fetched" or "replaced". Raises UserError, with nothing written: an unknown name or revision, a file that
    cannot be read or downloaded, a wrong sha256.
    """
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise UserError(f"--revision takes the full hash of a revision, 40 hex digits, not '{revision}'")
    if source is not None and not source.is_dir():
        raise UserError(f"no folder {source} to copy the sets from")
    out = out or place()
    wanted = chosen(names, task)
    if folder := next((out / file.path for file in wanted if (out / file.path).is_dir()), None):
        raise UserError(f"{folder} is a folder, and a file must go there; remove it, or name another --out")
    missing = [file for file in wanted if not right(out / file.path, file)]
    contents: dict[File, bytes] = {}
    with progress("files", len(missing)) as bar:
        for file in missing:
            where, content = copied(file, source) if source is not None else downloaded(file, revision)
            if (found := hashlib.sha256(content).hexdigest()) != file.sha256:
                raise UserError(
                    f"{where} is not the published file (sha256 {found}, expected {file.sha256}); nothing was written"
                )
            contents[file] = content
            bar.advance(note=file.path)
    done = []
    for file in wanted:
        path = out / file.path
        was = "there" if file not in contents else "replaced" if path.exists() else "fetched"
        if file in contents:
            with replacing(path) as temporary:
                temporary.write_bytes(contents[file])
        if was == "replaced":
            say(f"{path} differed from the published file and was replaced")
        done.append({"task": file.task, "data": file.data, "file": file.file, "path": str(path), "was": was})
    return done


def right(path: Path, file: File) -> bool:
    """Whether the file exists and has the published bytes."""
    return path.is_file() and sha256(path) == file.sha256


def copied(file: File, source: Path) -> tuple[Path, bytes]:
    """A file's path in a folder of sets or a checkout, and its bytes. Raises UserError if it cannot be read."""
    path = source / FOLDER / file.path
    if not path.is_file():
        path = source / file.path
    try:
        return path, path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"no {file.path} in {source}, nor in {source / FOLDER}; nothing was written") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; nothing was written") from None


def downloaded(file: File, revision: str) -> tuple[str, bytes]:
    """A file's URL and bytes. Raises UserError that names the URL and how to do without a network."""
    url = f"{HOST}/{REPOSITORY}/{revision}/{FOLDER}/{file.path}"
    try:
        with urlopen(url, timeout=TIMEOUT) as answer:
            content: bytes = answer.read(LARGEST)
            return url, content
    except (OSError, http.client.HTTPException) as error:
        # URLError wraps the system's error; its subclass HTTPError has a message of its own.
        cause = error if isinstance(error, HTTPError) else getattr(error, "reason", error)
        reason = str(cause).strip() or type(cause).__name__
        raise UserError(
            f"could not fetch {file.path}: tried {url} with a time limit of {TIMEOUT} s ({reason}); without a "
            f"network, copy {FOLDER} of github.com/{REPOSITORY} to this machine, and name the folder with "
            "--from DIR"
        ) from None
