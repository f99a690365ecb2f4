"""Speed of an export against the paper's code: `generate` in 32 bits, batches of 64, sentences unsorted.

    python benchmarks/deploy.py --model runs/tuned --data rest14            a real student; F1 must not drop
    python benchmarks/deploy.py --t5 --data rest14                          a random T5 of t5-small's size; speed only

Ours is the code of `aspectra evaluate --engine ct2`: sorted by length, in batches of 32, with parsed answers and their
probabilities. Both get the same prompts, are greedy, and stop at the end token or at the same number of tokens;
`generate` pads to the longest of the batch. The sentences are split into rounds. In each round both are timed, and they
take turns in going first. Conversion and loading are not timed.

A random T5 never ends an answer, so both write a fixed number of tokens (12, about the length of a fine-tuned student's
answers). That favors the baseline: with a real student it must wait for the longest answer of each batch.

Exits 1 if a limit is missed: 6 times the sentences per second, strict F1 within 0.3 points.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.data import datasets
from aspectra.info import task_of
from aspectra.readers.reader import Answer, predictions
from aspectra.readers.writers.answers import read
from aspectra.readers.writers.convert import COMPUTE, convert
from aspectra.readers.writers.engine import Written
from aspectra.readers.writers.in_ct2 import exported
from aspectra.readers.writers.reader import WritingReader
from aspectra.schema import Example
from aspectra.score.scoring import score
from aspectra.students.writers.decode import write
from aspectra.students.writers.writer import Writer
from aspectra.weights import check

RATIO, POINTS = 6.0, 0.3
BATCH = 64
T5_ANSWER = 12


def t5(texts: list[str], folder: Path) -> Writer:
    """A random T5 of t5-small's size; its tokenizer is trained on the texts, so that lengths are about T5's."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel()
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    learn = trainers.BpeTrainer(
        vocab_size=8000, special_tokens=["<pad>", "</s>"], initial_alphabet=alphabet, show_progress=False
    )
    inner.train_from_iterator(texts, learn)
    inner.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    fast, settings = PreTrainedTokenizerFast, T5Config  # type: Any, Any
    torch.manual_seed(7)
    T5ForConditionalGeneration(settings(vocab_size=32128, decoder_start_token_id=0)).save_pretrained(folder)
    fast(tokenizer_object=inner, eos_token="</s>", pad_token="<pad>").save_pretrained(folder)
    student = Writer.load(folder)
    student.info |= {"task": "atsa", "marker": True, "input_tokens": 128}
    return student


def paper(student: Writer, task: tasks.Task, texts: list[str], limit: int) -> list[Answer]:
    """The baseline: batches in the order of the sentences."""
    import torch

    encoder = student.own_encoder
    answers = []
    with torch.inference_mode():
        for first in range(0, len(texts), BATCH):
            batch = texts[first : first + BATCH]
            written = write(student, [encoder.prompt(task.marker, text) for text in batch], limit)
            for text, (ids, cut) in zip(batch, written, strict=True):
                answers.append(read(encoder, task, Written(ids, cut, [0.0] * len(ids)), text))
    return answers


def measure(asked: argparse.Namespace, student: Writer, examples: list[Example], folder: Path) -> dict[str, Any]:
    """Seconds, F1 and truncation of both, on the same sentences."""
    name = task_of(student.info, None)
    task = tasks.get(name)
    convert(student, folder, asked.compute)
    limit = T5_ANSWER if asked.t5 else asked.max_new_tokens
    engine = exported(folder, None, asked.threads)
    made = WritingReader(engine, batch_size=asked.batch_size, max_new_tokens=limit)
    ways = {
        "generate": lambda texts: paper(student, task, texts, limit),
        "export": made.read,
    }
    for way in ways.values():
        way([example.text for example in examples[:4]])
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    answers: dict[str, list[Answer]] = {way: [] for way in ways}
    for number in range(asked.rounds):
        texts = [example.text for example in examples[number :: asked.rounds]]
        for way in list(ways)[:: -1 if number % 2 else 1]:
            started = time.perf_counter()
            found = ways[way](texts)
            seconds[way].append(time.perf_counter() - started)
            answers[way] += found
    examples = [example for number in range(asked.rounds) for example in examples[number :: asked.rounds]]
    texts, ids = [example.text for example in examples], [example.id for example in examples]
    encoder = student.own_encoder
    for text in texts:
        encoder.prompt(task.marker, text)
    figures: dict[str, Any] = {"sentences": len(examples), "compute": asked.compute, "cut_inputs": encoder.cut_inputs}
    for way, times in seconds.items():
        figures[way] = {
            "per_second": len(examples) / sum(times),
            "seconds": times,
            "cut_answers": sum(answer.cut for answer in answers[way]),
            "f1": score(examples, predictions(answers[way], texts, ids, task), name, "strict", "all").f1,
        }
    figures["ratio"] = figures["export"]["per_second"] / figures["generate"]["per_second"]
    figures["ratios"] = [a / b for a, b in zip(seconds["generate"], seconds["export"], strict=True)]
    figures["points"] = 100 * (figures["export"]["f1"] - figures["generate"]["f1"])
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="the folder of a fine-tuned student")
    parser.add_argument("--t5", action="store_true", help="a random T5 of t5-small's size instead")
    parser.add_argument("--data", default="rest14", help="set or folder [%(default)s]")
    parser.add_argument("--cap", type=int, help="test sentences, drawn by seed 42 [all]")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--compute", choices=COMPUTE, default="float32", help="[%(default)s]")
    parser.add_argument("--batch-size", type=int, default=32, help="of the export [%(default)s]")
    parser.add_argument("--max-new-tokens", type=int, default=100, help="longest answer, of both [%(default)s]")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of both [%(default)s]")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    asked = parser.parse_args()
    if asked.t5 == (asked.model is not None):
        parser.error("give either --model or --t5")
    import torch

    from aspectra.quiet import quiet

    torch.set_num_threads(asked.threads)
    with tempfile.TemporaryDirectory() as place, quiet():
        folder = Path(place)
        if asked.t5:
            source = datasets.find("atsa", asked.data)
            student = t5([example.text for example in datasets.split(source, "train")], folder / "t5")
        else:
            student = Writer.load(check(asked.model))
            source = datasets.find(task_of(student.info, None), asked.data)
        (folder / "export").mkdir()
        examples = datasets.draw(datasets.split(source, "test"), asked.cap)
        figures = measure(asked, student, examples, folder / "export")
    figures["model"] = "random T5" if asked.t5 else str(asked.model)
    if asked.json:
        print(json.dumps(figures, indent=2))
    else:
        show(figures, asked)
    missed = [f"{figures['ratio']:.2f} times, not {RATIO:g}"] if figures["ratio"] < RATIO else []
    if not asked.t5 and abs(figures["points"]) > POINTS:
        missed.append(f"F1 is off by {figures['points']:+.2f} points, not within {POINTS}")
    for line in missed:
        print(f"MISSED: {line}", file=sys.stderr)
    return 1 if missed else 0


def show(figures: dict[str, Any], asked: argparse.Namespace) -> None:
    """Print the figures as a table."""
    count = figures["sentences"]
    print(f"{figures['model']}, {count} sentences of {asked.data}, {asked.threads} threads")
    print("| | sentences/s | cut inputs | cut answers | strict F1 |\n| --- | ---: | ---: | ---: | ---: |")
    for way, label in (("generate", "generate, 32 bits, batches of 64"), ("export", f"export, {asked.compute}")):
        row = figures[way]
        f1 = "" if asked.t5 else f"{100 * row['f1']:.2f}"
        cuts = f"{100 * figures['cut_inputs'] / count:.1f} % | {100 * row['cut_answers'] / count:.1f} %"
        print(f"| {label} | {row['per_second']:.2f} | {cuts} | {f1} |")
    print(f"{figures['ratio']:.2f} times (rounds: {', '.join(f'{ratio:.2f}' for ratio in figures['ratios'])})")


if __name__ == "__main__":
    sys.exit(main())
