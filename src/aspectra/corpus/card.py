"""The corpus's data card: its contents, and what was dropped and why. Called by `aspectra.corpus.build`."""

from __future__ import annotations

from typing import Any

from aspectra.config import CorpusConfig

HEAD = """---
configs:
- config_name: default
  data_files:
  - split: train
    path: {train}
  - split: validation
    path: {dev}
task_categories:
- {use}
tags:
- aspectra
- sentiment-analysis
---

# {title}

{rows}
their authors' texts. The maker of this corpus is responsible for the right to use them.
"""
TEXT = {
    "train": "train.parquet",
    "dev": "dev.parquet",
    "use": "text-generation",
    "title": "Training text for a sentiment student",
    "rows": """\
Each row is the answer of a teacher LLM (or, for `rating`, of the review's author) to one review: `input` is the review,
`output` the answer, `kind` the kind of answer. All rows of a review are in one part of the split. The reviews are""",
}
LABELS = {
    "train": "silver/train.json",
    "dev": "silver/dev.json",
    "use": "token-classification",
    "title": "Labels for a sentiment student",
    "rows": """\
Each row is a sentence of a review with the opinions that a teacher LLM found in it. The teacher wrote no training
text, so `train.parquet` and `dev.parquet` have no rows. All sentences of a review are in one part. The reviews are""",
}


def card(figures: dict[str, Any], config: CorpusConfig) -> str:
    """The card as Markdown, with the YAML header that `datasets.load_dataset(FOLDER)` reads."""
    kinds = sorted({kind for part in figures["rows"].values() for kind in part})
    lines = [HEAD.format(**(TEXT if kinds else LABELS))]
    if kinds:
        lines += ["| kind | train | dev |", "| --- | ---: | ---: |"]
    lines += [
        f"| {kind} | {figures['rows']['train'].get(kind, 0)} | {figures['rows']['dev'].get(kind, 0)} |"
        for kind in kinds
    ]
    silver = figures["silver"]
    lines += [
        "",
        f"Silver labels (`silver/`, benchmark format): {silver['train']['sentences']} sentences with "
        f"{silver['train']['opinions']} opinions to train on, {silver['dev']['sentences']} with "
        f"{silver['dev']['opinions']} held out. No person checked them.",
        "",
        "## Filters",
        "",
        "| what | number |",
        "| --- | ---: |",
        *(f"| {what} | {number} |" for what, number in figures["counts"].items()),
        "",
        "## Decontamination",
        "",
    ]
    checked = figures["checked"]
    if checked["files"]:
        dropped = figures["counts"].get("reviews that overlap with an evaluation sentence", 0)
        answers = figures["counts"].get("answers that overlap with an evaluation sentence", 0)
        lines.append(
            f"Checked against {checked['sentences']} sentences of {', '.join(checked['files'])}: a run of "
            f"{config.ngram} words in common, or a whole shorter evaluation sentence. "
            f"Dropped: {dropped} reviews, {answers} answers."
        )
    else:
        lines.append("Not checked against any evaluation file (name them with `--evaluation`).")
    return "\n".join(lines) + "\n"
