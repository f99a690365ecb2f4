"""`aspectra run` with a config that has `labels`: trains a reader on labeled sentences, and on a larger student.

    labels --recorded--> answers --+--> corpus --> pretrain --> export, and dev F1 of each model
    teacher's reading of the same--+
    and of unlabeled texts

The teacher is a student too: a folder, or another such config, which is trained first. Finished stages are skipped.
Called by `aspectra.cli.run`.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra import places
from aspectra.config import ElicitConfig, PretrainConfig
from aspectra.corpus import decontaminate
from aspectra.data import datasets
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.files import make_folder, write_json, write_text
from aspectra.manifest import RUN
from aspectra.models import resolve
from aspectra.models.shipped import READER
from aspectra.pipeline import labeled, unlabeled
from aspectra.pipeline.stages import check_out, check_teacher, elicit_reviews
from aspectra.presets import PRETRAIN_PRESETS
from aspectra.progress import say
from aspectra.recipes import CutConfig, ReaderConfig
from aspectra.report import reader as report
from aspectra.settings import build, load, read_yaml

TASK = "atsa"
RECIPES = (".yaml", ".yml")


def opened(file: Path, changes: Sequence[str] = ()) -> ReaderConfig:
    """The config in a file, with `a.b=value` changes. Its `teacher` and `texts` are searched for beside the file first.
    Raises UserError for an invalid config."""
    values = read_yaml(file)
    for name in ("teacher", "texts"):
        value = values.get(name)
        if isinstance(value, list):
            values[name] = [beside(file, each) for each in value]
        elif value is not None:
            values[name] = beside(file, value)
    return load(ReaderConfig, None, changes, values)


def beside(file: Path, name: Any) -> Any:
    """A path or pattern resolved relative to a file; unchanged if nothing is there."""
    if not isinstance(name, str) or not name:
        return name
    near = file.parent / name
    return str(near) if near.exists() or unlabeled.matching(near) else name


def make(config: ReaderConfig, out: Path) -> dict[str, Any]:
    """Train, export and evaluate; return the content of `results.json` in `out`.

    Raises UserError for invalid input, before any training.
    """
    check_out(out, RUN)
    check(config, out)
    make_folder(out)
    write_json(out / RUN, config.model_dump(mode="json"))
    teacher = taught_by(config, out)
    systems = {} if teacher is None else {"teacher": teacher}
    systems["student"] = str(learn(config, teacher, out))
    made = None if config.export is None else export(config, out)
    systems |= {} if made is None else {"export": str(out / "export")}
    results = {
        "config": config.model_dump(mode="json"),
        "models": systems,
        "export": None if made is None else {"compute": made["compute"], "bytes": made["bytes"]["export"]},
        "rows": [row for name, model in systems.items() for row in judge(config, name, model, out)],
        "next": following(config, out),
    }
    write_text(out / "report.md", report.report(results))
    write_json(out / "results.json", results)
    return results


def check(config: ReaderConfig, out: Path, above: bool = False) -> None:
    """Check before reading or training that everything in the config can be used; `above`: for another config, whose
    teacher this one makes. Raises UserError."""
    from aspectra.students.families import tags
    from aspectra.students.taggers import cut

    place = datasets.find(TASK, config.labels)
    for side in ("train", "dev"):
        datasets.files(place, side)
    for name in config.dev:
        datasets.files(datasets.find(TASK, name), "dev")
    decontaminate.files(config.corpus.evaluation)
    unlabeled.files(config.texts)
    need("train", "run with `labels`")
    if config.export is not None:
        need("train", "run with `export`", "onnx")
    training(config)
    teacher = recipe(config.teacher)
    if teacher is not None:
        if above:
            raise UserError(
                f"the teacher's own teacher cannot be a config ({config.teacher}); name a model's folder there"
            )
        check(teacher, out / "teacher", above=True)
    elif config.teacher is not None:
        check_teacher(asking(config.teacher), out / "elicit" / "teacher")
    begins = config.student
    if isinstance(begins, CutConfig):
        larger = (teacher.student if teacher else str(config.teacher)) if begins.of == "teacher" else begins.of
        if isinstance(larger, str):
            cut.check(resolve(larger), begins.layers)
    elif not tags(resolve(begins)):
        raise UserError(f"{begins} is a writer, and labels train a tagger, such as minilm-l6")


def recipe(teacher: str | None) -> ReaderConfig | None:
    """The config that makes a teacher; None for an existing one."""
    return opened(Path(teacher)) if teacher is not None and Path(teacher).suffix in RECIPES else None


def asking(model: str) -> ElicitConfig:
    """The elicitation settings for a student as teacher."""
    return ElicitConfig(teacher="student", model=model, kinds=("extraction",))


def training(config: ReaderConfig) -> PretrainConfig:
    """The student's training settings."""
    return build(PretrainConfig, PRETRAIN_PRESETS["tagger"] | config.pretrain)


def taught_by(config: ReaderConfig, out: Path) -> str | None:
    """The teacher's model, made first if it has a config; None if there are only labels."""
    made = recipe(config.teacher)
    return config.teacher if made is None else str(learn(made, made.teacher, out / "teacher"))


def learn(config: ReaderConfig, teacher: str | None, out: Path) -> Path:
    """The folder of the student, trained on the labels and the teacher's answers."""
    from aspectra.corpus.build import build as build_corpus
    from aspectra.students.pretrain import pretrain

    place, labels, texts = datasets.find(TASK, config.labels), out / "labels", out / "texts"
    labeled.label(place, labels)
    recorded = ElicitConfig(teacher="recorded", model=str(labels / labeled.ANSWERS), kinds=("extraction",))
    answers = [elicit_reviews(labels / labeled.REVIEWS, recorded, out / "elicit" / "labels")]
    if teacher is not None:
        unlabeled.gather(unlabeled.files(config.texts), labels / labeled.REVIEWS, place, texts)
        answers.append(elicit_reviews(texts / unlabeled.REVIEWS, asking(teacher), out / "elicit" / "teacher"))
    build_corpus(answers, config.corpus, out / "corpus", replace=True)
    pretrain(out / "corpus", beginning(config, teacher, out), training(config), out / "model", replace=True)
    return out / "model"


def beginning(config: ReaderConfig, teacher: str | None, out: Path) -> str:
    """The model that the student starts from."""
    from aspectra.students.taggers.cut import cut

    begins = config.student
    if isinstance(begins, str):
        return begins
    larger = teacher if teacher is not None and begins.of == "teacher" else begins.of
    cut(larger, begins.layers, out / "cut")
    return str(out / "cut")


def export(config: ReaderConfig, out: Path) -> dict[str, Any]:
    """Export the student; dev of the labels calibrates its confidences. Returns the figures."""
    from aspectra.readers.export import export as work

    assert config.export is not None
    say("export: the student without torch")
    given = config.export
    says = given.model_dump(include={"name", "version", "language"}, exclude_none=True)
    options: dict[str, Any] = {"compute": given.compute, "data": config.labels, "threads": training(config).threads}
    options["meanings"] = given.meanings
    figures: dict[str, Any] = work(str(out / "model"), out / "export", says=says, replace=True, **options)["figures"]
    return figures


def judge(config: ReaderConfig, system: str, model: str, out: Path) -> list[dict[str, Any]]:
    """One row per set: the strict score of a model on its dev sentences."""
    from aspectra.benchmark.evaluate import evaluate

    rows, settings = [], training(config)
    for data in config.dev or (config.labels,):
        name = Path(data).name
        say(f"evaluate: {system} on dev of {name}")
        figures = evaluate(
            model,
            TASK,
            data,
            side="dev",
            out=out / "evaluate" / f"{system}-{name}",
            # An export's graph is for the CPU, whatever device the student was trained on.
            device="cpu" if system == "export" else settings.device,
            threads=settings.threads,
            replace=True,
        )["figures"]
        about = {"parameters": figures["parameters"], "seconds_per_sentence": figures["seconds_per_sentence"]}
        rows.append({"system": system, "data": name} | figures["rows"][0] | about)
    return rows


def following(config: ReaderConfig, out: Path) -> str:
    """The next command to run: it installs the export as shipped reader, reads reviews with it, or makes an export."""
    if config.export is not None and config.export.name != READER:
        model = str(out / "export")
        return shlex.join(["aspectra", "analyze", "reviews.csv", "--model", model, "--out", "opinions.csv"])
    words = ["aspectra", "export", str(out / "model"), "--data", config.labels]
    if config.export is None:
        return shlex.join([*words, "--out", str(out / "export")])
    for name, value in config.export.model_dump(exclude_none=True).items():
        words += [f"--{name}", value]
    return shlex.join([*words, "--out", os.path.relpath(places.MODEL)])
