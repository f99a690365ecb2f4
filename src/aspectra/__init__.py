"""Aspectra distills an LLM's understanding of opinions into a small language model that its user owns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
