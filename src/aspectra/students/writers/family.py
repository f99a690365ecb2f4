"""The two families of students behind one interface: `seq2seq` (T5, BART...) and `causal` (SmolLM2, Qwen, Gemma...).

A student reads `marker: text` and writes an answer. Seq2seq models read and write in two halves; causal models
continue the plain text `marker: text\n=> answer<end>`, the same in pretraining and in every task, without a chat
template. Called by `pretrain`, `finetune` and `decode`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aspectra.errors import UserError
from aspectra.files import write_json, write_text
from aspectra.models import need_train
from aspectra.quiet import quiet
from aspectra.weights import INFO, check, loading

Family = Literal["seq2seq", "causal"]
ARROW = "\n=>"
NEWLINE = "[NL]"
IGNORED = -100  # torch's cross entropy leaves out labels of this value


@dataclass
class Student:
    """A model with its tokenizer. `info` is what `aspectra.json` says: task, family, marker, lengths, provenance."""

    model: Any
    tokenizer: Any
    family: Family
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        return sum(p.numel() for p in self.model.parameters())

    def encoder(self, input_tokens: int, answer_tokens: int, marker: bool) -> Encoder:
        """What turns this student's texts into token ids."""
        return Encoder(self.tokenizer, self.family, input_tokens, answer_tokens, marker)

    @property
    def reader(self) -> Encoder:
        """The encoder that the student was tuned with, as its `info` says."""
        return reader(self.tokenizer, self.info | {"family": self.family})


def load(folder: Path, device: str = "cpu", newline_token: bool = False) -> Student:
    """A student in 32-bit floats on a device, in evaluation mode.

    `newline_token` adds the token `[NL]` for vocabularies that have no newline (T5's); a folder that was saved with
    it has it already. Raises UserError where the folder holds no model that can be read safely.
    """
    check(folder)
    need_train("a student")
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    with loading(folder):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        family: Family = "seq2seq" if config.is_encoder_decoder else "causal"
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        auto: Any = AutoModelForSeq2SeqLM if family == "seq2seq" else AutoModelForCausalLM
        model: Any = auto.from_pretrained(
            folder, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, local_files_only=True
        )
    if tokenizer.eos_token_id is None:
        raise UserError(f"the tokenizer in {folder} has no end token; a student could not learn to stop")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    info = read_info(folder)
    if newline_token and NEWLINE not in tokenizer.get_vocab():
        add_newline(model, tokenizer)
    set_generation(model, tokenizer)
    return Student(model.to(device).eval(), tokenizer, family, info | {"family": family})


def read_info(folder: Path) -> dict[str, Any]:
    """What `aspectra.json` of a model folder says; empty for a model that Aspectra did not make."""
    import json

    try:
        value = json.loads((folder / INFO).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UserError(f"{folder / INFO} is not JSON: {error}") from None
    return value if isinstance(value, dict) else {}


def add_newline(model: Any, tokenizer: Any) -> None:
    """Add `[NL]`; T5's matrix has rows to spare, others are made longer."""
    tokenizer.add_tokens([NEWLINE])
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer))


def set_generation(model: Any, tokenizer: Any) -> None:
    """Greedy, and ending where our answers end: a published model may bring sampling and other end tokens."""
    import transformers

    settings: Any = transformers.GenerationConfig
    model.generation_config = settings(
        do_sample=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        decoder_start_token_id=getattr(model.config, "decoder_start_token_id", None),
    )


@dataclass
class Encoder:
    """Texts to token ids and back. `cut_inputs` and `cut_answers` count what was too long and lost its end."""

    tokenizer: Any
    family: Family
    input_tokens: int
    answer_tokens: int
    marker: bool
    cut_inputs: int = 0
    cut_answers: int = 0

    def __post_init__(self) -> None:
        self.newline = NEWLINE in self.tokenizer.get_vocab()
        bare, whole = self.ids("a"), self.tokenizer("a").input_ids
        start = next((i for i in range(len(whole)) if whole[i : i + len(bare)] == bare), 0)
        self.before, self.after = whole[:start], whole[start + len(bare) :]
        self.end = self.tokenizer.eos_token_id
        self.tail = self.ids(ARROW) if self.family == "causal" else self.after
        self.room = max(1, self.input_tokens - len(self.before) - len(self.tail))

    def ids(self, text: str) -> list[int]:
        """Token ids without special ones; text that looks like a special token stays text."""
        if self.newline:
            text = text.replace("\r\n", "\n").replace("\n", NEWLINE)
        # The marks that end an answer must not be forged by a review that spells them.
        return list(self.tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids) if text else []

    def prompt(self, marker: str, text: str) -> list[int]:
        """What the student reads. An input beyond `input_tokens` loses its end, not its frame, and is counted."""
        return self.frame(self.ids(f"{marker}: {text}" if self.marker else text))

    def frame(self, body: list[int]) -> list[int]:
        """Put what the family needs around the ids of `marker: text`, within `input_tokens`."""
        if len(body) > self.room:
            self.cut_inputs += 1
            body = body[: self.room]
        return [*self.before, *body, *self.tail]

    def answer(self, text: str) -> list[int]:
        """What the student is to write, the end token included unless the answer is cut."""
        if self.family == "causal":
            return self.closed(self.ids(f" {text}" if text else ""), [], [self.end])
        return self.closed(self.ids(text), self.before, self.after or [self.end])

    def closed(self, body: list[int], before: Sequence[int], after: Sequence[int]) -> list[int]:
        whole = [*before, *body, *after]
        if len(whole) > self.answer_tokens:
            self.cut_answers += 1
            # No end token: the student must not learn to stop in the middle.
            whole = whole[: self.answer_tokens]
        return whole

    def row(self, marker: str, text: str, answer: str) -> tuple[list[int], list[int]]:
        """(ids of the prompt, ids of the answer) of one training row."""
        return self.prompt(marker, text), self.answer(answer)

    def text(self, ids: Sequence[int]) -> str:
        """A written answer as text: special tokens gone, `[NL]` a newline again, no space around."""
        return self.spelled(ids).strip()

    def spelled(self, ids: Sequence[int]) -> str:
        """The same with the space around it."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return re.sub(r" ?\[NL\] ?", "\n", text) if self.newline else text


def reader(tokenizer: Any, info: Mapping[str, Any]) -> Encoder:
    """The encoder for a student's answers, by what its `aspectra.json` says."""
    return Encoder(tokenizer, info["family"], int(info.get("input_tokens", 256)), 1, bool(info.get("marker", True)))


@dataclass
class Collator:
    """Rows of one batch -> tensors, padded to the longest of the batch only.

    A row is {"prompt": ids, "answer": ids, "kind": index}. Labels are -100 wherever nothing is to be learned, and
    that is decided by place, never by value: where the pad token is the end token, the end is learned all the same.
    """

    family: Family
    pad: int
    start: int | None = None

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        import torch

        prompts, answers = [list(r["prompt"]) for r in rows], [list(r["answer"]) for r in rows]
        if self.family == "causal":
            wholes = [p + a for p, a in zip(prompts, answers, strict=True)]
            targets = [[IGNORED] * len(p) + a for p, a in zip(prompts, answers, strict=True)]
            batch = self.padded(wholes) | {"labels": fill(targets, IGNORED)}
            # Logits are wanted from the last token of the shortest prompt on; the head is a fifth of the work.
            batch["first"] = torch.tensor(max(0, min(len(p) for p in prompts) - 1))
        else:
            assert self.start is not None
            shifted = [[self.start, *a[:-1]] for a in answers]
            batch = self.padded(prompts) | {"labels": fill(answers, IGNORED)}
            batch["decoder_input_ids"] = fill(shifted, self.pad)
        batch["kinds"] = torch.tensor([int(r["kind"]) for r in rows])
        return batch

    def padded(self, rows: Sequence[Sequence[int]]) -> dict[str, Any]:
        return {"input_ids": fill(rows, self.pad), "attention_mask": fill([[1] * len(row) for row in rows], 0)}


def collator(student: Student) -> Collator:
    """The collator that fits a student."""
    start = getattr(student.model.config, "decoder_start_token_id", None)
    if student.family == "seq2seq" and start is None:
        start = student.tokenizer.pad_token_id
    return Collator(student.family, student.tokenizer.pad_token_id, start)


def fill(rows: Sequence[Sequence[int]], value: int, left: bool = False) -> Any:
    """Rows of unequal length as one integer tensor (rows, longest)."""
    import torch

    width = max(len(row) for row in rows)
    whole = torch.full((len(rows), width), value, dtype=torch.long)
    for i, row in enumerate(rows):
        if row:
            whole[i, slice(width - len(row), None) if left else slice(0, len(row))] = torch.tensor(row)
    return whole


def diverged() -> UserError:
    """What to say of a training whose numbers ran away."""
    return UserError("the training diverged: its loss is no number; take a lower learning_rate, and another --out")


def save(student: Student, folder: Path, info: dict[str, Any], card: str) -> None:
    """Write a folder that `transformers` loads by itself, with `aspectra.json` and a model card beside the weights.

    Raises UserError for weights that are no numbers.
    """
    if not all(bool(weight.isfinite().all()) for weight in student.model.parameters()):
        raise diverged()
    student.info = {"format": 1, "family": student.family} | info
    with quiet():
        student.model.save_pretrained(folder, safe_serialization=True)
        student.tokenizer.save_pretrained(folder)
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)
    write_json(folder / INFO, student.info)
    write_text(folder / "README.md", card)
