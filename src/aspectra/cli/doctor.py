"""`aspectra doctor`: what is installed here, and what is missing for what."""

from __future__ import annotations

from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False, rich_markup_mode=None)

EXTRAS = {
    "base": ("openai", "pyarrow", "pydantic", "jinja2", "datasketch"),
    "train": ("torch", "transformers", "accelerate", "peft", "safetensors", "gguf", "sentencepiece"),
    "local": ("xllamacpp",),
    "serve": ("fastapi", "uvicorn"),
    "report": ("altair",),
}


@app.command(epilog="Example: aspectra doctor --json")
def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show versions, extras, machine, model cache and data folders."""
    from aspectra.cli.output import table, write

    found = examine()
    if json:
        write(found)
        return
    rows = [[extra, package, version or "missing"] for extra, package, version in found["packages"]]
    table(["extra", "package", "version"], rows)
    table(
        ["what", "here"],
        [[key, found[key]] for key in ("python", "processor", "cores", "device", "model cache", "data")],
    )
    for extra in found["missing extras"]:
        print(f"for the extra '{extra}': pip install 'aspectra[{extra}]'")


def examine() -> dict[str, Any]:
    """Packages by extra, machine and folders."""
    from importlib import metadata

    from aspectra import manifest
    from aspectra.models import cache

    packages: list[tuple[str, str, str | None]] = []
    for extra, names in EXTRAS.items():
        for name in names:
            try:
                packages.append((extra, name, metadata.version(name)))
            except metadata.PackageNotFoundError:
                packages.append((extra, name, None))
    machine = manifest.machine()
    return {
        "packages": packages,
        "missing extras": sorted({extra for extra, _, version in packages if version is None}),
        "python": manifest.versions()["python"],
        "processor": machine["processor"],
        "cores": machine["cores"],
        "device": device(),
        "model cache": str(cache()),
        "data": folders(),
    }


def device() -> str:
    """What `--device auto` would take."""
    try:
        import torch
    except ImportError:
        return "none: torch is not installed"
    if torch.cuda.is_available():
        return f"cuda ({torch.cuda.get_device_name()})"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def folders() -> str:
    """The folder that benchmark sets are looked for in."""
    import os

    return os.environ.get("ASPECTRA_DATA", "not set (ASPECTRA_DATA)")
