"""Converts a student to a folder for CTranslate2, with CTranslate2's own loaders.

Called by `export`. The loaders of CTranslate2 4.8 read config entries that transformers 5 no longer writes;
`as_expected` restores them. A test for each family compares the confidences.
"""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.files import write_json
from aspectra.info import EXPORT
from aspectra.quiet import quiet
from aspectra.readers.writers.words import FILE
from aspectra.students.writers.writer import Writer
from aspectra.weights import INFO

FORMAT = 1  # of an export; an incompatible version has another number
# Smallest first: `auto` tries them in this order.
COMPUTE = ("int8", "int8_bfloat16", "bfloat16", "float32")


def convert(student: Writer, folder: Path, compute: str) -> None:
    """Write weights, tokenizer and `aspectra.json` of an export into a folder; the student is not changed.

    Raises UserError if CTranslate2 does not support the kind of model, or if its tokenizer is not a fast one.
    """
    from ctranslate2.converters import TransformersConverter

    words = getattr(student.tokenizer, "backend_tokenizer", None)
    if words is None:
        raise UserError("the model's tokenizer has no tokenizer.json; an export needs one")
    model: Any = copy.deepcopy(student.model)  # the loaders modify the model
    as_expected(model.config)

    class Converter(TransformersConverter):  # type: ignore[misc]
        def load_model(self, *_: Any, **__: Any) -> Any:
            return model

        def load_tokenizer(self, *_: Any, **__: Any) -> Any:
            return Names(student)

        def _load(self) -> Any:
            spec = super()._load()
            if spec.config.layer_norm_epsilon is None:
                spec.config.layer_norm_epsilon = epsilon(model.config)
            return spec

    plain = folder / "config-for-loader"
    weights = folder / "weights"
    try:
        student.model.config.save_pretrained(plain)
        with quiet():
            Converter(str(plain)).convert(str(weights), quantization=compute)
    except (ValueError, NotImplementedError, AttributeError, KeyError, TypeError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(f"CTranslate2 cannot convert a {type(model).__name__}: {reason}") from None
    finally:
        shutil.rmtree(plain, ignore_errors=True)
    for file in weights.iterdir():
        file.rename(folder / file.name)
    weights.rmdir()
    words.save(str(folder / FILE))
    about = {
        "format": FORMAT,
        "engine": "ctranslate2",
        "compute": compute,
        "end": student.tokenizer.eos_token_id,
        "parameters": student.parameters,
    }
    write_json(folder / INFO, student.info | {EXPORT: about})


class Names:
    """A loader's view of a tokenizer, in which a token's name is its id in digits.

    The vocabulary's own names are not unique: a loader pads rows without a token with `<extra_id_0>` and so on, which
    T5 already has.
    """

    chat_template = None

    def __init__(self, student: Writer) -> None:
        words = student.tokenizer
        self.rows = student.model.get_input_embeddings().weight.shape[0]
        self.eos_token = str(words.eos_token_id)
        for name in ("bos", "pad", "unk"):
            found = getattr(words, f"{name}_token_id")
            setattr(self, f"{name}_token", self.eos_token if found is None else str(found))

    def get_vocab(self) -> dict[str, int]:
        return {str(row): row for row in range(self.rows)}

    def convert_ids_to_tokens(self, row: int) -> str:
        return str(row)


def as_expected(config: Any) -> None:
    """Add to a config of transformers 5 the entries that CTranslate2's loaders expect.

    T5: the loader derives output scaling from `tie_word_embeddings`, which is now always true; mT5 never scales. BART:
    `normalize_before` was always false and was removed. Gemma: `rope_theta` moved into `rope_parameters`.
    """
    if config.model_type in ("t5", "mt5", "umt5"):
        config.tie_word_embeddings = getattr(config, "scale_decoder_outputs", False)
    if config.model_type == "bart":
        config.normalize_before = False
    if config.model_type.startswith("gemma"):
        rope = config.rope_parameters
        config.rope_theta = rope.get("full_attention", rope)["rope_theta"]
        if "sliding_attention" in rope:
            config.rope_local_base_freq = rope["sliding_attention"]["rope_theta"]


def epsilon(config: Any) -> float:
    """The epsilon of a model's norms; 1e-5, torch's default, if the config does not have one."""
    names = ("rms_norm_eps", "layer_norm_epsilon")
    return next((float(getattr(config, name)) for name in names if hasattr(config, name)), 1e-5)
