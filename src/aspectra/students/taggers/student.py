"""A tagger in training: implements `aspectra.students.student.Student`. Called by `aspectra.students.families`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from aspectra import tasks
from aspectra.config import FinetuneConfig, PretrainConfig, TrainingConfig
from aspectra.errors import UserError
from aspectra.quiet import quiet
from aspectra.schema import POLARITIES, Example, Prediction
from aspectra.students.card import card
from aspectra.students.corpus import CONTROL, Side
from aspectra.students.folder import save
from aspectra.students.student import Lessons, Progress
from aspectra.students.taggers.reading import LEAST, least_of
from aspectra.students.taggers.tagger import Tagger
from aspectra.students.taggers.units import names
from aspectra.tasks.acsa import in_words

KNOWN = {"target", "category"}  # the fields of an opinion that a task may need


class TaggingStudent(Tagger):
    """Learns targets and polarities, from a teacher or from gold labels, and the rating of a text."""

    counted = "labels"

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> Self:
        import torch

        from aspectra.students.taggers.dropout import quicken

        student = super().load(folder, device)
        if not torch.cuda.is_available():
            quicken(student.model)
            # On a CPU the backward pass of fused attention takes four times as long as that of plain attention:
            # minilm-l6, batches of 32 sentences, 75 sentences a second against 108.
            student.model.encoder.set_attn_implementation("eager")
        return student

    def adapt(self, rank: int) -> None:
        from peft import LoraConfig, get_peft_model

        adapters = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="FEATURE_EXTRACTION")
        with quiet():
            self.model.encoder = get_peft_model(self.model.encoder, adapters)

    def from_corpus(self, side: Side, config: PretrainConfig, tick: Callable[[int], None]) -> Lessons:
        from aspectra.students.taggers.denoise import from_texts
        from aspectra.students.taggers.lessons import from_examples, rated
        from aspectra.students.taggers.noise import copies

        self.model.heads.categories = None  # a teacher's labels have none
        encoder, sentences = self.encoder(config.input_tokens), side.silver()
        ratings = rated(side.table.to_pylist())
        if CONTROL in config.kinds:
            texts = [*(each.text for each in sentences), *(text for text, _ in ratings)]
            return from_texts(encoder, texts, self.hiding(config), config.seed, tick)
        softs = side.soft()
        if config.noisy and side.side == "train":  # held-out text stays unchanged
            more, theirs = copies(sentences, softs, config.noisy, config.seed)
            sentences, softs = [*sentences, *more], softs | theirs
        return from_examples(encoder, sentences, ratings, tick, softs, config.soft)

    def hiding(self, config: PretrainConfig) -> int:
        """The id of the mask token; also adds the head that restores words. Raises UserError if there is no such id, or
        if `denoise` is combined with other kinds."""
        from aspectra.students.taggers.restore import Restore

        if set(config.kinds) != {CONTROL}:
            raise UserError("a tagger learns labels, or restores words: use --kinds denoise alone")
        if (mask := self.tokenizer.mask_token_id) is None:
            raise UserError("the model's tokenizer has no mask token, and --kinds denoise needs one")
        self.counted = "hidden tokens"
        heads = self.model.heads
        if heads.restore is None:
            heads.requires_grad_(False)  # otherwise several processes would wait for gradients that never come
            embeddings = self.model.encoder.get_input_embeddings().weight
            heads.restore = Restore(heads.tag.in_features, embeddings)
        return int(mask)

    def from_examples(self, examples: Sequence[Example], config: FinetuneConfig) -> Lessons:
        from aspectra.students.taggers.lessons import from_examples, of_categories

        by, encoder = tasks.get(config.task).by, self.encoder(config.input_tokens)
        if unknown := [field for field in by if field not in KNOWN]:
            raise UserError(f"{config.task} needs a {unknown[0]}, and a tagger has none; use a writer")
        if "category" not in by:
            self.model.heads.categories = None
            return from_examples(encoder, examples)
        found = names(opinion.category for example in examples for opinion in example.opinions)
        if not found:
            raise UserError("no category in the training sentences, so none can be learned; use more `shots`")
        self.begin(found)
        return of_categories(encoder, examples, found, "target" in by)

    def begin(self, found: Sequence[str]) -> None:
        """Create heads for these categories: a known one keeps its weights, a new one starts from its name's state."""
        import torch

        from aspectra.students.taggers.categories import Categories
        from aspectra.students.tensors import fill

        network, before = self.model, self.model.heads.categories
        spelled = [one.ids for one in self.encoder().pieces([in_words(name) for name in found])]
        with torch.no_grad():
            mask = fill([[1] * len(ids) for ids in spelled], 0)
            states = network.states(fill(spelled, self.pad).to(network.device), mask.to(network.device))
            weight = mask[..., None].to(states)
            network.heads.categories = Categories(found, (states * weight).sum(1) / weight.sum(1))
            if before is not None:
                network.heads.categories.known(before)

    def asked_as(self, config: TrainingConfig) -> dict[str, Any]:
        least = least_of(self.info) if config.least is None else config.least
        return {"input_tokens": config.input_tokens} | ({LEAST: least} if least else {})

    def merge(self) -> None:
        super().merge()
        self.model.heads.restore = None
        self.model.heads.requires_grad_(True)

    def learned(self, config: PretrainConfig) -> dict[str, Any]:
        if CONTROL in config.kinds:
            return {"task": None, "labels": None}
        return {"task": "atsa", "labels": {"polarities": list(POLARITIES), "categories": []}}

    def settle(self, side: Side, config: PretrainConfig, progress: Progress) -> None:
        import torch

        from aspectra.machine import autocast
        from aspectra.students.taggers.threshold import least

        if config.least is not None or CONTROL in config.kinds:
            return
        self.model.eval()
        held, encoder = side.silver(), self.encoder(config.input_tokens)
        with (
            torch.inference_mode(),
            autocast(self.model.device.type, config.bf16),
            progress("pretrain: read held-out sentences", len(held)) as bar,
        ):
            found = least(self.model, encoder, self.pad, held, config.batch_size, bar.advance)
        self.info = self.info | {LEAST: found}

    def fresh(self, name: str) -> bool:
        return "heads." in name and (not self.headed or "heads.categories" in name or "heads.restore" in name)

    def collate(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        from aspectra.students.taggers import losses, restore

        if self.model.heads.restore is not None:
            return restore.collate(rows, self.pad)
        return losses.collate(rows, self.pad, len(self.categories))

    def counts(self, batch: Mapping[str, Any], kinds: int) -> Any:
        from aspectra.students.taggers import losses, restore

        return restore.counts(batch) if self.model.heads.restore is not None else losses.counts(batch, kinds)

    def losses(self, model: Any, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        from aspectra.students.taggers import losses, restore

        return restore.losses(model, batch) if self.model.heads.restore is not None else losses.losses(model, batch)

    def predict(
        self, texts: Sequence[str], config: FinetuneConfig, device: str, tick: Callable[[int], None]
    ) -> list[Prediction]:
        import torch

        from aspectra.machine import autocast
        from aspectra.students.taggers.reading import opinions, read

        pieces = self.encoder(config.input_tokens).pieces(texts)
        none = None if "target" in tasks.get(config.task).by else [()] * len(pieces)
        teaching = self.model.training
        self.model.to(device).eval()
        with quiet(), torch.inference_mode(), autocast(device, config.bf16):
            found = read(self.model, pieces, self.pad, config.eval_batch_size, tick, none)
        self.model.train(teaching)
        said = (
            tuple(opinion for opinion, _ in opinions(text, one, each, self.categories, least_of(self.info)))
            for text, one, each in zip(texts, pieces, found, strict=True)
        )
        return [Prediction(str(i), text, each) for i, (text, each) in enumerate(zip(texts, said, strict=True))]

    def card(self, title: str, marker: str | None, facts: Mapping[str, Any], use: str) -> str:
        what = (
            "A tagger made by Aspectra. It reads a sentence once. Heads on the encoder's last states mark "
            "opinion targets and give each its polarity. For a task with categories they also say which "
            "categories a target or the sentence is about, and with which polarity. "
            "`AutoModel.from_pretrained` loads the encoder; the heads are in `heads.safetensors`."
        )
        return card(title, "token-classification", what, facts, use)

    def save(self, folder: Path, info: Mapping[str, Any], card: str) -> None:
        self.info = {"format": 1, "family": self.family} | dict(info)
        save(folder, self.model.encoder, self.tokenizer, self.info, card, self.model.heads)
