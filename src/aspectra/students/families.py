"""The family of a model folder, and the student in it. Called by the rest of this folder, `aspectra.readers`,
`benchmark` and `cli`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aspectra.config import PretrainConfig
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.info import read_info
from aspectra.models import resolve
from aspectra.students.corpus import Side
from aspectra.students.student import Student
from aspectra.students.taggers.tagger import FAMILY as TAGGER
from aspectra.weights import check, loading

WRITE_ON = ("ForCausalLM", "LMHeadModel")  # endings of the architecture names of causal models


def tags(folder: Path) -> bool:
    """Whether the model in a folder is an encoder, which tags, and not one that writes.

    Raises UserError if the folder has no model that can be read safely.
    """
    if (family := read_info(folder).get("family")) is not None:
        return bool(family == TAGGER)
    check(folder)
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

    with loading(folder):
        config: Any = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    if config.is_encoder_decoder:
        return False
    named = tuple(config.architectures or ())
    return not any(name.endswith(WRITE_ON) for name in named) and config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES


def fitting(student: str, what: str, asked: str | None = None) -> str:
    """The requested preset, or else the one that fits a student, by its name or folder.

    Raises UserError if there is no such student, or if a writer is to become a tagger. Raises MissingExtraError, which
    names `what`, if the training extra is missing.
    """
    need("train", what)
    if asked is not None and asked != "tagger":
        return asked
    if tags(resolve(student)):
        return "tagger"
    if asked == "tagger":
        raise UserError(f"{student} is a writer, not an encoder, and cannot become a tagger; leave out --preset tagger")
    return "cpu"


def check_corpus(folder: Path, train: Side, config: PretrainConfig) -> None:
    """Raise UserError if the training side of a corpus has nothing for the student in a folder, or lacks a kind that
    the settings name. No weights are read."""
    if tags(folder):
        train.silver()
    else:
        from aspectra.students.writers.lessons import check_kinds

        check_kinds(train.table, config)


def load(folder: Path, newline_token: bool = False) -> Student:
    """The student in a folder, in 32-bit floats on the CPU.

    `newline_token` adds the token `[NL]` if a writer's vocabulary has no newline. Raises UserError if the folder has no
    model that can be read safely.
    """
    if tags(folder):
        from aspectra.students.taggers.student import TaggingStudent

        return TaggingStudent.load(folder)
    from aspectra.students.writers.student import WritingStudent

    return WritingStudent.load(folder, newline_token=newline_token)
