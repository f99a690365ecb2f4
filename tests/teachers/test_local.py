"""A GGUF file in process: a tiny generated one, and a real one where ASPECTRA_GGUF names it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aspectra.config import ElicitConfig
from aspectra.elicit.engine import elicit
from aspectra.errors import UserError
from aspectra.teachers.local import LocalTeacher

Write = Callable[..., Path]
Rows = Callable[[Path], list[dict[str, Any]]]


def local(model: Path | str, **changes: Any) -> ElicitConfig:
    return ElicitConfig(**{"teacher": "local", "model": str(model), "kinds": ("analysis",), **changes})


def write_tiny(path: Path, width: int = 32, context: int = 8192) -> Path:
    """A one-layer llama of random weights with a byte tokenizer: about 30,000 weights."""
    gguf = pytest.importorskip("gguf")
    import numpy as np

    kind = gguf.TokenType
    letters = [bytes([code]) for code in range(33, 127)]
    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{code:02X}>".encode() for code in range(256)), "▁".encode(), *letters]
    types = [kind.UNKNOWN, kind.CONTROL, kind.CONTROL] + [kind.BYTE] * 256 + [kind.NORMAL] * (len(letters) + 1)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(2 * width)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 2)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(number) for number in range(len(tokens))])
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    draw = np.random.default_rng(0)
    shapes = {"token_embd": (len(tokens), width), "output": (len(tokens), width)}
    shapes |= {f"blk.0.attn_{part}": (width, width) for part in ("q", "k", "v", "output")}
    shapes |= {"blk.0.ffn_gate": (2 * width, width), "blk.0.ffn_up": (2 * width, width)}
    shapes |= {"blk.0.ffn_down": (width, 2 * width)}
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", (draw.standard_normal(shape) * 0.1).astype(np.float32))
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_tiny_model_answers_from_all_its_slots(write_reviews: Write, tmp_path: Path, rows: Rows) -> None:
    pytest.importorskip("xllamacpp")
    model = write_tiny(tmp_path / "tiny.gguf")
    reviews, out = write_reviews("Pool.", "Soup.", "x" * 6000), tmp_path / "out"
    config = local(model, kinds=("analysis", "extraction"), concurrency=3, max_tokens=8)
    counts = elicit(reviews, config, out, allow_failed=True)
    assert (counts["done"] + counts["rejected"], counts["failed"], counts["cost_usd"]) == (6, 0, 0.0)
    handed = rows(out)
    assert {row["model"] for row in handed} == {"tiny.gguf"}
    for row in handed:
        if row["review_id"] == "r3":
            assert (row["status"], row["text"]) == ("rejected", ""), "a review too long for a slot is refused alone"
            assert "context" in row["reason"]
        else:
            assert row["tokens_out"] == 8
            assert row["reason"] == "truncated"


def counted_loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by a file's name whenever one is loaded."""
    xllamacpp = pytest.importorskip("xllamacpp")
    loads: list[str] = []
    server = xllamacpp.Server

    def load(params: Any) -> Any:
        loads.append(Path(params.model.path).name)
        return server(params)

    monkeypatch.setattr(xllamacpp, "Server", load)
    return loads


def test_the_model_is_loaded_only_where_something_is_to_be_asked(
    write_reviews: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = counted_loads(monkeypatch)
    reviews, config = write_reviews("Pool.", "Soup."), local(write_tiny(tmp_path / "tiny.gguf"), max_tokens=4)
    elicit(reviews, config, tmp_path / "out")
    elicit(reviews, config, tmp_path / "out")
    assert loads == ["tiny.gguf"], "the second run had nothing to ask"


def test_a_teacher_that_is_handed_over_stays_open(
    write_reviews: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = counted_loads(monkeypatch)
    config = local(write_tiny(tmp_path / "tiny.gguf"), max_tokens=4)
    teacher = LocalTeacher(config)
    for number, text in enumerate(("Pool.", "Soup.")):
        counts = elicit(write_reviews(text), config, tmp_path / f"out{number}", teacher=teacher)
        assert counts["rejected"] == 1, "the model of random weights was asked"
    asyncio.run(teacher.close())
    assert loads == ["tiny.gguf"]


def test_a_file_that_is_no_gguf_is_said_so(write_reviews: Write, tmp_path: Path) -> None:
    reviews, bad = write_reviews("Pool."), tmp_path / "bad.gguf"
    bad.write_bytes(b"PK whatever")
    with pytest.raises(UserError, match="is not a GGUF file"):
        elicit(reviews, local(bad), tmp_path / "out")
    with pytest.raises(UserError, match="no GGUF file"):
        elicit(reviews, local(tmp_path / "gone.gguf"), tmp_path / "out")
    pytest.importorskip("xllamacpp")
    bad.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(UserError, match="cannot load"):
        elicit(reviews, local(bad), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_real_model_writes_an_analysis(write_reviews: Write, tmp_path: Path) -> None:
    model = os.environ.get("ASPECTRA_GGUF")
    if not model:
        pytest.skip("needs an instruct model: set ASPECTRA_GGUF to a GGUF file")
    pytest.importorskip("xllamacpp")
    config = local(model, concurrency=1, max_tokens=200)
    counts = elicit(write_reviews("The pool was lovely but the staff ignored us."), config, tmp_path / "out")
    assert counts["done"] == 1
