"""From the export of a tagger to a student's folder with trainable weights. Used by `shipped`.

An export's graph has the student's weights under their names, except for the matrices of products, which are transposed
and have meaningless names. But the node of a product is named after its module:
`/encoder/encoder/layer.0/output/dense/MatMul` has the `weight` of `encoder.encoder.layer.0.output.dense`. What 8 bits
(`aspectra.readers.taggers.quantize`) rounded away is lost: up to half a step, which is 1/254 of the largest number of
an embedding; for a column of weights 1/128, after each is multiplied by the strength of its input.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.files import write_json, write_text
from aspectra.info import EXPORT, digest, read_info
from aspectra.quiet import quiet
from aspectra.weights import HEADS, INFO, RUN

GRAPH = RUN[1]
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
ENCODER, WHOLE, PARTS = "encoder.", "network.", "heads."
LEARNED = tuple(f"{head}.{part}" for head in ("tag", "polarity.0", "polarity.3") for part in ("weight", "bias"))


def recover(export: Path, folder: Path) -> None:
    """Write the student's folder: the encoder for `transformers` in 32-bit floats, its heads, tokenizer and
    `aspectra.json`. The head for ratings, which no export has, starts at zero.

    Raises UserError if the export lacks something: it is of an earlier version, of a student of categories, or of an
    encoder whose weights are organized differently than in BERT and MPNet.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import AutoConfig, AutoModel

    files = (GRAPH, "config.json", *TOKENIZER)
    if lost := [name for name in files if not (export / name).is_file()]:
        raise UserError(f"{export} has no {lost[0]}, so it cannot be trained; export its student again")
    found = {name: torch.from_numpy(value) for name, value in weights(export / GRAPH).items()}
    with quiet(), torch.random.fork_rng(devices=[]):
        config: Any = AutoConfig.from_pretrained(export, trust_remote_code=False)
        kinds: Any = AutoModel
        encoder = kinds.from_config(config, trust_remote_code=False)
        if hasattr(encoder, "pooler"):
            encoder.pooler = None
        encoder.load_state_dict(wanted(export, encoder.state_dict(), found, ENCODER))
        encoder.save_pretrained(folder)
    width = config.hidden_size
    rated = {"rating.weight": torch.zeros(1, 2 * width), "rating.bias": torch.zeros(1)}
    if lost := [name for name in LEARNED if PARTS + name not in found]:
        raise UserError(f"the graph in {export} has no head {lost[0]}; use another student")
    heads = {name: found[PARTS + name].contiguous() for name in LEARNED}
    save_file(heads | rated, folder / HEADS)
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)
    for name in TOKENIZER:
        shutil.copyfile(export / name, folder / name)
    info = {name: value for name, value in read_info(export).items() if name != EXPORT}
    source = {"source": f"weights recovered from the export {digest(export)}"}
    write_json(folder / INFO, info | {"provenance": info.get("provenance", {}) | source})
    write_text(folder / "README.md", f"# A student of its export\n\nMade by Aspectra: {source['source']}.\n")


def wanted(export: Path, needed: dict[str, Any], found: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The weights that a module needs. Raises UserError if one is missing or has another shape."""
    for name, value in needed.items():
        other = found.get(prefix + name)
        if other is None or other.shape != value.shape:
            raise UserError(f"the graph in {export} has no {name} of this encoder; use another student")
    return {name: found[prefix + name] for name in needed}


def weights(graph: Path) -> dict[str, Any]:
    """Arrays by their names in a tagger's network (`encoder.*`, `heads.*`)."""
    import onnx

    model = onnx.load(str(graph)).graph
    values = {each.name: onnx.numpy_helper.to_array(each).copy() for each in model.initializer}
    for node in model.node:  # a graph stores equal vectors once
        if node.op_type == "Identity" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    found = {f"{path(node.name)}.weight": weight for node in model.node for weight in taken(node, values)}
    for name, value in values.items():
        table = name.removesuffix(":whole")
        if table != name:  # integers: for embeddings, with one scale for each row
            value = value * values[f"{table}:scale"]
        if table.startswith(WHOLE) and not table.endswith(":scale"):
            found[table.removeprefix(WHOLE)] = value
    return found


def taken(node: Any, values: dict[str, Any]) -> Iterator[Any]:
    """The weight matrix of a node, in the layout of its module."""
    inputs = list(node.input)
    if node.op_type == "MatMul" and inputs[1] in values:
        yield values[inputs[1]].T.copy()
    elif node.op_type == "MatMulIntegerToFloat":
        value, weight = (name.removesuffix(":whole") for name in inputs[:2])
        strength = values[f"{value}:weakened"][:, None]
        yield (values[f"{weight}:whole"] * values[f"{weight}:scale"] * strength).T.copy()


def path(node: str) -> str:
    """The module that a node is named after. The heads are called directly, so their nodes lack the prefix.

    >>> path("/encoder/encoder/layer.0/output/dense/MatMul"), path("/polarity/polarity.3/MatMul")
    ('encoder.encoder.layer.0.output.dense', 'heads.polarity.3')
    """
    parts = node.strip("/").split("/")[:-1]
    name = ".".join(part for part, after in pairwise([*parts, ""]) if not after.startswith(f"{part}."))
    return name if name.startswith(ENCODER) else f"{PARTS}{name}"
