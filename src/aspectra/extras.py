"""The packages of optional extras, and whether they are installed. Called before an extra is used."""

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
    """Raise MissingExtraError, which names `what` needs the extra, unless these packages are installed.

    The default is the packages that every use of the extra needs.
    """
    if any(importlib.util.find_spec(package) is None for package in packages or PACKAGES[extra]):
        raise MissingExtraError(extra, what)
