"""What a training run needs besides its data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from aspectra.config import FinetuneConfig
from aspectra.students.session import open_student

Folder = Callable[[str], Path]


@pytest.mark.parametrize("kind", ["t5", "bart", "llama", "bert", "modernbert"])
def test_dropout_is_that_of_the_settings_wherever_a_kind_keeps_it(
    kind: str, student_of: Folder, encoder_of: Folder
) -> None:
    folder = encoder_of(kind) if "bert" in kind else student_of(kind)
    ids = torch.arange(5, 15)[None]
    given = {"decoder_input_ids": ids} if kind in ("t5", "bart") else {}
    for share in (0.0, 0.5):
        student = open_student(folder, FinetuneConfig(dropout=share))
        model = student.model.encoder if "bert" in kind else student.model
        model.train()
        one, other = (model(input_ids=ids, **given)[0] for _ in range(2))
        assert torch.equal(one, other) is (share == 0.0)
