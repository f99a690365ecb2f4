"""Where models train and write: device, threads, bfloat16. torch is imported with it.

Called by whatever loads a model: `aspectra.students`, `readers`, `benchmark` and the teacher in transformers.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch

from aspectra.errors import UserError, unknown


def device(wanted: str) -> str:
    """`auto` becomes the best device here; raises UserError where a named one is not."""
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
    """Limit torch to so many threads; None leaves it as it is."""
    if threads is not None:
        torch.set_num_threads(threads)


def has_bf16(device: str) -> bool:
    """Whether bfloat16 is quicker there than 32 bits: a CPU needs instructions for it, else it is emulated."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False


def autocast(device: str, bf16: bool) -> AbstractContextManager[Any]:
    """bfloat16 for the matrix products inside, where wanted and quick; weights stay in 32 bits."""
    return torch.autocast(device, torch.bfloat16) if bf16 and has_bf16(device) else nullcontext()
