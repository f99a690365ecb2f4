"""A student out of a GGUF file has the very weights and tokens of that file."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from aspectra import models
from aspectra.errors import UserError
from aspectra.models import gguf, packaged

# What llama.cpp makes of these (xllamacpp 2026.10 on the pinned file); the slow test asks it about a thousand more.
KNOWN = {
    "The food was great in 2345, it’s": [504, 1114, 436, 1109, 281, 216, 34, 35, 36, 37, 28, 357, 417, 99],
}


def test_a_gguf_file_with_another_digest_is_not_unpacked(tmp_path: Path) -> None:
    source = models.NAMES["smollm2-135m"]
    assert isinstance(source, packaged.InWheels)
    (tmp_path / "other.gguf").write_bytes(b"GGUF" * 1000)
    with pytest.raises(UserError, match=r"other\.gguf is not the file that was pinned"):
        gguf.unpack(tmp_path / "other.gguf", tmp_path / "model", source)
    assert not (tmp_path / "model").exists()


def cached() -> Path:
    folder = models.cache() / "smollm2-135m"
    if not folder.is_dir():
        pytest.skip(f"needs the model in {folder} (aspectra models fetch smollm2-135m)")
    return folder


def test_the_cached_student_reads_numbers_as_digits() -> None:
    folder = cached()
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text, ids in KNOWN.items():
        assert tokenizer(text, add_special_tokens=False).input_ids == ids


SENTENCES = [
    f"{start} {target} on day {n * 37 % 1000} cost ${n}.{n % 100:02d}, {end}{mark}"
    for n, (start, target, end, mark) in enumerate(
        (start, target, end, mark)
        for start in ("The", "Our\nsecond", "I'd say the", "  Honestly,  the", "ONE OF the", "Même le", "דירה, the")
        for target in ("soup", "check-in desk", "café’s crème brûlée", "Wi-Fi (5GHz)", "room №12½", "24/7 support")
        for end in ("it's worth it", "we'LL be back", "don't", "naïve 😀👍🏽", "x" * 40, "日本語のメニュー")
        for mark in ("!", "...", " ?!", "\t\n\n", "\u00a0", "")
    )
][:1000]


@pytest.mark.slow
def test_unpacked_student_is_the_file_it_came_from(tmp_path: Path) -> None:
    """The tokenizer agrees with llama.cpp's on a thousand sentences, the weights with those of the gguf package."""
    import numpy as np
    from safetensors.numpy import load_file
    from transformers import AutoTokenizer

    xllamacpp = pytest.importorskip("xllamacpp", reason="needs the extra 'local' to compare with")
    reference = pytest.importorskip("gguf")
    source = models.NAMES["smollm2-135m"]
    assert isinstance(source, packaged.InWheels)
    try:
        file = packaged.download(source, tmp_path)
    except UserError as error:
        pytest.skip(f"needs the package index: {error}")
    gguf.unpack(file, tmp_path / "model", source)

    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    settings = xllamacpp.CommonParams()
    settings.model.path = str(file)
    settings.n_ctx, settings.n_parallel, settings.warmup, settings.cpuparams.n_threads = 256, 1, False, 1
    server = xllamacpp.Server(settings)
    assert len(set(SENTENCES)) == 1000
    for sentence in SENTENCES:
        ours = tokenizer(sentence, add_special_tokens=False).input_ids
        assert ours == theirs(server.listening_address, sentence), sentence
        assert tokenizer.decode(ours) == sentence

    weights = load_file(tmp_path / "model" / "model.safetensors")
    packed = {tensor.name: tensor for tensor in reference.GGUFReader(file).tensors}
    for there, here in {
        "token_embd.weight": "model.embed_tokens.weight",
        "blk.7.ffn_down.weight": "model.layers.7.mlp.down_proj.weight",
        "blk.29.attn_v.weight": "model.layers.29.self_attn.v_proj.weight",
    }.items():
        tensor = packed[there]
        assert np.array_equal(reference.dequantize(tensor.data, tensor.tensor_type), weights[here])


def theirs(address: str, text: str) -> Any:
    """Token ids by llama.cpp."""
    body = json.dumps({"content": text, "add_special": False, "parse_special": False}).encode()
    request = urllib.request.Request(f"{address}/tokenize", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["tokens"]
