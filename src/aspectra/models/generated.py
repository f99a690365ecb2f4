"""Students with a few thousand random weights, one of each family, made in under a second.

They are untrained: `tiny-causal` and `tiny-seq2seq` are for trying out a config and for tests. Used by
`aspectra.models` and the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra.models.caching import cache, once
from aspectra.quiet import quiet

TEXTS = [
    "The soup was hot and the bread was fresh, but the waiter forgot our drinks twice.",
    "A quiet room with a view of the harbor; the bed was too soft for my back.",
    "Battery life is poor, the keyboard is a joy.",
    "We waited forty minutes at the desk.\nNobody said sorry.",
    "Great pool, friendly staff, and breakfast until noon!",
    "The screen is bright. The fan never stops. I would not buy it again.",
    "Lovely garden, thin walls, fair price.",
    "My shower had no warm water on 3 of 7 days.",
    "The lobby smells of paint, though the lift is quick.",
    "Good value, and the charger lasts.",
]


@dataclass(frozen=True)
class Generated:
    """A model with a few thousand random weights, which `make` writes to a folder."""

    make: Callable[[Path], Path]
    about: str
    source = "made here"

    def pin(self, name: str) -> str:
        """A manifest's record of it: the name stands for the same weights everywhere."""
        return f"generated {name}"

    def is_here(self, name: str) -> bool:
        """Whether it is made already."""
        return (cache() / name).is_dir()

    def folder(self, name: str) -> Path:
        """Its folder, made once. Raises MissingExtraError without torch."""

        def make(work: Path) -> None:
            with quiet():
                self.make(work / "model")

        return once(name, make)


def tokenizer(special: list[str], end: str, pad: str, closes: bool) -> Any:
    """A byte-level tokenizer trained on `TEXTS`; with `closes` it adds the end token, as T5's does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400 + len(special),
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(TEXTS, trainer)
    if closes:
        inner.post_processor = processors.TemplateProcessing(
            single=f"$A {end}", pair=f"$A {end} $B {end}", special_tokens=[(end, inner.token_to_id(end))]
        )
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=inner, eos_token=end, pad_token=pad)


def make_causal(folder: Path) -> Path:
    """A Llama with its end token as pad token, like SmolLM2."""
    from transformers import LlamaConfig, LlamaForCausalLM

    words = tokenizer(["<|end|>"], "<|end|>", "<|end|>", closes=False)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=1024,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        bos_token_id=None,
        tie_word_embeddings=True,
    )
    return saved(folder, lambda: LlamaForCausalLM(config), words)


def make_seq2seq(folder: Path) -> Path:
    """A T5 with dropout, sentinels and no token for a newline."""
    from transformers import T5Config, T5ForConditionalGeneration

    special = ["<pad>", "</s>", *(f"<extra_id_{i}>" for i in range(100))]
    words = tokenizer(special, "</s>", "<pad>", closes=True)
    settings: Any = T5Config
    config = settings(
        vocab_size=len(words) + 8,
        d_model=16,
        d_kv=8,
        d_ff=32,
        num_layers=1,
        num_heads=2,
        dropout_rate=0.1,
        decoder_start_token_id=words.pad_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    return saved(folder, lambda: T5ForConditionalGeneration(config), words)


def saved(folder: Path, build: Callable[[], Any], words: Any) -> Path:
    """Build a model with a fixed seed and save it with its tokenizer; returns the folder."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        build().save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
