"""Aspectra distills an LLM's understanding of opinions into a small language model that its user owns."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# onnxruntime reports its use over the network unless this is set before its import. Reading sends nothing.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from aspectra.readers.predictor import load as load

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    """`aspectra.load` and `aspectra.analyze`, imported on first access, so that `import aspectra` stays fast."""
    if name == "load":
        from aspectra.readers.predictor import load

        return load
    if name == "analyze":
        import aspectra.analyze as analyze

        return analyze
    raise AttributeError(f"module 'aspectra' has no attribute '{name}'")
