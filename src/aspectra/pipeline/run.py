"""`aspectra run`: the stages in order; each is also a command. Called by `aspectra.cli.run`.

Finished stages are skipped and interrupted ones resumed. So a second call takes seconds, and `--set` reruns only the
stages that depend on the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aspectra.config import ElicitConfig, PretrainConfig
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.files import make_folder, write_json, write_text
from aspectra.manifest import RUN
from aspectra.models.shipped import READER, reader
from aspectra.pipeline.stages import check_out, check_teacher, elicit_reviews
from aspectra.places import locate
from aspectra.progress import say
from aspectra.recipes import RunConfig
from aspectra.teachers.make import located

OPINIONS = Path("opinions.parquet")
SHIPPED = "shipped"  # the system that comes with Aspectra and is not trained here
UNTAUGHT = (SHIPPED, "teacher")  # systems that are not trained here
CHECKED = 60  # sentences for comparing the exported student with the original: takes a few seconds


def run(config: RunConfig, out: Path) -> dict[str, Any]:
    """The whole pipeline: reviews to responses to corpus to students, which are fine-tuned and compared.

    Returns the content of `results.json`. Raises UserError for invalid input, before any training.
    """
    check(config, out)
    if config.analyze == SHIPPED:  # first, so that there is something to see
        analyze_reviews(config, None, out)
    responses = elicit_reviews(locate(config.reviews), config.elicit, out / "elicit")
    corpus = build_corpus(config, responses, out / "corpus")
    rows: list[dict[str, Any]] = []
    tuned: dict[tuple[str, int], Path] = {}
    students = {
        system: pretrain_student(config, system, corpus, out) for system in config.systems if system not in UNTAUGHT
    }
    for seed in config.seeds:
        for system, student in students.items():
            tuned[system, seed] = finetune_student(config, system, student, seed, out)
            rows += evaluate_student(config, system, tuned[system, seed], seed, out)
    if SHIPPED in config.systems:
        rows += evaluate_student(config, SHIPPED, READER, None, out)
    if "teacher" in config.systems:
        rows += judge_teacher(config, out)
    if config.analyze not in (None, SHIPPED):
        analyze_reviews(config, export_student(config, tuned[config.analyze, config.seeds[0]], out), out)
    return conclude(config, rows, out)


def check(config: RunConfig, out: Path) -> None:
    """Check before the first long stage that every name in the config exists."""
    from aspectra import models
    from aspectra.corpus import decontaminate
    from aspectra.data import datasets

    if not locate(config.reviews).is_file():
        raise UserError(f"no file of reviews {config.reviews}")
    if not config.finetune.data:
        raise UserError("finetune.data is missing: name a set, or a folder with train.json, dev.json and test.json")
    data = datasets.find(config.finetune.task, config.finetune.data)
    for side in ("train", "dev", "test"):
        datasets.files(data, side)
    decontaminate.files(config.corpus.evaluation)
    check_teacher(located(config.elicit), out / "elicit")
    if "teacher" in config.systems:
        if config.teacher is None:
            raise UserError("`systems` names the teacher, but the config has no `teacher:`")
        check_teacher(sitting(config, config.teacher), out / "teacher" / "elicit")
    check_out(out, RUN)
    if set(config.systems) - set(UNTAUGHT):
        need("train", "run")
        models.resolve(config.student)
    if SHIPPED in (*config.systems, config.analyze):
        reader()
    if config.analyze not in (None, SHIPPED):
        check_analyze(config)
    make_folder(out)
    write_json(out / RUN, config.model_dump(mode="json"))


def check_analyze(config: RunConfig) -> None:
    """Raise UserError if the student that is to read the reviews is not trained, or cannot be exported here."""
    from aspectra import models
    from aspectra.students.families import tags

    if config.analyze not in config.systems:
        raise UserError(f"`analyze` names {config.analyze}, which is not in `systems`")
    if not tags(models.resolve(config.student)):
        need("deploy", "run with `analyze`")


def sitting(config: RunConfig, teacher: ElicitConfig) -> ElicitConfig:
    """The settings for evaluating a teacher on the test sentences."""
    return located(teacher).model_copy(
        update={
            "kinds": ("extraction",),
            "task": config.finetune.task,
            **{name: ElicitConfig.model_fields[name].default for name in ("select", "select_by", "encoder")},
        }
    )


def build_corpus(config: RunConfig, responses: Path, out: Path) -> Path:
    """Filter, decontaminate and split the responses into training text."""
    from aspectra.corpus.build import build

    say("corpus: training text from the responses")
    build([responses], config.corpus, out, replace=True)
    return out


def pretrain_student(config: RunConfig, system: str, corpus: Path, out: Path) -> str:
    """The student that a system starts from: as published (base), or pretrained on the corpus."""
    from aspectra.students.pretrain import pretrain

    if system == "base":
        return config.student
    say(f"pretrain: {system}")
    settings = config.pretrain
    if system == "denoise":
        settings = PretrainConfig(**{**settings.model_dump(), "kinds": ("denoise",), "weights": "proportional"})
    folder = out / "pretrain" / system
    pretrain(corpus, config.student, settings, folder, replace=True)
    return str(folder)


def finetune_student(config: RunConfig, system: str, student: str, seed: int, out: Path) -> Path:
    """Fine-tune one system with one seed; every system gets the same settings and sentences."""
    from aspectra.students.finetune import finetune

    say(f"finetune: {system}, seed {seed}")
    folder = out / "finetune" / f"{system}-{seed}"
    finetune(student, config.finetune.model_copy(update={"seed": seed}), folder, replace=True)
    return folder


def evaluate_student(
    config: RunConfig, system: str, model: Path | str, seed: int | None, out: Path
) -> list[dict[str, Any]]:
    """Evaluate a student on the test sentences; `seed` is the seed of its fine-tuning, if there was one."""
    from aspectra.benchmark.evaluate import evaluate

    say(f"evaluate: {system}" + ("" if seed is None else f", seed {seed}"))
    folder = out / "evaluate" / (system if seed is None else f"{system}-{seed}")
    manifest = evaluate(
        model,
        config.finetune.task,
        config.finetune.data,
        subsets=config.subsets,
        scoring=config.scoring,
        out=folder,
        cap=config.test_cap,
        max_new_tokens=config.finetune.max_new_tokens,
        batch_size=config.finetune.eval_batch_size,
        device=config.finetune.device,
        threads=config.finetune.threads,
        replace=True,
    )
    return list(label(manifest["figures"]["rows"], config, system, seed, manifest["figures"]))


def judge_teacher(config: RunConfig, out: Path) -> list[dict[str, Any]]:
    """Ask the teacher for the opinions of the test sentences and score its answers like a student's."""
    from aspectra.benchmark.llm import judge
    from aspectra.readers.teacher import teaching

    say("evaluate: the teacher, asked for the same sentences")
    assert config.teacher is not None
    settings = sitting(config, config.teacher)
    figures = judge(
        settings,
        config.finetune.data,
        config.subsets,
        config.scoring,
        config.test_cap,
        out / "teacher",
        teaching(settings),
    )
    return list(label(figures["rows"], config, "teacher", None, figures))


def export_student(config: RunConfig, tuned: Path, out: Path) -> Path:
    """Export a fine-tuned student; returns the folder."""
    from aspectra.readers.export import export
    from aspectra.students.families import tags

    say("export: the student that reads the reviews")
    limit, threads = config.finetune.max_new_tokens, config.finetune.threads
    # A tagger's comparison is fast; dev of its own set calibrates it.
    judged: dict[str, Any] = {"data": config.finetune.data} if tags(tuned) else {"check": CHECKED}
    export(str(tuned), out / "export", max_new_tokens=limit, threads=threads, replace=True, **judged)
    return out / "export"


def analyze_reviews(config: RunConfig, model: Path | None, out: Path) -> None:
    """Let an export read all the reviews: a table of opinions and the page about them. None: the shipped reader."""
    from aspectra.analyze.analysis import analyze
    from aspectra.analyze.source import student

    say("analyze: what the reviews say")
    asked, limit, threads = config.elicit, config.finetune.max_new_tokens, config.finetune.threads
    analyze(
        locate(config.reviews),
        student(model, max_new_tokens=limit, threads=threads),
        out / OPINIONS,
        text_column=asked.text_column,
        id_column=asked.id_column,
        encoding=asked.encoding,
        delimiter=asked.delimiter,
        skip_bad_rows=asked.skip_bad_rows,
        limit=asked.limit,
        report=out / OPINIONS.with_suffix(".html"),
        title="What the reviews say",
        replace=True,
    )


def label(
    scores: list[dict[str, Any]], config: RunConfig, system: str, seed: int | None, figures: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Rows of `results.json` from the scores of one system."""
    for score in scores:
        yield {
            "system": system,
            "task": config.finetune.task,
            "data": config.finetune.data,
            "seed": seed,
            **score,
            "parameters": figures.get("parameters"),
            "seconds_per_sentence": figures.get("seconds_per_sentence"),
        }


def conclude(config: RunConfig, rows: list[dict[str, Any]], out: Path) -> dict[str, Any]:
    """Write `results.json` and `report.md` from the rows and the stages' manifests."""
    from aspectra.report.markdown import report

    results = {"config": config.model_dump(mode="json"), "rows": rows}
    text = report(config, rows, out)
    write_text(out / "report.md", text)
    write_json(out / "results.json", results)
    return results
