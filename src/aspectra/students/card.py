"""The model card of a student's folder. Called by the students of both families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def card(title: str, pipeline: str, what: str, facts: Mapping[str, Any], use: str) -> str:
    """Markdown: what the student is and reads (`what`, a sentence or two), how it was made, how to use it.

    `pipeline` is the pipeline tag of the Hub.
    """
    lines = [
        "---",
        "library_name: transformers",
        f"pipeline_tag: {pipeline}",
        "tags: [sentiment-analysis, aspect-based-sentiment-analysis, aspectra]",
        "---",
        f"# {title}",
        "",
        what,
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
        "",
        "`manifest.json` says how it was made, with every setting, input digest and version.",
        "",
        f"    {use}",
        "",
    ]
    return "\n".join(lines)
