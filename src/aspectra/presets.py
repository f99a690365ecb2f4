"""Named groups of training settings: `--preset`. Called by `aspectra.cli`."""

from __future__ import annotations

from typing import Any

# The defaults in `config` are the preset `cpu`. Measured with SmolLM2-135M in rows of 120 tokens, tokens per CPU second
# on one thread of an EPYC with bf16 instructions: all weights, bf16 185 (batch 8), 180 (batch 16), fp32 110; LoRA 16,
# bf16 228 and 228, fp32 145. Fused AdamW takes 2 % of a step, so a batch of 16 gains nothing. LoRA is a quarter faster;
# how much it learns per token was not measured. `paper` has the values of the authors' released scripts (arXiv
# 2412.18552).
PAPER_TRAINING = {"bf16": True, "clip": 1.0, "marker": False, "lora_rank": 0, "adam_epsilon": 1e-6}
# For a tagger; heads that are new are trained at ten times the learning rate. A student that knows the task needs as
# many epochs for a teacher's answers as one that does not: docs/results/taggers.md.
TAGGER_TRAINING = {"warmup_share": 0.1, "weight_decay": 0.01, "input_tokens": 128}
PRETRAIN_PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {},
    "tagger": TAGGER_TRAINING | {"learning_rate": 1e-4, "epochs": 8.0, "batch_size": 32},
    "paper": {
        **PAPER_TRAINING,
        "optimizer": "adamw_rms",
        "learning_rate": 3e-3,
        "final_learning_rate": 1e-5,
        "schedule": "cosine",
        "weight_decay": 0.0,
        "warmup_steps": 0,
        "batch_size": 20,
        "accumulation": 5,
        "max_steps": 200_000,
        "input_tokens": 128,
        "answer_tokens": 400,
        "newline_token": True,
        "weights": "proportional",
        "save_steps": 10_000,
    },
}
FINETUNE_PRESETS: dict[str, dict[str, Any]] = {
    "cpu": {},
    "tagger": TAGGER_TRAINING | {"learning_rate": 1e-4, "epochs": 10.0, "batch_size": 16},
    "paper": {
        **PAPER_TRAINING,
        "optimizer": "adamw",
        "learning_rate": 3e-4,
        "final_learning_rate": 0.0,
        "schedule": "linear",
        "weight_decay": 0.01,
        "warmup_steps": 0,
        "epochs": 20.0,
        "batch_size": 16,
        "accumulation": 1,
        "input_tokens": 128,
        "answer_tokens": 100,
        "max_new_tokens": 100,
        "empty_answer": "",
    },
}
