"""A small run on the demo data with a generated student, for the tests of the pipeline and of being killed."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from aspectra.data.datasets import find
from aspectra.data.examples import load, save
from aspectra.places import locate

PREFIX = 'Opinion Target 1: "stay"\nAspect: all\nSentiment: Positive\nReasoning: as said'


def config_text(home: Path, student: Path) -> str:
    """A config whose every file lies in `home`: 24 reviews, 12 test sentences, and a teacher that knows the gold."""
    hotels = find("atsa", "hotels")
    for name, count in (("train", 24), ("dev", 6), ("test", 12)):
        save(home / "set" / f"{name}.json", load(hotels / f"{name}.json")[:count])
    lines = locate("demo:reviews.jsonl").read_text(encoding="utf-8").splitlines()[:24]
    (home / "reviews.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    answers = []
    for review in map(json.loads, lines):
        answers.append({"review": review["text"], "kind": "analysis", "text": PREFIX})
        answers.append({"review": review["text"], "kind": "rewriting", "text": f"I say it plainly: {review['text']}"})
    for example in load(home / "set" / "test.json"):
        opinions = [{"target": o.target, "polarity": o.polarity} for o in example.opinions if o.target]
        answers.append({"review": example.text, "kind": "extraction", "text": json.dumps({"opinions": opinions})})
    (home / "responses.jsonl").write_text("".join(json.dumps(a) + "\n" for a in answers), encoding="utf-8")
    recorded = {"teacher": "recorded", "model": str(home / "responses.jsonl")}
    return yaml.safe_dump(
        {
            "reviews": str(home / "reviews.jsonl"),
            "student": str(student),
            "systems": ["base", "denoise", "distilled", "teacher"],
            "seeds": [1, 2],
            "scoring": ["strict", "paper"],
            "analyze": "distilled",
            "elicit": recorded,
            "teacher": recorded,
            "corpus": {"evaluation": [str(home / "set" / "test.json")]},
            "pretrain": {"max_steps": 6, "save_steps": 2, "batch_size": 4, "threads": 1},
            "finetune": {
                "data": str(home / "set"),
                "shots": 6,
                "epochs": 2,
                "max_new_tokens": 8,
                "save_seconds": 0,
                "threads": 1,
            },
        }
    )
