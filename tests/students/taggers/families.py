"""A tiny random encoder of each kind that a tagger is made of, with a tokenizer of the kind it comes with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.tiny import REVIEWS

SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 300,
}
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>", "<mask>"]


@cache  # trained once: its trainer breaks ties at random, and BERT and ELECTRA share a vocabulary in some tests
def word_pieces() -> Any:
    """BERT's, and MPNet's and ELECTRA's."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    made = Tokenizer(models.WordPiece(unk_token="<unk>"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(vocab_size=260, special_tokens=SPECIAL, show_progress=False)
    made.train_from_iterator(REVIEWS, trainer)
    return made


def bytes_level() -> Any:
    """RoBERTa's and ModernBERT's."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(REVIEWS, trainer)
    return made


def unigrams() -> Any:
    """XLM-R's and DeBERTa's: a word begins with a mark for the space before it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=200, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False)
    made.train_from_iterator(REVIEWS, trainer)
    return made


def encoder(name: str, **more: Any) -> Callable[[int], Any]:
    def make(words: int) -> Any:
        import transformers

        config, model = getattr(transformers, f"{name}Config"), getattr(transformers, f"{name}Model")
        return model(config(vocab_size=words, pad_token_id=0, **(SIZES | more)))

    return make


FAMILIES: dict[str, tuple[Callable[[], Any], Callable[[int], Any]]] = {
    "bert": (word_pieces, encoder("Bert")),
    "mpnet": (word_pieces, encoder("MPNet")),
    "electra": (word_pieces, encoder("Electra", embedding_size=16)),
    "roberta": (bytes_level, encoder("Roberta")),
    "modernbert": (bytes_level, encoder("ModernBert", cls_token_id=1, sep_token_id=2, bos_token_id=1, eos_token_id=2)),
    "xlm-r": (unigrams, encoder("XLMRoberta")),
    "deberta-v2": (unigrams, encoder("DebertaV2", relative_attention=True, pos_att_type=["p2c", "c2p"])),
}

# What takes a second of each: two kinds of tokenizers in the quick suite, the other encoders in the slow one.
EACH = [name if name in ("bert", "roberta") else pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES]


def make(family: str, folder: Path) -> Path:
    """The folder of a tiny encoder as it is published; the same weights each time."""
    import torch
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    tokenizer, build = FAMILIES[family]
    inner = tokenizer()
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", inner.token_to_id("<s>")), ("</s>", inner.token_to_id("</s>"))]
    )
    fast: Any = PreTrainedTokenizerFast
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        build(inner.get_vocab_size()).save_pretrained(folder)
    fast(
        tokenizer_object=inner,
        pad_token="<pad>",
        unk_token="<unk>",
        cls_token="<s>",
        sep_token="</s>",
        mask_token="<mask>",
    ).save_pretrained(folder)
    return folder
