"""A separate pretraining for each seed of a system: its `pretrain:` settings.

Two runs that share one pretraining do not show how pretraining varies, so each seed has its own. Its folder,
`pretrained/SYSTEM.seed-N`, is a stage: done once for all cells of the system with that seed (other sets, other shots),
and resumed if interrupted. Called by `grid`, `cells` and `workers`, which make sure that no two processes need it at
once.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra.config import PretrainConfig
from aspectra.errors import AspectraError, UserError
from aspectra.info import read_info
from aspectra.models import identity, resolve
from aspectra.settings import build
from aspectra.systems import StudentSystem

CORPUS = "corpus"


class NotPretrainedError(AspectraError):
    """The pretraining that several cells need has failed."""


@dataclass(frozen=True)
class Start:
    """The student that a cell starts from, a name or a folder, and the seconds of its own pretraining."""

    student: str
    seconds: float | None = None


def folder(out: Path, name: str, seed: int | None) -> Path:
    """The folder of the pretrained student of a system and seed."""
    return out / "pretrained" / f"{name}.seed-{seed}"


def settings(system: StudentSystem, seed: int | None) -> PretrainConfig:
    """The pretraining settings of a run. Raises UserError."""
    own = {key: value for key, value in system.pretrain.items() if key != CORPUS}
    return build(PretrainConfig, own | {"seed": seed})


def corpus(system: StudentSystem) -> Path:
    """The corpus folder of a system. Raises UserError if there is none."""
    named = system.pretrain.get(CORPUS)
    if not isinstance(named, str) or not named:
        raise UserError("`corpus` is missing: name a folder made by `aspectra corpus`")
    return Path(named)


def shared(system: StudentSystem) -> dict[str, Any]:
    """The pretraining settings that all runs of a system share, without the corpus, which has its own digest."""
    return settings(system, 0).dumped(exclude={"seed", "threads"})


def inputs(system: StudentSystem) -> dict[str, Path | str]:
    """The inputs of a cell's result: the published student, and the corpus if there is one."""
    found: dict[str, Path | str] = {"student": identity(system.student)}
    return found | ({CORPUS: corpus(system)} if system.pretrain else {})


def check_untuned(system: StudentSystem) -> None:
    """Raise UserError for a student that is used without fine-tuning but has no task."""
    from aspectra.students.corpus import CONTROL
    from aspectra.students.families import tags

    place = resolve(system.student)
    if system.pretrain:
        knows = tags(place) and CONTROL not in settings(system, 0).kinds
    else:
        knows = bool(read_info(place).get("task"))
    if not knows:
        raise UserError(
            f"shots: 0 needs a student that knows a task after pretraining, and {system.student} does not; "
            "give the system its own shots, as in shots: [32]"
        )


def check(system: StudentSystem, seed: int) -> None:
    """Raise UserError, before any training, if settings, corpus or kinds are not usable."""
    if not system.pretrain:
        return
    # Its imports take seconds, and most benchmarks do not pretrain.
    from aspectra.students.corpus import read
    from aspectra.students.families import check_corpus

    config, place = settings(system, seed), corpus(system)
    read(place, "dev")
    check_corpus(resolve(system.student), read(place, "train"), config)


def start(system: StudentSystem, name: str, seed: int | None, out: Path, threads: int) -> Start:
    """The student that a cell starts from; pretrains it first if that is configured and not done yet.

    `threads` are those of the training, unless the settings have their own. Raises NotPretrainedError.
    """
    if not system.pretrain:
        return Start(system.student)
    from aspectra import machine
    from aspectra.students.pretrain import pretrain

    config, place = settings(system, seed), folder(out, name, seed)
    machine.use_threads(config.threads or threads)
    # As in fine-tuning, threads are not part of the key: the number of workers may change between runs.
    config = config.model_copy(update={"threads": None})
    try:
        done = pretrain(corpus(system), system.student, config, place, replace=True)
    except AspectraError as error:
        raise NotPretrainedError(f"pretraining: {error}") from None
    except Exception as error:
        # Whatever torch raises, such as out of memory: the seed's other cells would fail too.
        traceback.print_exc()
        raise NotPretrainedError(f"pretraining: {type(error).__name__}: {error} (see the run's log)") from None
    return Start(str(place), done["figures"]["training_seconds"])
