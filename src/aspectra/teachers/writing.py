"""Generates answers for a batch of prompts: the common prefix is computed once, and query heads share the cache.

Called by `aspectra.teachers.transformers`. This module imports torch and transformers, so only workers import it.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache, GenerationConfig
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask
from transformers.modeling_utils import AttentionInterface

from aspectra import machine
from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.quiet import quiet
from aspectra.teachers.teacher import Messages, Question, Reply
from aspectra.weights import loading

GROUPED = "aspectra_grouped"
WORTH = 16  # common tokens that justify a cache of their own
BEGINNINGS = 8  # prefixes that are cached: a few kinds with a few demonstrations


def grouped(
    module: Any, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attention_mask: Any, **others: Any
) -> tuple[torch.Tensor, None]:
    """Attention of one new token, with the query heads that share a key-value head as rows.

    With a mask, transformers repeats the cache for each query head, which here is most of the memory traffic. Shapes:
    query [batch, heads, 1, size], key and value [batch, fewer heads, length, size].
    """
    batch, heads, new, size = query.shape
    if new > 1:
        found: tuple[torch.Tensor, None] = sdpa_attention_forward(module, query, key, value, attention_mask, **others)
        return found
    rows = query.reshape(batch, key.shape[1], heads // key.shape[1], size)
    out = torch.nn.functional.scaled_dot_product_attention(
        rows, key, value, attn_mask=attention_mask, scale=others.get("scaling")
    )
    return out.reshape(batch, 1, heads, size), None


AttentionInterface.register(GROUPED, grouped)
AttentionMaskInterface.register(GROUPED, sdpa_mask)


class Writer:
    """A model with its tokenizer, on the best device. Raises UserError for one that cannot answer."""

    def __init__(self, folder: Path, config: ElicitConfig) -> None:
        self._place = machine.device("auto")
        kind = torch.bfloat16 if machine.has_bf16(self._place) else torch.float32
        with loading(folder):
            self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            model: Any = AutoModelForCausalLM.from_pretrained(
                folder, dtype=kind, local_files_only=True, use_safetensors=True
            )
        if getattr(model.config.get_text_config(), "attn_logit_softcapping", None):
            model.set_attn_implementation("eager")  # the others silently skip the soft-capping
        elif model._supports_sdpa:
            model.set_attn_implementation(GROUPED)
        if not self._tokenizer.chat_template:
            raise UserError(f"{folder} has no chat template, so it cannot answer: use an instruct model")
        self._model = model.to(self._place).eval()
        own = self._model.generation_config
        ends = own.eos_token_id if own.eos_token_id is not None else self._tokenizer.eos_token_id
        self._ends = set(ends if isinstance(ends, list) else [ends])
        pad = self._tokenizer.pad_token_id
        self._pad = pad if pad is not None else min(self._ends)
        drawn = {"do_sample": True, "temperature": config.temperature, "top_k": 0} if config.temperature else {}
        settings: Any = GenerationConfig
        self._model.generation_config = settings(  # not the model's defaults
            max_new_tokens=config.max_tokens,
            eos_token_id=sorted(self._ends),
            pad_token_id=self._pad,
            **(drawn | config.extra_body),
        )
        self._most, self._seed, self._batches = config.max_tokens, config.seed, 0
        self._beginnings: OrderedDict[tuple[int, ...], Any] = OrderedDict()

    def encode(self, prompts: Sequence[Messages]) -> list[list[int]]:
        """The tokens of each prompt, up to where the answer begins."""
        texts = self._tokenizer.apply_chat_template(list(prompts), tokenize=False, add_generation_prompt=True)
        found: list[list[int]] = self._tokenizer(texts, add_special_tokens=False)["input_ids"]
        return found

    def write(self, questions: Sequence[Question]) -> list[Reply]:
        """The answer to each question. A batch that does not fit into memory is split in halves."""
        prompts = self.encode([question.messages for question in questions])
        torch.manual_seed(self._seed + max(question.attempt for question in questions) * 1_000_003 + self._batches)
        self._batches += 1
        return self._write(prompts)

    def _write(self, prompts: list[list[int]]) -> list[Reply]:
        try:
            with quiet(), torch.inference_mode():
                return self._generate(prompts)
        except torch.cuda.OutOfMemoryError:
            if len(prompts) == 1:
                raise
        torch.cuda.empty_cache()
        half = len(prompts) // 2
        return self._write(prompts[:half]) + self._write(prompts[half:])

    def _generate(self, prompts: list[list[int]]) -> list[Reply]:
        longest = max(map(len, prompts))
        # The last token of a prompt is never cached: its logits predict the first token of the answer.
        common = min(shared(prompts), min(map(len, prompts)) - 1)
        common = common if len(prompts) > 1 and common >= WORTH else 0
        rows, mask = [], []
        for prompt in prompts:
            gap = longest - len(prompt)
            rows.append(prompt[:common] + [self._pad] * gap + prompt[common:])
            mask.append([1] * common + [0] * gap + [1] * (len(prompt) - common))
        cache = {"past_key_values": self._begun(tuple(prompts[0][:common]), len(prompts))} if common else {}
        whole = self._model.generate(
            input_ids=torch.tensor(rows, device=self._place),
            attention_mask=torch.tensor(mask, device=self._place),
            **cache,
        )
        return [
            self._reply(prompt, written) for prompt, written in zip(prompts, whole[:, longest:].tolist(), strict=True)
        ]

    def _begun(self, beginning: tuple[int, ...], count: int) -> Any:
        """The cache after a prefix, repeated for `count` rows."""
        if beginning not in self._beginnings:
            cache = DynamicCache(config=self._model.config)
            self._model(
                input_ids=torch.tensor([beginning], device=self._place), past_key_values=cache, logits_to_keep=1
            )
            self._beginnings[beginning] = cache
            if len(self._beginnings) > BEGINNINGS:
                self._beginnings.popitem(last=False)
        self._beginnings.move_to_end(beginning)
        cache = copy.deepcopy(self._beginnings[beginning])
        cache.batch_repeat_interleave(count)
        return cache

    def _reply(self, prompt: list[int], written: list[int]) -> Reply:
        stop = next((place for place, token in enumerate(written) if token in self._ends), None)
        answer = written if stop is None else written[:stop]
        return Reply(
            text=self._tokenizer.decode(answer, skip_special_tokens=True),
            finish_reason="length" if stop is None and len(written) >= self._most else "stop",
            tokens_in=len(prompt),
            tokens_out=len(answer) + (stop is not None),
        )


def shared(rows: Sequence[list[int]]) -> int:
    """The length of the common prefix of all rows.

    >>> shared([[1, 2, 3], [1, 2, 4, 5]])
    2
    """
    first, last = min(rows), max(rows)  # all others share what these two share
    return next((place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
