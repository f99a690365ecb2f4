"""Device, threads and bfloat16 for training and generation. Imports torch.

Called by code that loads a model: `aspectra.students`, `readers`, `benchmark` and the teacher in transformers.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from aspectra.errors import UserError, unknown


def device(wanted: str) -> str:
    """The device; `auto` is the best one here. Raises UserError if a named one is missing."""
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted not in ("auto", *here):
        raise unknown("device", wanted, ["auto", *here])
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if here[name])
    if not here[wanted]:
        raise UserError(
            f"this machine has no device {wanted}; it has: {', '.join(name for name in here if here[name])}"
        )
    return wanted


def use_threads(threads: int | None) -> None:
    """Limit torch to `threads` threads; None leaves it unchanged."""
    if threads is not None:
        torch.set_num_threads(threads)


def has_bf16(device: str) -> bool:
    """Whether bfloat16 is faster than 32 bits on a device: a CPU without instructions for it emulates it."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False


def autocast(device: str, bf16: bool) -> AbstractContextManager[Any]:
    """bfloat16 autocast for matrix products, if wanted and fast; weights stay in 32 bits."""
    return torch.autocast(device, torch.bfloat16) if bf16 and has_bf16(device) else nullcontext()
