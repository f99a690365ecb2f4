"""A writer: weights, tokenizer and form. transformers can load its folder.

Called by `student`, which trains one, and by `aspectra.readers.writers`, which use one.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.info import read_info
from aspectra.students.writers.encoder import NEWLINE, Encoder, encoder_of
from aspectra.students.writers.forms import FORMS, Form
from aspectra.weights import check, loading


@dataclass
class Writer:
    """A model with its tokenizer. `info` is the content of `aspectra.json`: task, family, marker, lengths, origin."""

    model: Any
    tokenizer: Any
    form: Form
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def family(self) -> str:
        return self.form.name

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        return sum(p.numel() for p in self.model.parameters())

    def encoder(self, input_tokens: int, answer_tokens: int, marker: bool) -> Encoder:
        """Converts texts and answers to token ids."""
        return Encoder(self.tokenizer, self.form, input_tokens, answer_tokens, marker)

    @property
    def own_encoder(self) -> Encoder:
        """The encoder of its fine-tuning, as its `info` says."""
        return encoder_of(self.tokenizer, self.info | {"family": self.family})

    def copied(self) -> Self:
        """A copy with its own weights. Training changes only them and `info`, so the tokenizer is shared."""
        return replace(self, model=copy.deepcopy(self.model), info=dict(self.info))

    def merge(self) -> None:
        """Merge adapters into the weights, if there are any."""
        if hasattr(self.model, "merge_and_unload"):
            self.model = self.model.merge_and_unload()

    @classmethod
    def load(cls, folder: Path, device: str = "cpu", newline_token: bool = False) -> Self:
        """A writer in 32-bit floats on a device, in evaluation mode.

        `newline_token` adds the token `[NL]` for vocabularies without a newline (T5's); a folder that was saved with it
        has it already. Raises UserError if the folder has no model that can be read safely.
        """
        check(folder)
        need("train", "a student")
        import torch
        import transformers

        with loading(folder):
            config = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False)
            form = FORMS["seq2seq" if config.is_encoder_decoder else "causal"]
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            model: Any = getattr(transformers, form.auto).from_pretrained(
                folder, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, local_files_only=True
            )
        if tokenizer.eos_token_id is None:
            raise UserError(f"the tokenizer in {folder} has no end token, so a student cannot learn to stop")
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        info = read_info(folder)
        if newline_token and NEWLINE not in tokenizer.get_vocab():
            add_newline(model, tokenizer)
        set_generation(model, tokenizer)
        return cls(model.to(device).eval(), tokenizer, form, info | {"family": form.name})


def add_newline(model: Any, tokenizer: Any) -> None:
    """Add `[NL]`. T5's embedding matrix has spare rows; others are enlarged."""
    tokenizer.add_tokens([NEWLINE])
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer))


def set_generation(model: Any, tokenizer: Any) -> None:
    """Use greedy decoding and our end token: a published model may configure sampling and other end tokens."""
    import transformers

    settings: Any = transformers.GenerationConfig
    model.generation_config = settings(
        do_sample=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=getattr(model.config, "decoder_start_token_id", None),
    )
