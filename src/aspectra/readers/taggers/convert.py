"""Converts a tagger to files for onnxruntime. Called by `export`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from aspectra.errors import UserError
from aspectra.files import write_json
from aspectra.info import EXPORT
from aspectra.quiet import quiet
from aspectra.readers.taggers import vocabulary
from aspectra.readers.taggers.in_onnx import arrays
from aspectra.readers.taggers.signature import ENGINE, FORMAT, GRAPH, TOKENIZER
from aspectra.students.taggers.tagger import Tagger
from aspectra.weights import INFO

COMPUTE = ("int8", "float32")  # smallest first: `auto` tries them in this order


def convert(tagger: Tagger, folder: Path, lender: Tagger | None = None) -> None:
    """Write graph, tokenizer, table of meanings and `aspectra.json`, in 32-bit floats; the tagger is not changed.

    Raises UserError if torch cannot trace the encoder, or if `lender` cannot lend its meanings (`vocabulary`).
    """
    from aspectra.readers.taggers.graph import write

    try:
        write(tagger.model, folder / GRAPH)
    except Exception as error:  # the tracer raises whatever the encoder's code raises
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        kind = type(tagger.model.encoder).__name__
        raise UserError(f"torch cannot convert a {kind} to a graph: {reason}; use the student's own folder") from None
    with quiet():  # with the weights, these make the student trainable again
        tagger.model.encoder.config.save_pretrained(folder)
        tagger.tokenizer.save_pretrained(folder)
    tagger.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
    vocabulary.write(tagger, folder, lender)
    describe(tagger, folder, "float32")


def shrink(tagger: Tagger, whole: Path, folder: Path, sentences: Sequence[str], threads: int | None = None) -> None:
    """Write the 8-bit version of the export in `whole`; some sentences set the ranges of the quantization."""
    import onnx

    from aspectra.readers.taggers.quantize import quantize, ranges

    model = onnx.load(str(whole / GRAPH))
    pieces = [one for one in tagger.encoder().pieces(sentences) if one.words]
    # One by one: padding is not real input.
    seen = ranges(model, (arrays([one], tagger.pad) for one in pieces), threads)
    onnx.save(quantize(model, seen), str(folder / GRAPH))
    for file in (file for file in whole.iterdir() if file.name not in (GRAPH, INFO)):
        shutil.copyfile(file, folder / file.name)
    describe(tagger, folder, "int8")


def describe(tagger: Tagger, folder: Path, compute: str) -> None:
    """Write `aspectra.json`."""
    about = {
        "format": FORMAT,
        "engine": ENGINE,
        "compute": compute,
        "pad": tagger.pad,
        "room": tagger.encoder().room,
        "parameters": tagger.parameters,
    } | ({"categories": list(tagger.categories)} if tagger.categories else {})
    write_json(folder / INFO, tagger.info | {EXPORT: about})
