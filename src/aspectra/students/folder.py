"""A student's folder: weights in safetensors, tokenizer, `aspectra.json`, card. Called by both families' students."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aspectra.files import write_json, write_text
from aspectra.quiet import quiet
from aspectra.students.student import diverged
from aspectra.weights import HEADS, INFO


def save(
    folder: Path, model: Any, tokenizer: Any, info: Mapping[str, Any], card: str, heads: Any | None = None
) -> None:
    """Write a folder. transformers can load `model` from it; `heads` (a torch module) is stored beside it.

    Raises UserError if a weight is not finite.
    """
    weights = [*model.parameters(), *(heads.parameters() if heads is not None else ())]
    if not all(bool(weight.isfinite().all()) for weight in weights):
        raise diverged()
    with quiet():
        model.save_pretrained(folder, safe_serialization=True)
        tokenizer.save_pretrained(folder)
    if heads is not None:
        from safetensors.torch import save_file

        save_file({name: weight.contiguous() for name, weight in heads.state_dict().items()}, folder / HEADS)
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)
    write_json(folder / INFO, info)
    write_text(folder / "README.md", card)
