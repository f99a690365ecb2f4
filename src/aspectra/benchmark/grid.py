"""The cells of a benchmark: the combinations of systems, sets, seeds and shots. Called by `protocol`, `cells` and
`workers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aspectra import tasks
from aspectra.benchmark import llm, pretraining
from aspectra.config import FinetuneConfig
from aspectra.data import datasets
from aspectra.elicit.extraction import ASKED
from aspectra.errors import UserError, unknown
from aspectra.extras import need
from aspectra.models import resolve
from aspectra.places import locate
from aspectra.schema import Example
from aspectra.score.results import PROTOCOL, cell_name
from aspectra.settings import build
from aspectra.systems import BenchmarkConfig, FileSystem, LLMSystem, StudentSystem, System


@dataclass(frozen=True)
class Cell:
    """One system on one set. `seed` and `shots` are None if the system does not use them."""

    system: str
    task: str
    data: str
    seed: int | None
    shots: int | None

    @property
    def id(self) -> str:
        """The name of the cell's folder."""
        return cell_name(self.system, self.task, self.data, self.seed, self.shots)


def grid(config: BenchmarkConfig) -> list[Cell]:
    """Every cell, grouped by student, so that a worker seldom loads other weights.

    A student has one for each seed and number of shots. An LLM has one, or with demonstrations one for each seed. A
    file of predictions has one, or one for each seed if its name has {seed}, and for each number of shots if it has
    {shots}.
    """
    return [cell for name, system in config.systems.items() for cell in cells_of(config, name, system)]


def cells_of(config: BenchmarkConfig, name: str, system: System) -> Iterator[Cell]:
    for task, sets in config.sets.items():
        for data in sets:
            if isinstance(system, StudentSystem):
                for shots in wanted(config, system):
                    yield from (Cell(name, task, data, seed, shots) for seed in system.seeds or config.seeds)
            elif isinstance(system, LLMSystem):
                seeds = config.seeds if system.shots and not system.nearest else (None,)
                yield from (Cell(name, task, data, seed, system.shots) for seed in seeds)
            else:
                seeds = (system.seeds or config.seeds) if system.runs else (None,)
                for shots in wanted(config, system) if system.learned else (None,):
                    yield from (Cell(name, task, data, seed, shots) for seed in seeds)


def wanted(config: BenchmarkConfig, system: StudentSystem | FileSystem) -> tuple[int | None, ...]:
    """The numbers of shots of a student or a prediction file: its own, or else those of the benchmark."""
    return config.shots if system.shots is None else system.shots


def gold(config: BenchmarkConfig, task: str, data: str) -> list[Example]:
    """The sentences of a set that every system is evaluated on: of its test side, or of dev."""
    return datasets.draw(datasets.split(datasets.find(task, data), config.side), config.test_cap)


def tuning(config: BenchmarkConfig, system: StudentSystem, cell: Cell) -> FinetuneConfig:
    """The fine-tuning settings of a cell."""
    own = {"task": cell.task, "data": cell.data, "seed": cell.seed, "shots": cell.shots or None}
    return build(FinetuneConfig, config.finetune.model_dump() | system.finetune | own)


def predictions_of(system: FileSystem, cell: Cell) -> Path:
    """The file with a system's predictions for a cell; {shots} is `all` for all training sentences."""
    shots = "all" if cell.shots is None else cell.shots
    try:
        return locate(system.predictions.format(task=cell.task, data=Path(cell.data).name, seed=cell.seed, shots=shots))
    except (KeyError, IndexError, ValueError):
        raise UserError(
            f"system {cell.system}: {system.predictions}: only {{task}}, {{data}}, {{seed}} and {{shots}} are filled in"
        ) from None


def check(config: BenchmarkConfig, out: Path) -> None:
    """Check before anything runs that every name in the config exists; UserError for the first that does not."""
    seen: set[str] = set()
    for cell in grid(config):
        if cell.id in seen:
            raise UserError(f"two runs have the name {cell.id}: two sets of one task have the same name")
        seen.add(cell.id)
    students = [system for system in config.systems.values() if isinstance(system, StudentSystem)]
    for task, sets in config.sets.items():
        tasks.get(task)
        for data in sets:
            folder = datasets.find(task, data)
            for side in {"train", "dev", config.side} if students else {config.side}:
                datasets.files(folder, side)
            most = max((shots for system in students for shots in wanted(config, system) if shots), default=0)
            if most > (there := len(datasets.split(folder, "train")) if most else 0):
                raise UserError(f"shots: {most} is more than the {there} training sentences of {task}/{data}")
    if students:
        need("train", "benchmark")
    for pair in config.compare or ():
        for name in pair:
            if name not in config.systems:
                raise unknown("system in `compare`", name, config.systems)
    for name, system in config.systems.items():
        if isinstance(system, StudentSystem):
            resolve(system.student)
            try:
                pretraining.check(system, (system.seeds or config.seeds)[0])
            except UserError as error:
                raise UserError(f"system {name}, pretrain: {error}") from None
            if 0 in wanted(config, system):
                try:
                    pretraining.check_untuned(system)
                except UserError as error:
                    raise UserError(f"system {name}: {error}") from None
        elif isinstance(system, LLMSystem):
            if strange := [task for task in config.sets if task not in ASKED]:
                raise UserError(f"system {name}: an LLM can be asked for {' or '.join(ASKED)}, not for {strange[0]}")
            try:
                for task, sets in config.sets.items():
                    for data in sets:
                        llm.check(system, task, datasets.find(task, data), out)
            except UserError as error:
                raise UserError(f"system {name}: {error}") from None
        for cell in cells_of(config, name, system):
            if isinstance(system, StudentSystem):
                tuning(config, system, cell)
            elif isinstance(system, FileSystem) and not predictions_of(system, cell).is_file():
                raise UserError(f"system {name}: no file of predictions {predictions_of(system, cell)}")


def inputs(config: BenchmarkConfig, cell: Cell) -> dict[str, Path | str]:
    """The inputs of a cell's result besides its settings, for its manifest."""
    folder, system = datasets.find(cell.task, cell.data), config.systems[cell.system]
    found: dict[str, Path | str] = {path.name: path for path in datasets.files(folder, config.side)}
    found["protocol"] = str(PROTOCOL)
    if isinstance(system, StudentSystem):
        found |= pretraining.inputs(system)
        found |= {f"{side}.json": datasets.files(folder, side)[0] for side in ("train", "dev")}
    elif isinstance(system, LLMSystem):
        if llm.needs_train(system, cell.task):
            found["train.json"] = folder / "train.json"
        if (digest := llm.weights(system.elicit)) is not None:
            found["model"] = digest
    else:
        found["predictions"] = predictions_of(system, cell)
    return found
