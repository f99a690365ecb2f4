"""A tiny student of each family that an export is for, with weights strong enough that every part of it matters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aspectra.files import write_json
from aspectra.models.generated import tokenizer

INFO = {
    "format": 1,
    "task": "atsa",
    "marker": True,
    "input_tokens": 128,
    "empty_answer": "none",
    "labels": {"polarities": ["positive", "negative", "neutral", "conflict"], "categories": []},
}
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.4,
    "tie_word_embeddings": True,
    "bos_token_id": None,
}


def t5(tied: bool) -> Callable[[Any], Any]:
    def make(words: Any) -> Any:
        from transformers import T5Config, T5ForConditionalGeneration

        settings: Any = T5Config
        config = settings(
            vocab_size=len(words) + 8,
            d_model=32,
            d_kv=8,
            d_ff=48,
            num_layers=2,
            num_heads=4,
            initializer_factor=1.5,
            feed_forward_proj="relu" if tied else "gated-gelu",
            tie_word_embeddings=tied,
            decoder_start_token_id=words.pad_token_id,
            pad_token_id=words.pad_token_id,
            eos_token_id=words.eos_token_id,
        )
        model: Any = T5ForConditionalGeneration(config)
        if not tied:
            import torch

            head = torch.nn.Linear(32, config.vocab_size, bias=False)
            model.lm_head.weight = torch.nn.Parameter(head.weight.detach() * 3)
        return model

    return make


def bart(words: Any) -> Any:
    from transformers import BartConfig, BartForConditionalGeneration

    settings: Any = BartConfig
    config = settings(
        vocab_size=len(words),
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        max_position_embeddings=256,
        init_std=0.4,
        pad_token_id=words.pad_token_id,
        bos_token_id=words.eos_token_id,
        eos_token_id=words.eos_token_id,
        decoder_start_token_id=words.eos_token_id,
        forced_eos_token_id=None,
    )
    return BartForConditionalGeneration(config)


def causal(name: str, **more: Any) -> Callable[[Any], Any]:
    def make(words: Any) -> Any:
        import transformers

        config_class, model_class = getattr(transformers, f"{name}Config"), getattr(transformers, f"{name}ForCausalLM")
        if name == "Gemma3":
            config_class = transformers.Gemma3TextConfig
        ends = {"eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
        return model_class(config_class(vocab_size=len(words), **(SIZES | ends | more)))

    return make


MODELS: dict[str, Callable[[Any], Any]] = {
    "t5": t5(tied=True),
    "t5-untied": t5(tied=False),
    "bart": bart,
    "llama": causal("Llama", rope_theta=500.0, rms_norm_eps=0.1),
    "qwen2": causal("Qwen2", rope_theta=500.0),
    "qwen3": causal("Qwen3", rope_theta=500.0, head_dim=16),
    "gemma": causal("Gemma", rope_theta=500.0, head_dim=8),
    "gemma3": causal("Gemma3", rope_theta=900.0, rope_local_base_freq=50.0, head_dim=16, query_pre_attn_scalar=16),
}


def make(family: str, folder: Path, **info: Any) -> Path:
    """A student's folder with `aspectra.json`; its answers are noise, the same each time."""
    import torch

    seq2seq = family.startswith(("t5", "bart"))
    special = ["<pad>", "</s>", *(f"<extra_id_{i}>" for i in range(20))]
    words = tokenizer(special, "</s>", "<pad>", closes=seq2seq)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        MODELS[family](words).save_pretrained(folder)
    words.save_pretrained(folder)
    write_json(folder / "aspectra.json", INFO | {"family": "seq2seq" if seq2seq else "causal"} | info)
    return folder
