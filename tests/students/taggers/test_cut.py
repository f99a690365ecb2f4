"""Some layers of an encoder as a student of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.students.taggers import families
from tests.students.taggers.labels import SENTENCES, corpus, taught

from aspectra.config import PretrainConfig
from aspectra.errors import UserError
from aspectra.readers.export import export
from aspectra.readers.opening import open_reader
from aspectra.students.pretrain import pretrain
from aspectra.students.taggers.cut import cut, shorten
from aspectra.students.taggers.student import TaggingStudent

LAYERS = 5


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny encoder of five layers."""
    home = tmp_path_factory.mktemp("deep")

    def made(kind: str) -> Path:
        if not (home / kind).is_dir():
            with pytest.MonkeyPatch.context() as patch:
                patch.setitem(families.SIZES, "num_hidden_layers", LAYERS)
                families.make(kind, home / kind)
        return home / kind

    return made


def states(folder: Path) -> dict[str, Any]:
    """Weights of an encoder as transformers loads it by itself, but for the pooler, which a tagger has not."""
    from transformers import AutoModel

    kinds: Any = AutoModel
    weights = kinds.from_pretrained(folder).state_dict()
    return {name: value for name, value in weights.items() if not name.startswith("pooler")}


@pytest.mark.parametrize("kind", ["bert", "mpnet", "roberta"])
def test_the_cut_has_evenly_spread_layers_embeddings_and_heads(
    kind: str, deep: Callable[[str], Path], tmp_path: Path
) -> None:
    large = taught(deep(kind), tmp_path / "large", steps=1)
    assert cut(str(large), 3, tmp_path / "small")["figures"]["layers"] == [0, 1, 3]
    before, after = states(large), states(tmp_path / "small")
    assert len({name.split("layer.")[1].split(".")[0] for name in after if "layer." in name}) == 3
    for name, value in after.items():
        for new, old in ((1, 1), (2, 3)):
            name = name.replace(f"layer.{new}.", f"layer.{old}!")
        assert torch.equal(value, before[name.replace("!", ".")])
    assert (tmp_path / "small" / "heads.safetensors").read_bytes() == (large / "heads.safetensors").read_bytes()
    info = json.loads((tmp_path / "small" / "aspectra.json").read_text(encoding="utf-8"))
    assert info["task"] == "atsa" and info["provenance"]["layers"] == [0, 1, 3]


@pytest.mark.parametrize("kind", families.EACH)
def test_what_is_saved_computes_what_was_cut(kind: str, deep: Callable[[str], Path], tmp_path: Path) -> None:
    """Layers of some encoders know their number, and look the less far for it."""
    from transformers import AutoModel

    kinds: Any = AutoModel
    encoder = kinds.from_pretrained(deep(kind)).eval()
    shorten(encoder, 3, kind)
    encoder.save_pretrained(tmp_path / "small")
    ids = torch.arange(5, 255)[None] % 100 + 5
    with torch.inference_mode():
        found = (model(input_ids=ids)[0] for model in (encoder, kinds.from_pretrained(tmp_path / "small").eval()))
        assert torch.equal(*found)


def test_it_trains_and_exports(deep: Callable[[str], Path], tmp_path: Path) -> None:
    cut(str(taught(deep("mpnet"), tmp_path / "large", steps=1)), 2, tmp_path / "small")
    config = PretrainConfig(learning_rate=5e-3, epochs=20, batch_size=12, threads=1, input_tokens=64)
    pretrain(corpus(tmp_path / "corpus"), str(tmp_path / "small"), config, tmp_path / "taught")
    export(str(tmp_path / "taught"), tmp_path / "export", compute="float32", check=10, threads=1)
    answers = open_reader(tmp_path / "export", "atsa").read([each.text for each in SENTENCES])
    right = sum(
        [(f.target, f.polarity) for f in answer.found] == [(o.target, o.polarity) for o in each.opinions]
        for answer, each in zip(answers, SENTENCES, strict=True)
    )
    assert right > 16, f"{right} of {len(SENTENCES)}"


def test_of_a_plain_encoder_no_heads_are_made_up(deep: Callable[[str], Path], tmp_path: Path) -> None:
    cut(str(deep("bert")), 2, tmp_path / "small")
    assert not (tmp_path / "small" / "heads.safetensors").exists()
    assert TaggingStudent.load(tmp_path / "small").info == {"family": "tagger"}


def test_what_cannot_be_cut_is_told_in_a_line(deep: Callable[[str], Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"has {LAYERS} layers, so 5 of them are not a smaller student"):
        cut(str(deep("bert")), 5, tmp_path / "small")
    encoder = TaggingStudent.load(deep("bert")).model.encoder
    encoder.config.num_hidden_layers = 4
    with pytest.raises(UserError, match=r"the layers of my-encoder cannot be found \(BertModel\)"):
        shorten(encoder, 2, "my-encoder")
    config = json.loads((deep("bert") / "config.json").read_text(encoding="utf-8"))
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "config.json").write_text(json.dumps(config | {"num_hidden_layers": None}), encoding="utf-8")
    (odd / "model.safetensors").write_bytes((deep("bert") / "model.safetensors").read_bytes())
    with pytest.raises(UserError, match="does not say how many layers"):
        cut(str(odd), 2, tmp_path / "small")
    assert not (tmp_path / "small").exists()
