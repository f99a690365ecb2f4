"""A tagger is taught by the same code as a writer, and its folder is what it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.students.taggers.families import EACH
from tests.students.taggers.labels import SENTENCES, corpus, labeled, learn

from aspectra.config import FinetuneConfig, PretrainConfig
from aspectra.data import datasets
from aspectra.errors import UserError
from aspectra.schema import Example
from aspectra.score.scoring import score
from aspectra.students.families import load
from aspectra.students.finetune import finetune
from aspectra.students.pretrain import pretrain
from aspectra.students.taggers.lessons import from_examples
from aspectra.students.taggers.student import TaggingStudent
from aspectra.tasks import TASKS
from aspectra.tasks.atsa import Atsa

Folder = Callable[[str], Path]
FAST: dict[str, Any] = {"learning_rate": 3e-3, "batch_size": 8, "bf16": False, "device": "cpu", "threads": 1}
TUNE = FinetuneConfig(task="atsa", epochs=1, **FAST)


@pytest.fixture(params=EACH)
def student(request: pytest.FixtureRequest, encoder_of: Folder) -> TaggingStudent:
    torch.manual_seed(0)
    return TaggingStudent.load(encoder_of(request.param))


def said(student: TaggingStudent, texts: list[str], batch_size: int = 32) -> list[Any]:
    config = TUNE.model_copy(update={"eval_batch_size": batch_size})
    found = student.predict(texts, config, "cpu", lambda _: None)
    return [[(o.target, o.polarity, o.start, o.end) for o in each.opinions] for each in found]


def test_every_kind_of_encoder_learns_and_its_folder_says_the_same(student: TaggingStudent, tmp_path: Path) -> None:
    learn(student)
    texts = [example.text for example in SENTENCES]
    found = said(student, texts)
    wanted = [[(o.target, o.polarity, o.start, o.end) for o in example.opinions] for example in SENTENCES]
    assert sum(a == b for a, b in zip(found, wanted, strict=True)) >= 0.9 * len(texts), "it learned by heart"
    student.save(tmp_path / "out", {"task": "atsa", "input_tokens": 64}, "a card")
    again = TaggingStudent.load(tmp_path / "out")
    assert said(again, texts) == found
    assert again.parameters == student.parameters
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"model.safetensors", "heads.safetensors", "aspectra.json", "README.md", "tokenizer.json"} <= names
    from transformers import AutoModel

    encoder = AutoModel.from_pretrained(tmp_path / "out")
    ours = {name: weight for name, weight in student.model.encoder.state_dict().items() if "pooler" not in name}
    theirs = encoder.state_dict()
    assert all(torch.equal(weight, theirs[name]) for name, weight in ours.items()), "AutoModel loads the encoder itself"


def test_batch_size_order_and_padding_change_no_answer(student: TaggingStudent) -> None:
    learn(student, 20)
    texts = ["", "Soup.", *[example.text for example in SENTENCES], "very " * 40 + "good soup", "🍝 soup 👩‍🍳"]
    alone = [said(student, [text])[0] for text in texts]
    assert said(student, texts, 3) == said(student, texts, 32) == alone
    assert said(student, texts[::-1], 4)[::-1] == alone


def test_losses_are_what_a_hand_computes(encoder_of: Folder) -> None:
    """One row at a time, without padding; then all together."""
    torch.manual_seed(0)
    student = TaggingStudent.load(encoder_of("bert"))
    rows = from_examples(student.encoder(), SENTENCES, [("Good soup. Bad bed.", 4.0), ("Never again.", 1.0)]).rows
    assert rows.kinds == ("tags", "polarity", "rating")
    apart: dict[int, list[float]] = {0: [], 1: [], 2: []}
    with torch.no_grad():
        for i in range(len(rows)):
            batch = student.collate([rows[i]])
            losses, kinds = student.losses(student.model, batch)
            assert student.counts(batch, 3).tolist() == torch.bincount(kinds, minlength=3).tolist()
            for loss, kind in zip(losses.tolist(), kinds.tolist(), strict=True):
                apart[kind].append(loss)
        losses, kinds = student.losses(student.model, student.collate([rows[i] for i in range(len(rows))]))
    for kind, values in apart.items():
        assert sorted(losses[kinds == kind].tolist()) == pytest.approx(sorted(values), abs=1e-5)
    assert (len(apart[1]), len(apart[2])) == (sum(len(e.opinions) for e in SENTENCES), 2)


def test_a_corpus_teaches_targets_polarities_and_ratings(encoder_of: Folder, tmp_path: Path) -> None:
    figures = pretrain(
        corpus(tmp_path / "corpus", rated=True),
        str(encoder_of("bert")),
        PretrainConfig(epochs=12, **FAST),
        tmp_path / "out",
    )["figures"]
    assert set(figures["held_out"]) == {"tags", "polarity", "rating"}
    for kind in ("tags", "polarity"):
        assert figures["held_out"][kind]["after"] < figures["held_out"][kind]["before"], kind
    info = json.loads((tmp_path / "out" / "aspectra.json").read_text(encoding="utf-8"))
    assert (info["family"], info["task"], info["provenance"]["stage"]) == ("tagger", "atsa", "pretrain")


def test_a_corpus_without_silver_labels_is_refused(encoder_of: Folder, tmp_path: Path) -> None:
    folder = corpus(tmp_path / "corpus")
    for file in (folder / "silver").iterdir():
        file.unlink()
    with pytest.raises(UserError, match="has no silver labels, and a tagger learns from these"):
        pretrain(folder, str(encoder_of("bert")), PretrainConfig(**FAST), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_fine_tuning_keeps_the_best_epoch_and_the_task(encoder_of: Folder, data: Path, tmp_path: Path) -> None:
    config = FinetuneConfig(data=str(data), epochs=6, seed=3, **FAST)
    figures = finetune(str(encoder_of("mpnet")), config, tmp_path / "out")["figures"]
    assert figures["dev_f1"] == max(each["f1"] for each in figures["dev"]) > 0.5
    tuned = load(tmp_path / "out")
    assert (tuned.family, tuned.info["task"]) == ("tagger", "atsa")
    assert "dev F1" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_heads_are_fresh_until_a_task_has_trained_them(encoder_of: Folder, tagger_of: Folder, tmp_path: Path) -> None:
    def fresh(folder: Path) -> set[str]:
        student = load(folder)
        return {name.split(".")[1] for name, _ in student.model.named_parameters() if student.fresh(name)}

    assert fresh(encoder_of("bert")) == {"tag", "polarity", "rating"}
    assert fresh(tagger_of("bert")) == set()
    config = PretrainConfig(epochs=1, kinds=("denoise",), **FAST)
    pretrain(corpus(tmp_path / "corpus"), str(encoder_of("bert")), config, tmp_path / "restores")
    assert fresh(tmp_path / "restores") == {"tag", "polarity", "rating"}, "it has learned words, not the task"


def test_what_is_kept_can_be_a_mean_with_the_start(tagger_of: Folder, data: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    last: dict[str, Any] = {"data": str(data), "epochs": 3, "keep": "last"} | FAST
    for name, share in (("tuned", 0.0), ("mean", 0.25)):
        finetune(str(tagger_of("bert")), FinetuneConfig(start_share=share, **last), tmp_path / name)
    for file in ("model.safetensors", "heads.safetensors"):
        start, tuned, mean = (
            load_file(each / file) for each in (tagger_of("bert"), tmp_path / "tuned", tmp_path / "mean")
        )
        assert any(not torch.equal(start[key], tuned[key]) for key in start)
        assert all(torch.allclose(mean[key], 0.75 * tuned[key] + 0.25 * start[key], atol=1e-6) for key in mean)


def test_the_mean_is_what_dev_judges_and_what_is_saved(tagger_of: Folder, data: Path, tmp_path: Path) -> None:
    config = FinetuneConfig(data=str(data), epochs=3, start_share=0.5, **FAST)
    figures = finetune(str(tagger_of("bert")), config, tmp_path / "out")["figures"]
    dev = datasets.split(data, "dev")
    said = load(tmp_path / "out").predict([each.text for each in dev], config, "cpu", lambda _: None)
    assert score(dev, said, "atsa").f1 == figures["dev_f1"]


def test_an_adapter_cannot_be_averaged(encoder_of: Folder, data: Path, tmp_path: Path) -> None:
    config = FinetuneConfig(data=str(data), start_share=0.5, lora_rank=2, **FAST)
    with pytest.raises(UserError, match="start_share averages all weights: leave out lora_rank"):
        finetune(str(encoder_of("bert")), config, tmp_path / "out")


def test_a_run_that_was_cut_off_ends_with_the_same_weights(
    encoder_of: Folder, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: Callable[[Path], Any]
) -> None:
    from aspectra.students import session

    config = FinetuneConfig(data=str(data), epochs=4, seed=3, save_seconds=0, **FAST)
    finetune(str(encoder_of("bert")), config, tmp_path / "whole")
    add, seen = session.Metrics.add, []

    def dies(self: Any, line: dict[str, Any]) -> None:
        seen.append(line)
        if len(seen) == 3:
            raise KeyboardInterrupt
        add(self, line)

    monkeypatch.setattr(session.Metrics, "add", dies)
    with pytest.raises(KeyboardInterrupt):
        finetune(str(encoder_of("bert")), config, tmp_path / "cut")
    monkeypatch.setattr(session.Metrics, "add", add)
    finetune(str(encoder_of("bert")), config, tmp_path / "cut")
    from safetensors.torch import load_file

    for name in ("model.safetensors", "heads.safetensors"):
        one, other = (load_file(tmp_path / run / name) for run in ("whole", "cut"))
        assert all(torch.equal(one[key], other[key]) for key in one), name


def test_a_task_that_it_knows_nothing_of_is_refused(encoder_of: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    class Holders(Atsa):
        name = "holders"
        by: Any = ("holder", "target")

    monkeypatch.setitem(TASKS, "holders", Holders())
    student = TaggingStudent.load(encoder_of("bert"))
    with pytest.raises(UserError, match="holders needs a holder, and a tagger has none"):
        student.from_examples(SENTENCES, FinetuneConfig(task="holders", **FAST))


def test_a_tokenizer_without_places_is_refused(encoder_of: Folder, tmp_path: Path) -> None:
    import shutil

    from transformers import BertTokenizer

    folder = tmp_path / "slow"
    shutil.copytree(encoder_of("bert"), folder)
    if hasattr(BertTokenizer, "backend_tokenizer"):
        pytest.skip("every tokenizer of this transformers is a fast one")
    with pytest.raises(UserError, match="is not a fast one"):
        TaggingStudent.load(folder)


def test_a_sentence_with_two_polarities_of_one_place_teaches_both(encoder_of: Folder) -> None:
    student = TaggingStudent.load(encoder_of("bert"))
    both = Example("1", "The soup was fine.", labeled("The soup was fine.", ("soup", "positive"), ("soup", "negative")))
    rows = from_examples(student.encoder(), [both]).rows
    assert rows[0]["polarities"] == [[0.5, 0.5, 0.0, 0.0]]
