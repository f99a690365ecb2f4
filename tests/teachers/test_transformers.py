"""A model folder as a teacher: a batch answers as each question would alone, and the engine stores the answers."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.readers.families import causal
from tests.tiny import REVIEWS, make_causal

from aspectra.config import ElicitConfig
from aspectra.elicit import prompt
from aspectra.elicit.engine import elicit
from aspectra.errors import UserError
from aspectra.teachers.make import make_teacher
from aspectra.teachers.teacher import Question, Reply

TEMPLATE = """{% for m in messages %}{{ m.role }}: {{ m.content }}
{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from safetensors.torch import load_file, save_file

    folder = make_causal(tmp_path_factory.mktemp("teacher") / "tiny-instruct")
    file = folder / "model.safetensors"
    # Larger weights: else it says the same to everything.
    loud = {name: weight * 20 if weight.ndim == 2 else weight for name, weight in load_file(file).items()}
    save_file(loud, file, {"format": "pt"})
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    return folder


@pytest.fixture(autouse=True)
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """In 32 bits on the processor wherever this runs: elsewhere a rare word differs."""
    monkeypatch.setattr("aspectra.machine.has_bf16", lambda place: False)
    monkeypatch.setattr("aspectra.machine.device", lambda wanted: "cpu")


def config_of(model: Path, **others: Any) -> ElicitConfig:
    return ElicitConfig(teacher="transformers", model=str(model), **({"max_tokens": 24} | others))


def questions(kinds: tuple[str, ...] = ("analysis", "rewriting")) -> list[Question]:
    return [
        Question(kind, review, prompt.render(kind, review, "v1"))
        for review in (*REVIEWS, "Fine.", " ".join(REVIEWS[:3]))
        for kind in kinds
    ]


def ask(config: ElicitConfig, asked: list[Question]) -> list[Reply]:
    async def all_of_them() -> list[Reply]:
        teacher = make_teacher(config)
        try:
            return await asyncio.gather(*(teacher.ask(each) for each in asked))
        finally:
            await teacher.close()

    return asyncio.run(all_of_them())


def plain(model: Path, asked: list[Question], **others: Any) -> list[str]:
    """What transformers itself writes, one prompt at a time."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    writer: Any = AutoModelForCausalLM.from_pretrained(model, **others)
    found = []
    for each in asked:
        text = tokenizer.apply_chat_template(each.messages, tokenize=False, add_generation_prompt=True)
        ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        written = writer.generate(ids, max_new_tokens=24, do_sample=False)[0, ids.shape[1] :]
        found.append(str(tokenizer.decode(written, skip_special_tokens=True)))
    return found


def test_a_batch_of_prompts_of_many_lengths_answers_as_each_would_alone(model: Path) -> None:
    asked = questions()
    alone = plain(model, asked)
    together = ask(config_of(model, concurrency=64), asked)

    assert [reply.text for reply in together] == alone
    assert len(set(alone)) > 3  # else equality would say nothing
    assert all(reply.tokens_in and reply.tokens_out for reply in together)
    assert {reply.finish_reason for reply in together} <= {"length", "stop"}
    assert all((reply.finish_reason == "length") == (reply.tokens_out == 24) for reply in together)


def test_a_model_that_caps_its_attention_is_asked_with_it(model: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoTokenizer

    capped = shutil.copytree(model, tmp_path / "capped")
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 1024}
    make = causal("Gemma2", head_dim=8, query_pre_attn_scalar=8, attn_logit_softcapping=0.1, **sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        make(AutoTokenizer.from_pretrained(model)).save_pretrained(capped)
    asked = questions(("analysis",))
    alone = plain(capped, asked, attn_implementation="eager")
    assert [reply.text for reply in ask(config_of(capped, concurrency=64), asked)] == alone
    without = plain(capped, asked, attn_implementation="eager", attn_logit_softcapping=None)
    assert alone != without, "the capping makes no difference here, so the test shows nothing"


def test_a_batch_too_large_for_the_memory_is_written_in_halves(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from aspectra.teachers.writing import Writer

    asked = questions(("analysis",))
    whole = ask(config_of(model, concurrency=64), asked)
    sizes, generate = [], Writer._generate

    def small(self: Writer, prompts: list[list[int]]) -> list[Reply]:
        sizes.append(len(prompts))
        if len(prompts) > 3:
            raise torch.cuda.OutOfMemoryError
        return generate(self, prompts)

    monkeypatch.setattr(Writer, "_generate", small)
    assert ask(config_of(model, concurrency=64), asked) == whole
    assert sizes[:3] == [12, 6, 3]


def test_sampling_hangs_on_the_seed(model: Path) -> None:
    asked = questions(("rewriting",))
    hot = {"temperature": 5.0, "concurrency": 64}
    one, same, other = (ask(config_of(model, **hot, seed=seed), asked) for seed in (1, 1, 2))
    assert one == same != other


def test_the_engine_stores_what_it_says_and_asks_nothing_twice(model: Path, tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.jsonl"
    reviews.write_text("".join(json.dumps({"id": f"r{i}", "text": text}) + "\n" for i, text in enumerate(REVIEWS)))
    config = config_of(model, kinds=("rewriting",), concurrency=16)
    counts = elicit(reviews, config, tmp_path / "out")
    assert counts["done"] + counts["rejected"] == len(REVIEWS)
    assert counts["tokens_out"] > 0
    before = (tmp_path / "out" / "responses.parquet").read_bytes()
    assert elicit(reviews, config, tmp_path / "out") == counts
    assert (tmp_path / "out" / "responses.parquet").read_bytes() == before


def test_a_model_that_cannot_be_asked_is_refused(model: Path, tmp_path: Path) -> None:
    folder = make_causal(tmp_path / "no-template")
    with pytest.raises(UserError, match="no chat template"):
        ask(config_of(folder), questions()[:1])
    with pytest.raises(UserError, match="no weights"):
        make_teacher(config_of(tmp_path))
    strange = shutil.copytree(model, tmp_path / "strange")
    settings = json.loads((strange / "config.json").read_text())
    (strange / "config.json").write_text(json.dumps(settings | {"model_type": "never-heard-of"}))
    with pytest.raises(UserError, match=r"cannot load the model in .*strange"):
        ask(config_of(strange), questions()[:1])
    with pytest.raises(UserError, match="--model is missing"):
        make_teacher(ElicitConfig(teacher="transformers"))


def test_other_weights_under_one_name_are_another_teacher(model: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    assert make_teacher(config_of(model)).settings == make_teacher(config_of(model)).settings
    other = make_causal(tmp_path / model.name)
    weights = load_file(other / "model.safetensors")
    first = list(weights)[-1]
    save_file(weights | {first: torch.zeros_like(weights[first])}, other / "model.safetensors", {"format": "pt"})
    one, two = make_teacher(config_of(model)), make_teacher(config_of(other))
    assert one.model == two.model
    assert one.settings != two.settings


def test_a_benchmark_asks_it_for_all_its_cells_and_loads_it_once(model: Path, tmp_path: Path) -> None:
    import contextlib

    from aspectra.benchmark.cells import Held

    settings = config_of(model, concurrency=8)
    with contextlib.closing(Held()) as held:
        teacher = held.ready(settings)
        assert teacher is not None and held.ready(settings) is teacher
        for asked in (questions()[:2], questions()[2:4]):  # each cell has a loop of its own

            async def ask_all(these: list[Question] = asked) -> list[Reply]:
                return await asyncio.gather(*(teacher.ask(each) for each in these))

            assert len(asyncio.run(ask_all())) == 2
