"""The model card of a writer's folder. Called by `student`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aspectra.students.writers.forms import Form


def card(title: str, form: Form, marker: str | None, facts: Mapping[str, Any], use: str) -> str:
    """Markdown: what the student is, what it reads, how it came about, how to use it."""
    head = f"{marker}: " if marker else ""
    arrow = form.arrow.replace("\n", "\\n")
    lines = [
        "---",
        "library_name: transformers",
        f"pipeline_tag: {form.pipeline}",
        "tags: [sentiment-analysis, aspect-based-sentiment-analysis, aspectra]",
        "---",
        f"# {title}",
        "",
        f"A {form.name} student made by Aspectra. It reads the {form.reads} `{head}TEXT{arrow}` and writes the answer; "
        "greedy decoding.",
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
