"""A student made from some layers of a larger one: its embeddings, those layers, its heads.

As in DistilBERT (Sanh et al. 2019, arXiv 1910.01108): every second layer of the teacher, starting with the first.
Called by `aspectra.pipeline.reader`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.manifest import Stage
from aspectra.models import identity, resolve
from aspectra.progress import say
from aspectra.students.card import card
from aspectra.students.folder import save
from aspectra.students.taggers.tagger import Tagger
from aspectra.weights import HEADS


def cut(model: str, layers: int, out: Path) -> dict[str, Any]:
    """Write the folder of a tagger, or of an encoder, with only `layers` of its layers; return the manifest.

    Of n layers, those with the numbers 0, n / `layers`, 2 n / `layers` ..., rounded down, are kept. Raises UserError if
    the encoder does not have more than `layers` layers, or if they cannot be found.
    """
    stage = Stage("cut", out, {"model": identity(model)}, {"layers": layers}, replace=True)
    if (done := stage.finished()) is not None:
        say(f"cut: {out} is done already")
        return done
    folder = resolve(model)
    check(folder, layers)
    tagger = Tagger.load(folder)
    kept = shorten(tagger.model.encoder, layers, str(folder))
    known = (folder / HEADS).is_file()  # a plain encoder gets new random heads whenever it is loaded
    facts = {"from": model, "layers": ", ".join(map(str, kept))}
    what = "Some layers of a larger tagger or encoder, before any training."
    use = f"aspectra pretrain CORPUS --student {out.name} --out DIR"
    about = card(f"{Path(model).name}, {layers} of its layers", "token-classification", what, facts, use)
    source = {"student": model, "stage": "cut", "layers": kept}
    info = tagger.info | {"provenance": tagger.info.get("provenance", {}) | source} if known else {}
    stage.begin()
    save(out, tagger.model.encoder, tagger.tokenizer, info, about, tagger.model.heads if known else None)
    return stage.finish({"layers": kept, "parameters": tagger.parameters})


def check(folder: Path, layers: int) -> None:
    """Raise UserError if, by its config, an encoder does not have more than `layers` layers. No weights are read."""
    has = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("num_hidden_layers")
    if not isinstance(has, int):
        raise UserError(f"{folder} does not say how many layers it has, so it cannot be cut; name a whole student")
    if layers >= has:
        raise UserError(f"{folder} has {has} layers, so {layers} of them are not a smaller student; use fewer")


def shorten(encoder: Any, layers: int, name: str) -> list[int]:
    """Keep only `layers` layers of an encoder, evenly spaced from the first, and return their numbers.

    Raises UserError, which calls the encoder `name`, unless exactly one list of modules has the length that the config
    gives for the layers.
    """
    from torch.nn import ModuleList

    has = encoder.config.num_hidden_layers
    found = [module for module in encoder.modules() if isinstance(module, ModuleList) and len(module) == has]
    if len(found) != 1:
        kind = type(encoder).__name__
        raise UserError(f"the layers of {name} cannot be found ({kind}); only a BERT, an MPNet or a RoBERTa can be cut")
    kept = [number * has // layers for number in range(layers)]
    remaining = [found[0][number] for number in kept]
    del found[0][:]
    found[0].extend(remaining)
    encoder.config.num_hidden_layers = layers
    if getattr(encoder.config, "layer_types", None):  # ModernBERT's layers differ in attention span
        encoder.config.layer_types = [encoder.config.layer_types[number] for number in kept]
    return kept
