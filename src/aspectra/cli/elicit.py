"""`aspectra elicit`: parses, calls `aspectra.elicit.engine.elicit`, prints the counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import typer

from aspectra import tasks
from aspectra.cli import values
from aspectra.cli.elicited import show, show_plan
from aspectra.cli.help import grouped
from aspectra.cli.options import Delimiter, Encoding
from aspectra.cluster import ENGINES, Cluster
from aspectra.config import ElicitConfig
from aspectra.errors import UserError, unknown
from aspectra.places import locate
from aspectra.progress import say
from aspectra.schema import KINDS
from aspectra.settings import build
from aspectra.teachers.make import located

app = typer.Typer(add_completion=False, rich_markup_mode=None)
TEACHERS = get_args(ElicitConfig.model_fields["teacher"].annotation)
D = ElicitConfig()
GROUPS = {
    "Questions and answers": (
        *("task", "categories", "prompts", "demonstrations", "nearest", "temperature", "max_tokens", "seed"),
        *("extra_body", "attempts", "retry_rejected"),
    ),
    "Reviews": (
        *("limit", "select", "select_by", "encoder", "text_column", "id_column", "encoding", "delimiter"),
        "skip_bad_rows",
    ),
    "Limits": (
        *("concurrency", "rpm", "tpm", "max_cost", "price_in", "price_out", "timeout", "retries", "row_timeout"),
        "patience",
    ),
    "Instead of asking": ("status", "plan", "tokenizer", "audit"),
    "Batch files": ("batch_out", "batch_size", "batch_in"),
    "Cluster": ("engine", "workers", "ray_address", "vllm"),
}


@app.command(
    cls=grouped(GROUPS),
    epilog="Example: aspectra elicit reviews.csv --teacher openai --base-url http://127.0.0.1:8080/v1 "
    "--model qwen2.5-7b-instruct --kinds analysis,rewriting --out runs/responses",
)
def elicit(
    reviews: Path | None = typer.Argument(None, help="CSV, JSONL or Parquet with a text column."),
    teacher: str = typer.Option(
        D.teacher,
        help="Kind of LLM: openai (any compatible endpoint), local (a GGUF file), transformers (a folder, on a "
        "GPU), student (a trained one, for --kinds extraction and polarity), recorded, or vllm (on a "
        "cluster).",
    ),
    model: str = typer.Option(
        "", help="Name at the endpoint, GGUF file, folder of a model or a student, or file of recorded responses."
    ),
    base_url: str | None = typer.Option(
        None, help="Address of an OpenAI-compatible endpoint. [$OPENAI_BASE_URL, else OpenAI's own]"
    ),
    key_env: str = typer.Option(D.key_env, help="Environment variable that holds the key, if one is needed."),
    key_file: str | None = typer.Option(None, help="File that holds the key."),
    header: list[str] | None = typer.Option(
        None, metavar="NAME=VARIABLE", help="Header whose value the environment variable holds; may be repeated."
    ),
    kinds: str = typer.Option(
        ",".join(D.kinds),
        help="Kinds of answers to ask for, comma-separated: analysis, rewriting, extraction, polarity.",
    ),
    task: str = typer.Option(D.task, help="Task whose opinions `extraction` asks for: atsa or acsa."),
    categories: str = typer.Option("", help="Categories that `extraction` may name (acsa), comma-separated."),
    prompts: str = typer.Option("", help="Prompt versions, as in analysis=v2. [the best known]"),
    demonstrations: str | None = typer.Option(
        None, help="File of examples to show before the review: JSONL of {kind, review, answer}."
    ),
    nearest: int | None = typer.Option(
        None, min=1, help="Number of examples to show: those most like the review. [all]"
    ),
    temperature: float = typer.Option(D.temperature, help="Sampling temperature."),
    max_tokens: int = typer.Option(D.max_tokens, help="Longest answer, in tokens."),
    seed: int = typer.Option(D.seed, help="Seed of sampling, and of --select and --audit."),
    extra_body: str = typer.Option("{}", help="JSON object of further settings for the server; null leaves a key out."),
    concurrency: int = typer.Option(
        D.concurrency, help="Largest number of requests in flight; fewer while the endpoint is busy."
    ),
    timeout: float = typer.Option(D.timeout, help="Seconds for one request."),
    retries: int = typer.Option(D.retries, help="Number of retries after a temporary fault."),
    attempts: int = typer.Option(D.attempts, help="Number of answers to ask for until one is valid."),
    row_timeout: float = typer.Option(D.row_timeout, help="Seconds for one answer, further tries included."),
    patience: float = typer.Option(D.patience, help="Seconds to wait for an endpoint that is down."),
    rpm: float | None = typer.Option(None, help="Largest number of requests a minute."),
    tpm: float | None = typer.Option(None, help="Largest number of tokens a minute, read and written."),
    max_cost: float | None = typer.Option(None, help="Limit of the folder's total cost in USD; needs the prices."),
    price_in: float | None = typer.Option(None, min=0, help="USD per million tokens read."),
    price_out: float | None = typer.Option(None, min=0, help="USD per million tokens written."),
    limit: int | None = typer.Option(None, help="Number of reviews to ask about, from the first. [all]"),
    select: int | None = typer.Option(None, help="Number of reviews to ask about, drawn by --seed. [all]"),
    select_by: str = typer.Option(
        D.select_by, help="Way to draw: random, or spread over domain, rating, length and topic (tfidf, embeddings)."
    ),
    encoder: str | None = typer.Option(None, help="Model folder whose embeddings --select-by uses."),
    text_column: str | None = typer.Option(None, help="Column with the reviews' text. [found by name]"),
    id_column: str | None = typer.Option(
        None, help="Column with the reviews' ids. [id, review_id; else rows are numbered]"
    ),
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    skip_bad_rows: bool = typer.Option(False, "--skip-bad-rows", help="Skip rows that cannot be read."),
    retry_rejected: bool = typer.Option(False, "--retry-rejected", help="Ask again if the stored answer is not valid."),
    out: Path | None = typer.Option(None, help="Folder for the responses."),
    engine: str = typer.Option("local", help="Who asks: local (this process) or ray (actors on a cluster)."),
    workers: int | None = typer.Option(
        None, min=1, help="Number of actors with --engine ray, each with --concurrency requests in flight. [one a node]"
    ),
    ray_address: str | None = typer.Option(
        None,
        metavar="HOST:PORT",
        help="Address of a Ray cluster's head. [$RAY_ADDRESS, else a cluster is started here]",
    ),
    vllm: str = typer.Option("{}", help="Arguments of vLLM's engine, a JSON object."),
    status: Path | None = typer.Option(None, help="Only print the progress of the run in this folder."),
    plan: bool = typer.Option(False, "--plan", help="Only print the number of requests, their tokens, cost and hours."),
    tokenizer: Path | None = typer.Option(None, help="GGUF file or folder whose tokenizer --plan counts with."),
    batch_out: Path | None = typer.Option(None, help="Only write the pending requests to this batch file (JSONL)."),
    batch_size: int | None = typer.Option(
        None,
        min=1,
        help="Number of requests in a batch file; several files are FILE-001.jsonl, FILE-002.jsonl and so on.",
    ),
    batch_in: list[Path] | None = typer.Option(
        None, help="Only store the results of a batch; needs --out and no REVIEWS; may be repeated."
    ),
    audit: int | None = typer.Option(
        None, min=1, help="Only draw this number of OUT's answers (by --seed) into OUT/audit.html, for you to judge."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
) -> int:
    """Ask an LLM to analyze and rewrite reviews; no paid answer is lost.

    Answers go to OUT/responses.sqlite as they come, and to OUT/responses.parquet at the end. Run the same command to
    go on after a stop, and to try failed rows again. The exit code is 1 if any row is failed. A stop at --max-cost
    exits with 0, and the counts show the rest as `pending`.
    """
    ways = {
        "--status": status,
        "--plan": plan or None,
        "--batch-out": batch_out,
        "--batch-in": batch_in or None,
        "--audit": audit,
    }
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise UserError(f"{' and '.join(given)} exclude each other: give one of them")
    if batch_size is not None and batch_out is None:
        raise UserError("--batch-size needs --batch-out")
    if tokenizer is not None and not plan:
        raise UserError("--tokenizer needs --plan")
    if engine not in ENGINES:
        raise unknown("engine", engine, ENGINES)
    if engine == "local" and (workers is not None or ray_address is not None):
        raise UserError("--workers and --ray-address need --engine ray")
    if engine == "local" and teacher == "vllm" and not given:
        raise UserError("--teacher vllm runs on a cluster: add --engine ray")
    if engine == "ray" and teacher == "student":
        raise UserError("--teacher student runs in this process: leave out --engine ray")
    if status is not None:
        from aspectra.elicit.status import status as read

        show(read(status), status, as_json)
        return 0
    if out is None:
        raise UserError("--out is missing: name the folder for the responses")
    if audit is not None:
        from aspectra.report.audit import write

        if reviews is not None:
            raise UserError(f"--audit draws from the answers in --out {out}: leave out REVIEWS")

        made = write(out, audit, seed)
        told = "{page}: {opinions} opinions of {drawn} answers; open it in a browser, mark, and save"
        print(json.dumps(made) if as_json else told.format(**made))
        return 0
    if batch_in:
        from aspectra.elicit import reasons
        from aspectra.elicit.batches import batch_in as take

        if reviews is not None:
            raise UserError(f"--batch-in takes no REVIEWS; if {reviews} has results too, add: --batch-in {reviews}")
        taken = [take(file, out, price_in, price_out) for file in batch_in]
        counts = taken[-1]
        counts["batch"] = {name: sum(each["batch"][name] for each in taken) for name in counts["batch"]}
        show(counts, out, as_json)
        if not as_json:
            print("in the batch: " + ", ".join(f"{number} {name}" for name, number in counts["batch"].items()))
        if counts["failed"]:
            say(f"{counts['failed']} answers failed, most often: {reasons.failed(out)}")
        return 1 if counts["failed"] or counts["batch"]["torn"] else 0
    if reviews is None:
        raise UserError("REVIEWS is missing: name the file to ask about (or use --status DIR)")
    reviews = locate(str(reviews))
    if teacher not in TEACHERS:
        raise unknown("teacher", teacher, TEACHERS)
    tasks.get(task)
    config = build(
        ElicitConfig,
        {
            "teacher": teacher,
            "model": model,
            "base_url": base_url,
            "key_env": key_env,
            "key_file": key_file,
            "headers": values.headers(header or []),
            "kinds": values.kinds(kinds, KINDS),
            "task": task,
            "categories": values.names(categories),
            "prompts": values.pairs(prompts),
            "demonstrations": demonstrations,
            "nearest": nearest,
            "temperature": temperature,
            "max_tokens": max_tokens,
            "seed": seed,
            "extra_body": values.json_object(extra_body, "--extra-body"),
            "concurrency": concurrency,
            "timeout": timeout,
            "retries": retries,
            "attempts": attempts,
            "row_timeout": row_timeout,
            "patience": patience,
            "rpm": rpm,
            "tpm": tpm,
            "max_cost": max_cost,
            "price_in": price_in,
            "price_out": price_out,
            "limit": limit,
            "select": select,
            "select_by": select_by,
            "encoder": encoder,
            "text_column": text_column,
            "id_column": id_column,
            "encoding": encoding,
            "delimiter": delimiter,
            "skip_bad_rows": skip_bad_rows,
            "retry_rejected": retry_rejected,
        },
    )
    config = located(config)
    if plan:
        from aspectra.elicit.plan import plan as ahead

        show_plan(ahead(reviews, config, out, tokenizer), as_json)
        return 0
    if batch_out is not None:
        from aspectra.elicit.batches import batch_out as write_batch

        written = write_batch(reviews, config, out, batch_out, batch_size)
        if as_json:
            print(json.dumps(written))
        else:
            print(f"{written['requests']} requests in {', '.join(written['files']) or 'no file'}")
            if written["left_out"]:
                print(f"{written['left_out']} left out: with them the cost could exceed --max-cost")
        return 0
    from aspectra.elicit.engine import elicit as work
    from aspectra.readers.teacher import teaching

    ask = None
    if engine == "ray":
        from aspectra.elicit.ray_engine import across

        ask = across(Cluster(ray_address, workers), values.json_object(vllm, "--vllm"))
    counts = work(reviews, config, out, allow_failed=True, teacher=teaching(config), ask=ask)
    show(counts, out, as_json)
    if counts["absent"] and not counts["done"] + counts["rejected"] + counts["pending"]:
        say(f"none of these answers is in {config.model}: was it recorded for these reviews?")
    return 1 if counts["failed"] else 0
