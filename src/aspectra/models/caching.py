"""Caches models that are made here. Called by the sources of this folder that make one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aspectra.errors import AspectraError
from aspectra.extras import need
from aspectra.weights import check


def cache() -> Path:
    """Where models of the package index are unpacked: `$ASPECTRA_CACHE`, else `~/.cache/aspectra`."""
    return Path(os.environ.get("ASPECTRA_CACHE") or "~/.cache/aspectra").expanduser()


def once(name: str, make: Callable[[Path], None], version: str | None = None) -> Path:
    """The cached folder of a model. If there is none, `make` gets a working folder and creates `model` in it.

    A model that changes with Aspectra has a folder for each `version`. Raises MissingExtraError if it must be made and
    cannot be, AspectraError if the cache is not writable.
    """
    folder = cache() / (f"{name}-{version}" if version else name)
    if folder.is_dir():
        return check(folder)
    need("train", f"the student {name}")
    with staging(cache()) as work:
        make(work)
        try:
            (work / "model").rename(folder)
        except OSError:
            if not folder.is_dir():  # if another process was faster, use its folder
                raise
    return folder


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A working folder next to the result, so that the last step is a rename; removed afterwards."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=parent))
    except OSError as error:
        raise AspectraError(f"cannot write the model cache {parent} ({error.strerror}); set ASPECTRA_CACHE") from None
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)
