"""Speed of a tagger: its forward pass against the bare matrix products, and `analyze` from table to page.

    aspectra export STUDENT --compute float32 --out runs/float32
    aspectra export STUDENT --out runs/exported
    python benchmarks/tagger.py STUDENT runs/float32 runs/exported [--writer runs/written]

1. Forward pass of `runs/float32` on the training sentences of Rest14 in batches by length, against the matrix products
   of the same shapes in float32 by torch, with the same threads: the limit is 60 %.
2. `aspectra analyze` on rows of one sentence, each in a separate process including imports and page, for each export. A
   writer (`--writer`) reads fewer rows, and its rate excludes the time for an empty table: the limit is 50 times.

Exits 1 if a limit is missed. SetFit ABSA needs its own environment: `benchmarks/setfit_absa.py`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from aspectra.data import datasets
from aspectra.readers.taggers.in_onnx import AT_ONCE, Exported, arrays, batches

OF_GEMM, OF_WRITER = 0.6, 50.0
ROUNDS = 3


def forward(export: Path, student: Path, texts: Sequence[str], threads: int) -> tuple[float, float, float]:
    """(sentences per second, seconds of the forward pass, seconds of its products alone), the best of some rounds."""
    import torch

    torch.set_num_threads(threads)
    config = json.loads((student / "config.json").read_text(encoding="utf-8"))
    width, inner, layers = (config[name] for name in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    engine = Exported(export, threads)
    pieces = [one for one in engine.encoder.pieces(texts) if one.words]
    plan = list(batches(range(len(pieces)), [len(one.ids) for one in pieces], AT_ONCE))
    feeds = [arrays([pieces[i] for i in batch], engine.pad) for batch in plan]
    shapes = [feed["ids"].shape for feed in feeds]
    wide, up, down = (torch.randn(a, b) for a, b in ((width, width), (width, inner), (inner, width)))
    passes, products = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        list(engine.pool.map(lambda feed: engine.session.run(["number", "sure", "polarities"], feed), feeds))
        passes.append(time.perf_counter() - began)
        began = time.perf_counter()
        for rows, tokens in shapes:
            states, more = torch.empty(rows * tokens, width), torch.empty(rows * tokens, inner)
            for _ in range(layers):
                for _ in range(4):
                    states @ wide
                states @ up
                more @ down
        products.append(time.perf_counter() - began)
    return len(pieces) / min(passes), min(passes), min(products)


def analyzed(model: Path, texts: Sequence[str]) -> float:
    """Seconds of `aspectra analyze` from a table of these texts to file and page, on all cores."""
    with tempfile.TemporaryDirectory() as home:
        table = Path(home) / "reviews.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "text"])
            writer.writerows(enumerate(texts))
        command = [sys.executable, "-m", "aspectra", "analyze", str(table), "--model", str(model), "--out"]
        command += [f"{home}/opinions.csv", "--report", f"{home}/page.html"]
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.perf_counter() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("student", type=Path, help="the student's own folder")
    parser.add_argument("float32", type=Path, help="its export in float32")
    parser.add_argument("exported", type=Path, help="its export in the type that `export` takes")
    parser.add_argument("--writer", type=Path, help="the export of a student that writes")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of the forward pass")
    given = parser.parse_args()
    missed = []
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    sentences = [example.text for example in datasets.split(datasets.find("atsa", "rest14"), "train")]
    rate, whole, bare = forward(given.float32, given.student, sentences, given.threads)
    share = bare / whole
    print(f"forward pass, float32: {rate:.0f} sentences a second, {share:.0%} of the bare products")
    missed += [f"the forward pass is at {share:.0%} of the bare products"] if share < OF_GEMM else []
    many = (sentences * (given.rows // len(sentences) + 1))[: given.rows]
    texts = [f"{number} {text}" for number, text in enumerate(many)]  # distinct, so that each is read; one sentence
    rates = {}
    for name, model in (("float32", given.float32), ("exported", given.exported)):
        rates[name] = given.rows / analyzed(model, texts)
        print(f"analyze, {name}: {rates[name]:.0f} rows a second")
    if given.writer:
        few = texts[:: max(1, len(texts) // 200)][:200]
        seconds = analyzed(given.writer, few) - analyzed(given.writer, few[:1])
        written = (len(few) - 1) / seconds
        ratio = rates["exported"] / written
        print(f"analyze, the writer: {written:.1f} rows a second; the tagger is {ratio:.0f} times as quick")
        missed += [f"{ratio:.0f} times the writer"] if ratio < OF_WRITER else []
    print(f"load average after: {os.getloadavg()[0]:.1f}")
    for line in missed:
        print(f"MISSED: {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
