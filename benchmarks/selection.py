"""Compares ways to select reviews for the same token budget: spread by some criterion, or drawn at random.

`python benchmarks/selection.py FOLDER --recorded mixtral_500.jsonl` replays recorded responses. All reviews of the file
except a fixed held-out part are the pool. For each seed and each way of `--select-by`, `elicit --select` draws from it
and `corpus` makes training text. Answers are taken from it at random up to the `--budget` of tokens (an answer counts,
and is trained on, up to `--answer-tokens`, so that the budget covers many reviews). The student is pretrained on them,
then fine-tuned on a few labeled sentences and evaluated. Each such cell becomes a line of FOLDER/results.jsonl when it
is finished; finished cells are skipped, interrupted ones resumed. At the end, or with `--table` for existing results:
held-out loss (nats per answer token, lower is better) and F1 of each way, and their paired differences from the first
way: over seeds for the loss; over sentences for F1, by bootstrap and randomization test.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
from collections import defaultdict
from pathlib import Path
from statistics import fmean
from typing import Any

from aspectra import tasks
from aspectra.circumstances import commit
from aspectra.cli.output import table
from aspectra.config import CorpusConfig, ElicitConfig, FinetuneConfig, PretrainConfig
from aspectra.corpus.build import COLUMNS, build
from aspectra.data import datasets
from aspectra.elicit.engine import elicit
from aspectra.models import resolve
from aspectra.reviews import read_reviews
from aspectra.score.predictions import read_predictions
from aspectra.score.scoring import count, predicted
from aspectra.score.significance import Counts, difference, permutation
from aspectra.tables import read_jsonl, write_jsonl, write_parquet

TASK = "atsa"
RESULTS = "results.jsonl"


def prepare(options: argparse.Namespace) -> None:
    """Split the reviews once: FOLDER/held.jsonl has those with the lowest hashes, FOLDER/pool.jsonl the others."""
    if (options.folder / "pool.jsonl").exists():
        return
    rows = [
        {"id": review.id, "text": review.text, "domain": review.domain, "rating": review.rating}
        for review in read_reviews(options.recorded, skip_bad_rows=True)
    ]
    rows.sort(key=lambda row: hashlib.sha256(str(row["text"]).encode()).digest())
    write_jsonl(options.folder / "held.jsonl", rows[: options.held])
    write_jsonl(options.folder / "pool.jsonl", rows[options.held :])


def texts(reviews: Path, config: ElicitConfig, data: str, folder: Path) -> list[dict[str, Any]]:
    """The training rows from the recorded teacher's answers to some reviews."""
    import pyarrow.parquet as pq

    elicit(reviews, config, folder / "responses")
    build([folder / "responses"], CorpusConfig(evaluation=(f"{TASK}/{data}",)), folder / "rows")
    return [row for side in ("train", "dev") for row in pq.read_table(folder / "rows" / f"{side}.parquet").to_pylist()]


def spend(rows: list[dict[str, Any]], options: argparse.Namespace, seed: int) -> tuple[list[dict[str, Any]], int]:
    """Rows drawn by seed up to the budget of answer tokens: (rows, their tokens)."""
    from transformers import AutoTokenizer

    budget, tokenizer = options.budget, AutoTokenizer.from_pretrained(resolve(options.student), local_files_only=True)
    random.Random(seed).shuffle(rows)
    kept, spent = [], 0
    for row in rows:
        tokens = min(len(tokenizer(row["output"])["input_ids"]), options.answer_tokens)
        if spent + tokens <= budget:
            kept.append(row)
            spent += tokens
    if spent < 0.97 * budget:
        raise SystemExit(f"{len(rows)} answers have {spent} tokens only: raise --select, or lower --budget")
    return kept, spent


def cell(options: argparse.Namespace, by: str, seed: int) -> dict[str, Any]:
    """Draw, pretrain, fine-tune and evaluate once; the weights are removed after all measurements."""
    from aspectra.benchmark.evaluate import evaluate
    from aspectra.students.finetune import finetune
    from aspectra.students.pretrain import pretrain

    folder = options.folder / f"{by}-{seed}"
    replay = ElicitConfig(teacher="recorded", model=str(options.recorded))
    wanted = replay.model_copy(update={"select": options.select, "select_by": by, "seed": seed})
    rows, tokens = spend(texts(options.folder / "pool.jsonl", wanted, options.data, folder), options, seed)
    held = texts(options.folder / "held.jsonl", replay, options.data, options.folder / "held")
    for side, part in (("train", rows), ("dev", held)):
        write_parquet(folder / "corpus" / f"{side}.parquet", part, COLUMNS)
    common = {"threads": options.threads, "seed": seed, "learning_rate": options.learning_rate}
    first = pretrain(
        folder / "corpus",
        options.student,
        PretrainConfig(batch_size=options.batch_size, answer_tokens=options.answer_tokens, **common),
        folder / "pretrained",
    )
    tune = FinetuneConfig(
        task=TASK,
        data=options.data,
        shots=options.shots,
        epochs=options.epochs,
        eval_every=1000,  # only the last epoch is scored, and kept
        dev_cap=8,
        save_seconds=600,
        **common,
    )
    finetune(str(folder / "pretrained"), tune, folder / "tuned")
    last = evaluate(
        folder / "tuned",
        TASK,
        options.data,
        cap=options.cap,
        max_new_tokens=options.max_new_tokens,
        threads=options.threads,
        engine=options.engine,
        out=folder / "evaluated",
    )
    for name in ("pretrained", "tuned"):
        shutil.rmtree(folder / name)
    return {
        "by": by,
        "seed": seed,
        "rows": len(rows),
        "answer_tokens": tokens,
        "held_out": first["figures"]["held_out"],
        "f1": last["figures"]["rows"][0]["f1"],
        "answers_cut": last["figures"]["answers_cut"],
        "seconds": {"pretrain": first["seconds"], "evaluate": last["seconds"]},
        "commit": commit(),
    }


def counts(options: argparse.Namespace, by: str, seed: int) -> Counts:
    """For each test sentence: what the cell's student got right, what it predicted, and the gold (strict)."""
    task = tasks.get(TASK)
    examples = datasets.draw(datasets.split(datasets.find(TASK, options.data), "test"), options.cap)
    said = read_predictions(options.folder / f"{by}-{seed}" / "evaluated" / "predictions.jsonl")
    return [count(e, predicted(p, task, "strict"), task, "strict") for e, p in zip(examples, said, strict=True)]


def show(options: argparse.Namespace, done: list[dict[str, Any]]) -> None:
    """Print the cells, and each way's difference from the first over the seeds that both have."""
    kinds = sorted({kind for row in done for kind in row["held_out"]})
    losses = [(kind, when) for kind in kinds for when in ("before", "after")]
    table(
        ["by", "seed", "rows", "answer tokens", *(f"{kind} {when}" for kind, when in losses), "F1"],
        [
            [
                row["by"], row["seed"], row["rows"], row["answer_tokens"],
                *(f"{row['held_out'][kind][when]:.3f}" for kind, when in losses),
                f"{100 * row['f1']:.2f}",
            ]
            for row in sorted(done, key=lambda row: (row["by"], row["seed"]))
        ],
    )  # fmt: skip
    found: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for row in done:
        found[row["by"]][row["seed"]] = row
    base = options.by[0]
    for by in options.by[1:]:
        seeds = sorted(set(found[base]) & set(found[by]))
        if not seeds:
            continue
        for kind in kinds:
            gaps = [found[by][s]["held_out"][kind]["after"] - found[base][s]["held_out"][kind]["after"] for s in seeds]
            told = ", ".join(f"{gap:+.3f}" for gap in gaps)
            print(f"held-out loss of {kind}, {by} minus {base}: {fmean(gaps):+.3f} on average; by seed {told}")
        ours, theirs = ([counts(options, way, seed) for seed in seeds] for way in (by, base))
        gap, p = difference(ours, theirs), permutation(ours, theirs)
        print(
            f"F1, {by} minus {base}, {len(seeds)} seeds: {100 * gap.value:+.2f}, "
            f"95 % interval {100 * gap.low:+.2f} to {100 * gap.high:+.2f}, p = {p:.3f}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--recorded", type=Path, required=True, help="reviews with recorded responses")
    parser.add_argument("--data", default="rest14", help="set for fine-tuning and evaluation (atsa)")
    parser.add_argument("--student", default="smollm2-135m")
    parser.add_argument(
        "--by", nargs="+", default=["random", "tfidf"], help="ways of --select-by; the first is compared with"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--select", type=int, default=100, help="reviews drawn, before the budget cuts them")
    parser.add_argument("--budget", type=int, default=8000, help="answer tokens to pretrain on")
    parser.add_argument("--answer-tokens", type=int, default=128, help="of an answer, at most")
    parser.add_argument("--batch-size", type=int, default=4, help="of pretraining: small, since there are few rows")
    parser.add_argument("--held", type=int, default=40, help="reviews held out")
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--shots", type=int, default=32)
    parser.add_argument("--epochs", type=float, default=4)
    parser.add_argument("--cap", type=int, default=300, help="test sentences")
    parser.add_argument("--max-new-tokens", type=int, default=60)
    parser.add_argument("--engine", default="ct2", choices=["ct2", "transformers"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="only print what is done")
    options = parser.parse_args()
    results = options.folder / RESULTS
    if not options.table:
        options.folder.mkdir(parents=True, exist_ok=True)
        prepare(options)
        for seed in options.seeds:
            for by in options.by:
                there = read_jsonl(results) if results.exists() else ()
                if any((row["by"], row["seed"]) == (by, seed) for row in there):
                    continue
                row = cell(options, by, seed)
                with results.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(row) + "\n")
                print(json.dumps(row), flush=True)
    show(options, list(read_jsonl(results)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
