"""What an optional extra brings, and whether it is installed. Called by whoever is about to need one."""

from __future__ import annotations

import importlib.util

from aspectra.errors import MissingExtraError

PACKAGES = {
    "train": ("torch", "transformers", "accelerate", "peft", "safetensors"),
    "deploy": ("ctranslate2",),
    "serve": ("fastapi", "uvicorn", "prometheus_client"),
    "local": ("xllamacpp",),
    "select": ("sklearn",),
    "ray": ("ray",),
    "excel": ("openpyxl",),
}


def need(extra: str, what: str, *packages: str) -> None:
    """Raise MissingExtraError, which says that `what` needs it, unless these packages of the extra are there: by
    default those that every use of it takes."""
    if any(importlib.util.find_spec(package) is None for package in packages or PACKAGES[extra]):
        raise MissingExtraError(extra, what)
