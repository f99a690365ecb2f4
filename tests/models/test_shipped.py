"""The reader that comes with Aspectra as a student: its weights come out of the export's graph, and learn on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.students.taggers.labels import SENTENCES, sentence

from aspectra import models
from aspectra.data.examples import save
from aspectra.errors import UserError
from aspectra.info import digest
from aspectra.readers.opening import open_reader
from aspectra.readers.taggers.convert import convert
from aspectra.readers.taggers.parity import compare
from aspectra.students.taggers.tagger import Tagger

Made = Callable[[str, str], Path]
TEXTS = [sentence(number).text for number in range(100, 160)]


@pytest.fixture
def ship(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> Callable[[Path], Path]:
    """Lets an export be the one that comes with Aspectra."""

    def put(folder: Path) -> Path:
        monkeypatch.setattr("aspectra.places.MODEL", folder)
        return folder

    return put


@pytest.mark.parametrize("compute", ["float32", "int8"])
@pytest.mark.parametrize("kind", ["bert", pytest.param("mpnet", marks=pytest.mark.slow)])
def test_the_recovered_student_says_what_the_export_says(
    kind: str, compute: str, reader_of: Made, ship: Callable[[Path], Path], empty_cache: Path
) -> None:
    shipped = ship(reader_of(kind, compute))
    folder = models.resolve("reader-en")
    assert folder == empty_cache / f"reader-en-{digest(shipped)}"
    found = compare(*(open_reader(each, threads=1, device="cpu").read(TEXTS) for each in (shipped, folder)))
    assert found["confidence"]["opinions"] > 40
    # In 8 bits the export rounds what goes into its products, too: a decision that is close may fall the other way.
    assert found["agreement"] == 1.0 if compute == "float32" else found["agreement"] > 0.9
    assert found["confidence"]["max"] < (1e-5 if compute == "float32" else 0.05)


def test_what_8_bits_rounded_away_is_lost_and_no_more(
    tagger_of: Callable[[str], Path], reader_of: Made, ship: Callable[[Path], Path]
) -> None:
    from safetensors.torch import load_file

    ship(reader_of("bert", "int8"))
    own, again = (load_file(each / "model.safetensors") for each in (tagger_of("bert"), models.resolve("reader-en")))
    assert own.keys() == again.keys()
    off = {name: float((own[name] - again[name]).norm() / own[name].norm()) for name in own}
    assert 0 < max(off.values()) < 0.05
    assert {off[name] for name in own if name.endswith("bias") or "LayerNorm" in name} == {0.0}


def test_equal_vectors_which_a_graph_keeps_once_are_all_recovered(
    encoder_of: Callable[[str], Path], ship: Callable[[Path], Path], tmp_path: Path
) -> None:
    """A student that learned nothing: all its biases are zero."""
    tagger = Tagger.load(encoder_of("bert"))
    tagger.info["task"] = "atsa"
    (tmp_path / "export").mkdir()
    convert(tagger, ship(tmp_path / "export"))
    again = Tagger.load(models.resolve("reader-en"))
    for name, weight in tagger.model.state_dict().items():
        if "rating" not in name:
            assert weight.equal(again.model.state_dict()[name]), name


def test_it_is_recovered_once_of_each_version(
    reader_of: Made, ship: Callable[[Path], Path], empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ship(reader_of("bert", "int8"))
    assert models.identity("reader-en") == f"reader-en {digest(reader_of('bert', 'int8'))}"
    first = models.resolve("reader-en")
    assert "converting the shipped reader to trainable weights" in capsys.readouterr().err
    assert models.resolve("reader-en") == first and capsys.readouterr().err == ""
    ship(reader_of("bert", "float32"))
    assert models.resolve("reader-en") != first and len(list(empty_cache.iterdir())) == 2


def test_it_learns_on_from_what_it_knows(
    reader_of: Made, ship: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aspectra.config import FinetuneConfig
    from aspectra.students.finetune import finetune

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    shipped = ship(reader_of("bert", "int8"))
    save(tmp_path / "set" / "train.json", SENTENCES[:8])
    save(tmp_path / "set" / "dev.json", SENTENCES[8:])
    config = FinetuneConfig(
        task="atsa",
        data=str(tmp_path / "set"),
        epochs=1,
        learning_rate=1e-6,
        batch_size=8,
        device="cpu",
    )
    manifest = finetune("reader-en", config, tmp_path / "tuned")
    assert manifest["inputs"]["student"] == f"reader-en {digest(shipped)}"
    said = json.loads((tmp_path / "tuned" / "aspectra.json").read_text(encoding="utf-8"))
    assert said["family"] == "tagger" and "export" not in said
    found = compare(*(open_reader(each, threads=1, device="cpu").read(TEXTS) for each in (shipped, tmp_path / "tuned")))
    assert found["agreement"] > 0.9, "so small a step forgets nothing"


def test_without_a_reader_or_with_one_that_tells_too_little_a_line_says_so(
    reader_of: Made, ship: Callable[[Path], Path], tmp_path: Path
) -> None:
    ship(tmp_path / "nothing")
    for ask in (models.resolve, models.identity):
        with pytest.raises(UserError, match="has no reader; name a student"):
            ask("reader-en")
    assert not next(each for each in models.listing() if each["name"] == "reader-en")["on disk"]
    older = ship(tmp_path / "older")
    older.mkdir()
    for name in ("model.onnx", "tokenizer.json", "aspectra.json"):
        (older / name).write_bytes((reader_of("bert", "int8") / name).read_bytes())
    with pytest.raises(UserError, match=r"has no config\.json, so it cannot be trained"):
        models.resolve("reader-en")
    (older / "tokenizer_config.json").write_text("{}")
    narrow = json.loads((reader_of("bert", "int8") / "config.json").read_text(encoding="utf-8"))
    (older / "config.json").write_text(json.dumps(narrow | {"num_hidden_layers": 3}))
    with pytest.raises(UserError, match=r"has no encoder\.layer\.2\.\S+ of this encoder"):
        models.resolve("reader-en")
