"""What writes a student's answers: a Protocol, and the choice between its two engines.

`in_torch` runs the student's own folder with transformers, `in_ct2` an export with CTranslate2. Called by
`aspectra.readers.predictor` and `aspectra.readers.export`.
"""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aspectra.errors import MissingExtraError, UserError, unknown
from aspectra.models import NAMES, resolve
from aspectra.students.writers.family import Encoder, read_info
from aspectra.weights import INFO

ENGINES = ("transformers", "ct2")
EXPORT = "export"  # the key of `aspectra.json` that only an export has
FORMAT = 1  # of an export; one that this version cannot read has another
DEPLOY_PACKAGES = ("ctranslate2", "tokenizers")


@dataclass(frozen=True, slots=True)
class Written:
    """An answer: its ids without the end token, whether the limit cut it, and log p of each id after those before."""

    ids: list[int]
    cut: bool
    logs: list[float]


class Grammar(Protocol):
    """What an answer may be. A state is opaque; `step` moves it by a token that was `allowed`."""

    def start(self) -> Any:
        """The state before the first token."""
        ...

    def allowed(self, state: Any) -> Collection[int]:
        """The ids that may come next, the end token among them where the answer may end."""
        ...

    def step(self, state: Any, token: int) -> Any:
        """The state after a token."""
        ...


class Engine(Protocol):
    """A student at work, greedy. `info` is what its `aspectra.json` says."""

    name: str
    info: dict[str, Any]
    reader: Encoder

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        ...

    def write(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, grammars: Sequence[Grammar] | None = None
    ) -> list[Written]:
        """The answers to a batch of prompts; with `grammars`, the likeliest token is taken among the allowed ones.

        Log probabilities are the student's own, whatever is allowed.
        """
        ...


def is_export(folder: Path | str) -> bool:
    """Whether a folder was made by `aspectra export`."""
    path = Path(folder).expanduser()
    return path.is_dir() and (path / INFO).is_file() and EXPORT in read_info(path)


def absent(model: Path | str) -> UserError:
    """What to say where there is no such folder."""
    near = difflib.get_close_matches(str(model), NAMES, n=1, cutoff=0.7)
    hint = f"did you mean '{near[0]}'?" if near else "name the folder of a fine-tuned or exported student"
    return UserError(f"no model in {model}; {hint}")


def student_folder(model: Path | str) -> Path:
    """The folder of an export, of a student, or of a model by its short name. Raises UserError where there is none.

    Ids of the Hub are not taken: a folder's name that is mistyped looks like one.
    """
    path = Path(model).expanduser()
    if is_export(path):
        return path
    if str(model) not in NAMES and not path.exists():
        raise absent(model)
    return resolve(str(model))


def open_engine(
    model: Path | str, *, compute: str | None = None, threads: int | None = None, device: str = "auto"
) -> Engine:
    """The engine for an export, or else for a student's folder or name, which needs torch.

    Raises UserError where the model cannot be used, `compute` is not of this machine, or a package is missing.
    """
    if is_export(model):
        from aspectra.readers.in_ct2 import Exported

        return Exported(Path(model).expanduser(), compute, threads)
    if compute is not None:
        raise UserError(f"{model} is no export, and --compute is of exports; make one with: aspectra export {model}")
    from aspectra.readers.in_torch import Whole

    return Whole.open(student_folder(model), threads, device)


def check_engine(engine: str | None) -> None:
    """Raise UserError for an engine that does not exist."""
    if engine is not None and engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)


def need_deploy(what: str) -> None:
    """Raise MissingExtraError unless what runs an export is installed."""
    if any(importlib.util.find_spec(package) is None for package in DEPLOY_PACKAGES):
        raise MissingExtraError("deploy", what)
