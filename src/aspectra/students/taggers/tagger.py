"""A tagger: an encoder, its heads, a tokenizer. transformers can load the encoder from its folder.

Called by `student`, which trains one, and by `aspectra.readers.taggers`, which use one.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.info import read_info
from aspectra.students.taggers.units import names
from aspectra.students.taggers.words import Encoder
from aspectra.weights import HEADS, check, loading

FAMILY = "tagger"
ROOM = 256  # tokens of a sentence, by default


@dataclass
class Tagger:
    """`model` is a `network.Network`. `info` is the content of `aspectra.json`: task, family, lengths, provenance.
    `headed` tells whether its heads were trained for a task."""

    model: Any
    tokenizer: Any
    info: dict[str, Any] = field(default_factory=dict)
    headed: bool = False

    @property
    def family(self) -> str:
        return FAMILY

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        return sum(p.numel() for p in self.model.parameters())

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that it predicts, as written in answers; empty if its task has none."""
        heads = self.model.heads.categories
        return heads.names if heads is not None else ()

    @property
    def pad(self) -> int:
        """The id of the padding token."""
        return int(self.tokenizer.pad_token_id or 0)

    def encoder(self, room: int | None = None) -> Encoder:
        """The encoder of sentences into pieces, at most `room` tokens each: by default as many as in training."""
        return Encoder(self.tokenizer.backend_tokenizer, room or int(self.info.get("input_tokens", ROOM)))

    def copied(self) -> Self:
        """A copy with its own weights. Training changes only them and `info`, so the tokenizer is shared."""
        return replace(self, model=copy.deepcopy(self.model), info=dict(self.info))

    def merge(self) -> None:
        """Merge adapters into the encoder's weights, if there are any."""
        if hasattr(self.model.encoder, "merge_and_unload"):
            self.model.encoder = self.model.encoder.merge_and_unload()

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> Self:
        """A tagger in 32-bit floats on a device, in evaluation mode. Missing heads are initialized with torch's seed.

        Raises UserError if the folder has no encoder that can be read safely, or if its tokenizer gives no offsets.
        """
        check(folder)
        need("train", "a student")
        import torch
        from safetensors.torch import load_file
        from transformers import AutoConfig, AutoModel, AutoTokenizer

        from aspectra.students.taggers.categories import Categories
        from aspectra.students.taggers.network import Heads, Network

        with loading(folder):
            config: Any = AutoConfig.from_pretrained(folder, trust_remote_code=False)
            try:
                tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
            except ValueError as error:
                raise placeless(folder) if "backend tokenizer" in str(error) else error from None
            encoder: Any = AutoModel.from_pretrained(
                folder, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, local_files_only=True
            )
            fast = getattr(tokenizer, "backend_tokenizer", None) is not None
            # For a folder without a tokenizer, transformers makes one that has only the special tokens.
            if not fast or len(tokenizer) <= len(tokenizer.all_special_tokens):
                raise placeless(folder)
            if hasattr(encoder, "pooler"):
                encoder.pooler = None  # no word's state goes through it
            info = read_info(folder)
            heads = Heads(config.hidden_size)
            weights = load_file(folder / HEADS) if (folder / HEADS).is_file() else {}
            if any(name.startswith("categories.") for name in weights):
                named = names(info["labels"]["categories"])
                heads.categories = Categories(named, torch.zeros(len(named), config.hidden_size))
            if weights:
                heads.load_state_dict(weights)
        network = Network(encoder, heads)
        headed = bool(weights) and info.get("task") is not None
        return cls(network.to(device).eval(), tokenizer, info | {"family": FAMILY}, headed)


def placeless(folder: Path) -> UserError:
    """The error for a tokenizer without offsets."""
    return UserError(
        f"the tokenizer in {folder} is not a fast one, and does not give the places of tokens; a tagger "
        "needs a model with a tokenizer.json"
    )
