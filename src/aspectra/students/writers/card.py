"""The model card of a student's folder. Called by `pretrain` and `finetune`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aspectra.students.writers.family import ARROW

FORMS = {
    "seq2seq": "input `{head}TEXT`",
    "causal": "text to continue `{head}TEXT{arrow}`",
}


def card(title: str, family: str, marker: str | None, facts: Mapping[str, Any], use: str) -> str:
    """Markdown: what the student is, what it reads, how it came about, how to use it."""
    form = FORMS[family].format(head=f"{marker}: " if marker else "", arrow=ARROW.replace("\n", "\\n"))
    lines = [
        "---",
        "library_name: transformers",
        f"pipeline_tag: {'text-generation' if family == 'causal' else 'text2text-generation'}",
        "tags: [sentiment-analysis, aspect-based-sentiment-analysis, aspectra]",
        "---",
        f"# {title}",
        "",
        f"A {family} student made by Aspectra. It reads the {form} and writes the answer; greedy decoding.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
        "",
        "How it was made, with every setting, input digest and version, stands in `manifest.json`.",
        "",
        f"    {use}",
        "",
    ]
    return "\n".join(lines)
