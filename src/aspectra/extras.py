"""The packages of the base install and of the extras, and whether those of an extra are installed.

`need` is called before an extra is used; `aspectra doctor` shows them all.
"""

from __future__ import annotations

import importlib.util

from aspectra.errors import MissingExtraError

PACKAGES = {
    "base": ("aiohttp", "pyarrow", "pydantic", "jinja2", "datasketch", "onnxruntime", "tokenizers", "simplemma"),
    "train": ("torch", "transformers", "accelerate", "peft", "safetensors", "gguf", "sentencepiece", "onnx"),
    "local": ("xllamacpp",),
    "deploy": ("ctranslate2",),
    "select": ("scikit-learn",),
    "serve": ("fastapi", "uvicorn", "prometheus-client"),
    "ray": ("ray",),
    "excel": ("openpyxl",),
}
MODULES = {"scikit-learn": "sklearn", "prometheus-client": "prometheus_client"}  # with another name than the package
RARE = ("gguf", "sentencepiece", "onnx")  # only some uses of their extra need them


def need(extra: str, what: str, *packages: str) -> None:
    """Raise MissingExtraError, which names `what` needs the extra, unless these packages are installed.

    The default is the packages that every use of the extra needs.
    """
    needed = packages or [package for package in PACKAGES[extra] if package not in RARE]
    if any(importlib.util.find_spec(MODULES.get(package, package)) is None for package in needed):
        raise MissingExtraError(extra, what)
