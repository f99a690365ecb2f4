"""The model card of a tagger's folder. Called by `student`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def card(title: str, facts: Mapping[str, Any], use: str) -> str:
    """Markdown: what the student is, what it reads, how it came about, how to use it."""
    lines = [
        "---",
        "library_name: transformers",
        "pipeline_tag: token-classification",
        "tags: [sentiment-analysis, aspect-based-sentiment-analysis, aspectra]",
        "---",
        f"# {title}",
        "",
        "A tagger made by Aspectra. It reads a sentence once; heads on the encoder's last states mark the words that "
        "name opinion targets and give each its polarity. `AutoModel.from_pretrained` loads the encoder; the heads are "
        "in `heads.safetensors`.",
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
