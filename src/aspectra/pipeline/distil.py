"""`aspectra distil`: asks an LLM about a sample of the reviews, trains a tagger on the answers, and measures the gain.

The stages of `aspectra run` with other defaults; finished ones are skipped. Called by `aspectra.cli.distil`.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from aspectra.config import ElicitConfig, FinetuneConfig, PretrainConfig
from aspectra.data import datasets
from aspectra.elicit import plan as ahead
from aspectra.elicit.status import status
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.files import make_folder, write_json
from aspectra.info import read_info
from aspectra.manifest import DISTIL
from aspectra.models import resolve
from aspectra.pipeline import apart
from aspectra.pipeline.draw import REVIEWS, draw
from aspectra.pipeline.stages import check_out, check_teacher, elicit_reviews
from aspectra.places import locate
from aspectra.presets import FINETUNE_PRESETS, PRETRAIN_PRESETS
from aspectra.progress import say
from aspectra.recipes import DistilConfig
from aspectra.report import distilled
from aspectra.schema import Prediction
from aspectra.score.predictions import read_predictions
from aspectra.settings import build
from aspectra.systems import LAYOUT
from aspectra.teachers.make import located

TASK = "atsa"  # the task that a teacher's labels teach a tagger


def distil(config: DistilConfig, out: Path) -> dict[str, Any]:
    """Draw, ask, train, evaluate and export; return the content of `results.json` in `out`.

    Raises UserError for invalid input, before anything is asked.
    """
    check(config, out)
    drawn = out / "draw" / REVIEWS
    draws = draw(config, knowing(config.student), drawn.parent)["figures"]
    answers = elicit_reviews(drawn, asking(config), out / "elicit")
    parts = apart.part(config, drawn, answers, out / "answers")["figures"]
    gold = None if config.labels is None else datasets.find(TASK, config.labels)
    if gold is None and not parts["held"]["opinions"]:
        raise UserError(
            f"the LLM found no opinion in the {parts['held']['reviews']} held-out reviews, so nothing can be "
            f"evaluated; look at its answers: aspectra elicit --audit 50 --out {out / 'elicit'}"
        )
    systems = {} if (known := knowing(config.student)) is None else {"before": str(known)}
    if gold is not None and (gold / "train.json").is_file():
        systems["labels"] = tune(config, gold, "labels", config.student, out)
    for part in apart.PARTS:
        systems[part] = learn(config, gold, part, out)
    judged = gold or (out / "answers" / apart.HELD).parent
    said = {name: judge(config, student, judged, out / "evaluate" / name) for name, student in systems.items()}
    made = out / "export"
    dev = gold if gold is not None and (gold / "dev.json").is_file() else out / "corpus" / "all" / "silver"
    export(config, systems["all"], dev, made)
    results = {
        "config": config.model_dump(mode="json"),
        "draw": draws,
        "asked": status(out / "elicit"),
        "answers": parts,
        **distilled.measured(datasets.split(judged, "test"), said, parts["learned"], of_reviews=gold is None),
        "analyze": reading(config, made, out),
    }
    distilled.write(results, out)
    write_json(out / "results.json", results)
    return results


def plan(config: DistilConfig, out: Path) -> dict[str, Any]:
    """The cost of asking (`aspectra.elicit.plan`); nothing is sent.

    The reviews are drawn for that, because their lengths decide the tokens. The run uses the same draw.
    """
    ahead.check(config.elicit)
    check(config, out)
    draw(config, knowing(config.student), out / "draw")
    return ahead.plan(out / "draw" / REVIEWS, located(asking(config)), out / "elicit")


def check(config: DistilConfig, out: Path) -> None:
    """Check before drawing or asking that everything in the config can be used. Raises UserError."""
    from aspectra.students.families import tags

    if not locate(config.reviews).is_file():
        raise UserError(f"no file of reviews {config.reviews}")
    check_out(out, DISTIL)
    check_teacher(located(asking(config)), out / "elicit")
    need("train", "distil")
    if config.labels is not None:
        datasets.files(datasets.find(TASK, config.labels), "test")
    if not tags(resolve(config.student)):
        raise UserError(
            f"{config.student} is a writer, and distil trains a tagger, such as minilm-l6; to distill a "
            "writer, use `aspectra run` with a config"
        )
    training(config)
    tuning(config, Path())
    make_folder(out)
    write_json(out / DISTIL, config.model_dump(mode="json"))


def knowing(student: str) -> Path | None:
    """The folder of a student that already has the task; None for one that has to learn it."""
    folder = resolve(student)
    return folder if read_info(folder).get("task") == TASK else None


def asking(config: DistilConfig) -> ElicitConfig:
    """The elicitation settings for the drawn reviews; their file has its own columns and no bad rows."""
    return config.elicit.model_copy(update={name: ElicitConfig.model_fields[name].default for name in LAYOUT})


def training(config: DistilConfig) -> PretrainConfig:
    """The settings for training on answers."""
    return build(PretrainConfig, PRETRAIN_PRESETS["tagger"] | {"seed": config.seed} | config.pretrain)


def tuning(config: DistilConfig, gold: Path) -> FinetuneConfig:
    """The settings for training on human labels; without a dev.json the last epoch is kept."""
    given = {"data": str(gold), "seed": config.seed, "keep": "best" if (gold / "dev.json").is_file() else "last"}
    return build(FinetuneConfig, FINETUNE_PRESETS["tagger"] | given | config.finetune)


def learn(config: DistilConfig, gold: Path | None, part: str, out: Path) -> str:
    """The student trained on a part of the answers, and then on human labels if there are any."""
    from aspectra.corpus.build import build as build_corpus
    from aspectra.students.pretrain import pretrain

    say(f"learn: {part} of the answers")
    settings, corpus, taught = config.corpus, out / "corpus" / part, out / "pretrain" / part
    if gold is not None:  # test sentences must not be in the training answers either
        settings = settings.model_copy(update={"evaluation": (*settings.evaluation, str(gold))})
    build_corpus([out / "answers" / f"{part}.parquet"], settings, corpus, replace=True)
    pretrain(corpus, config.student, training(config), taught, replace=True)
    return str(taught) if gold is None else tune(config, gold, part, str(taught), out)


def tune(config: DistilConfig, gold: Path, name: str, student: str, out: Path) -> str:
    """The student after fine-tuning on human labels; unchanged if there are none."""
    from aspectra.students.finetune import finetune

    if not (gold / "train.json").is_file():
        return student
    say(f"finetune: {name}")
    finetune(student, tuning(config, gold), out / "finetune" / name, replace=True)
    return str(out / "finetune" / name)


def judge(config: DistilConfig, student: str, judged: Path, out: Path) -> list[Prediction]:
    """A student's predictions for the evaluation sentences."""
    from aspectra.benchmark.evaluate import evaluate

    say(f"evaluate: {out.name}")
    settings = training(config)
    evaluate(student, TASK, str(judged), out=out, device=settings.device, threads=settings.threads, replace=True)
    return read_predictions(out / "predictions.jsonl")


def export(config: DistilConfig, student: str, dev: Path, out: Path) -> None:
    """Export the student; `dev`, which is not used for evaluation, chooses its type and calibrates its confidences."""
    from aspectra.readers.export import export as work

    say("export: the student of all answers")
    work(student, out, data=str(dev), threads=training(config).threads, replace=True)


def reading(config: DistilConfig, model: Path, out: Path) -> str:
    """The command with which the student reads all the reviews."""
    asked = config.elicit
    words = ["aspectra", "analyze", config.reviews, "--model", str(model), "--out", str(out / "opinions.csv")]
    words += ["--report", str(out / "opinions.html")]
    for name in LAYOUT:
        option, value = f"--{name.replace('_', '-')}", getattr(asked, name)
        words += [option] if value is True else [option, value] if value else []
    return shlex.join(words)
