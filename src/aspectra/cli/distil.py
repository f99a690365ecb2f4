"""`aspectra distil`: trains a small model on an LLM's opinions of the user's own reviews, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from aspectra.cli.options import Delimiter, Encoding, IdColumn, TextColumn
from aspectra.config import ElicitConfig
from aspectra.errors import unknown
from aspectra.recipes import DistilConfig
from aspectra.settings import load

app = typer.Typer(add_completion=False, rich_markup_mode=None)
TEACHERS = get_args(ElicitConfig.model_fields["teacher"].annotation)
FIELDS = DistilConfig.model_fields
E = ElicitConfig()


@app.command(
    epilog="Example: aspectra distil reviews.csv --base-url http://127.0.0.1:8080/v1 --model qwen2.5-7b-instruct "
    "--out runs/mine    (with --plan first)"
)
def distil(
    reviews: Annotated[
        str, typer.Argument(metavar="REVIEWS", help="A .csv, .tsv, .json, .jsonl, .parquet or .xlsx file.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for everything.")],
    model: Annotated[
        str, typer.Option(help="LLM: name at the endpoint, GGUF file, or file of recorded responses.")
    ] = "",
    base_url: Annotated[
        str | None, typer.Option(help="Address of an OpenAI-compatible endpoint. [$OPENAI_BASE_URL, else OpenAI's own]")
    ] = None,
    teacher: Annotated[
        str,
        typer.Option(
            help="Kind of LLM: openai (any compatible endpoint), local (a GGUF file), transformers, student, recorded."
        ),
    ] = E.teacher,
    key_env: Annotated[
        str, typer.Option(help="Environment variable that holds the key, if one is needed.")
    ] = E.key_env,
    key_file: Annotated[str | None, typer.Option(help="File that holds the key.")] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VARIABLE", help="Header whose value the variable holds; may be repeated."),
    ] = None,
    draw: Annotated[int, typer.Option("--reviews", min=1, help="Number of reviews to ask the LLM about.")] = FIELDS[
        "draw"
    ].default,
    sentences: Annotated[
        bool,
        typer.Option("--sentences", help="Ask about one sentence of each review; better with a small LLM."),
    ] = False,
    max_cost: Annotated[float | None, typer.Option(help="Limit of the answers' cost in USD; needs the prices.")] = None,
    price_in: Annotated[float | None, typer.Option(min=0, help="USD per million tokens read.")] = None,
    price_out: Annotated[float | None, typer.Option(min=0, help="USD per million tokens written.")] = None,
    demonstrations: Annotated[
        str | None, typer.Option(help="File of examples to show the LLM: JSONL of {kind, review, answer}.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Largest number of requests in flight.")] = E.concurrency,
    rpm: Annotated[float | None, typer.Option(help="Largest number of requests a minute.")] = None,
    tpm: Annotated[float | None, typer.Option(help="Largest number of tokens a minute, read and written.")] = None,
    student: Annotated[
        str, typer.Option(help="Tagger to train: a name (see `aspectra models list`), a folder, or a Hub id.")
    ] = FIELDS["student"].default,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Set or folder with your own labels: F1 is on its test.json, and the student also learns its "
            "train.json. [none: F1 is against the LLM's labels]",
        ),
    ] = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Skip rows that cannot be read, and count them.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the draw, of the held-out reviews, and of training.")] = FIELDS[
        "seed"
    ].default,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only draw, and print the number of requests, their tokens, cost and hours.")
    ] = False,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Another setting, as in elicit.timeout=300 or pretrain.epochs=4; may be repeated.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print results.json, or with --plan the plan.")] = False,
) -> None:
    """Distill an LLM: draw reviews, ask for their opinions, train a small model, report the gain, and export it.

    A tenth of the reviews is held out for evaluation. No stored answer is paid for again: after a stop, run the same
    command to go on. More --reviews or another --student reuse the answers.
    """
    from aspectra.cli import values
    from aspectra.cli.elicited import show_plan
    from aspectra.cli.output import table, write
    from aspectra.pipeline import distil as recipe
    from aspectra.progress import say
    from aspectra.report import distilled

    if teacher not in TEACHERS:
        raise unknown("teacher", teacher, TEACHERS)
    asked: dict[str, Any] = {
        "teacher": teacher,
        "model": model,
        "base_url": base_url,
        "key_env": key_env,
        "key_file": key_file,
        "headers": values.headers(header or []),
        "kinds": ["extraction"],
        "max_cost": max_cost,
        "price_in": price_in,
        "price_out": price_out,
        "demonstrations": demonstrations,
        "concurrency": concurrency,
        "rpm": rpm,
        "tpm": tpm,
        "text_column": text_column,
        "id_column": id_column,
        "encoding": encoding,
        "delimiter": delimiter,
        "skip_bad_rows": skip_bad_rows,
    }
    given = {
        "reviews": reviews,
        "student": student,
        "draw": draw,
        "sentences": sentences,
        "labels": labels,
        "seed": seed,
        "elicit": asked,
    }
    config = load(DistilConfig, None, changes or [], given)
    if plan:
        show_plan(recipe.plan(config, out), json, few="--reviews")
        return
    results = recipe.distil(config, out)
    if json:
        write(results)
        return
    table(["student", "learned", "F1", "95 % interval", "precision", "recall"], distilled.table(results))
    for line in (*(f"{what}: {text}" for what, text in distilled.facts(results)), "", *distilled.lines(results)):
        print(line)
    say(f"report: {out / distilled.PAGE}, figures: {out / 'results.json'}")
    print(results["analyze"])
