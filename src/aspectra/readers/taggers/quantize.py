"""Quantizes a tagger's graph to 8 bits: integers in the encoder's matrix products and embeddings, floats elsewhere.

Called by `convert`. onnxruntime's own `quantize_dynamic` takes the range of a product's input from the current batch,
so a sentence's neighbors would change its answer. Here each range is fixed beforehand, as the widest over some
sentences ("static" quantization, Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference", section 2.1): real = scale * (integer - zero). A few columns of an input have much
larger values than the others, and would leave these only few of the integers. So each column is first divided by a
strength, and the weights are multiplied by it (Xiao et al. 2023, "SmoothQuant: Accurate and Efficient Post-Training
Quantization for Large Language Models", equation 4).

Inputs have 8 bits, unsigned; weights have 7, signed, with a scale for each column. x86 without VNNI adds pairs of
products into 16 bits that saturate (onnxruntime issue 12088): 2 * 255 * 64 = 32,640 fits, so every processor gives the
same sums. The heads stay in floats: they are small, and they make the decisions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LARGEST = 64  # the largest integer of a weight
ENCODER = "/encoder/"  # prefix of its nodes' names
CUSTOM = "com.microsoft"  # onnxruntime's own operators
EMBEDDINGS = 256  # an embedding table with at least this many rows is quantized
LEAST = 1e-5  # lower limit of a column's range: avoids a division by zero
SHIFT = 0.8  # SmoothQuant's alpha: the best of 0.5 to 1 on dev of two students' sets

Ranges = Mapping[str, tuple[Any, Any]]


def products(graph: Any) -> list[Any]:
    """The nodes of the encoder that multiply by a weight matrix."""
    weights = {each.name: each for each in graph.initializer}
    return [
        node
        for node in graph.node
        if node.op_type == "MatMul"
        and node.name.startswith(ENCODER)
        and (weight := weights.get(node.input[1])) is not None
        and len(weight.dims) == 2
    ]


def ranges(model: Any, feeds: Iterable[Mapping[str, Any]], threads: int | None = None) -> dict[str, tuple[Any, Any]]:
    """The minimum and maximum, zero included, of each column of each product's input: two arrays (width)."""
    import numpy as np
    import onnx
    import onnxruntime

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    graph, make = watched.graph, onnx.helper.make_node
    names = list(dict.fromkeys(node.input[0] for node in products(graph)))
    ends = [f"{name}:{way}" for name in names for way in ("Min", "Max")]
    del graph.output[:]
    constant(graph, "all:rows", np.array([0], np.int64))
    for node in products(graph):
        width = next(each.dims[0] for each in graph.initializer if each.name == node.input[1])
        constant(graph, f"{node.input[0]}:shape", np.array([-1, width], np.int64))
    for name in names:
        graph.node.append(make("Reshape", [name, f"{name}:shape"], [f"{name}:flat"]))
        for way in ("Min", "Max"):
            graph.node.append(make(f"Reduce{way}", [f"{name}:flat", "all:rows"], [f"{name}:{way}"], keepdims=0))
            graph.output.append(onnx.helper.make_tensor_value_info(f"{name}:{way}", onnx.TensorProto.FLOAT, [None]))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    session = onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found: dict[str, tuple[Any, Any]] = dict.fromkeys(names, (0.0, 0.0))
    for feed in feeds:
        values = session.run(ends, dict(feed))
        for name, low, high in zip(names, values[::2], values[1::2], strict=True):
            found[name] = (np.minimum(found[name][0], low), np.maximum(found[name][1], high))
    return found


def quantize(model: Any, seen: Ranges) -> Any:
    """A copy of the graph in 8 bits; `seen` has the range of each product's input."""
    import onnx

    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    part(graph)
    for name, (low, high) in seen.items():
        whole_input(graph, name, low, high)
    for node in products(graph):
        whole_product(graph, node)
    for node in [node for node in graph.node if node.op_type == "Gather"]:
        whole_table(graph, node)
    used = {name for node in graph.node for name in node.input}
    for each in [each for each in graph.initializer if each.name not in used]:
        graph.initializer.remove(each)
    order(graph)
    made.opset_import.append(onnx.helper.make_opsetid(CUSTOM, 1))
    return made


def part(graph: Any) -> None:
    """Give each product its own weight if products with different inputs share one, as in DeBERTa."""
    taken: dict[str, str] = {}
    for node in products(graph):
        value, name = node.input
        if taken.setdefault(name, value) != value:
            weight = next(each for each in graph.initializer if each.name == name)
            node.input[1] = f"{name}:{value}"
            if all(each.name != node.input[1] for each in graph.initializer):
                graph.initializer.add().CopyFrom(weight)
                graph.initializer[-1].name = node.input[1]


def whole_input(graph: Any, name: str, low: Any, high: Any) -> None:
    """Quantize a product's input, once for all products that use it; rescale their weights."""
    import numpy as np
    import onnx

    takers = {node.input[1] for node in products(graph) if node.input[0] == name}
    weights = [each for each in graph.initializer if each.name in takers]
    arrays = [onnx.numpy_helper.to_array(each) for each in weights]
    reach = np.maximum(np.maximum(-low, high), LEAST)
    size = np.maximum(np.max([np.abs(array).max(axis=1) for array in arrays], axis=0), LEAST)
    strength = reach**SHIFT / size ** (1 - SHIFT)
    for each, array in zip(weights, arrays, strict=True):
        each.CopyFrom(onnx.numpy_helper.from_array((array * strength[:, None]).astype(np.float32), each.name))
    bottom, top = float((low / strength).min()), float((high / strength).max())
    scale = max(top - bottom, LEAST) / 255
    constant(graph, f"{name}:scale", np.array(scale, np.float32))
    constant(graph, f"{name}:zero", np.array(round(-bottom / scale), np.uint8))
    constant(graph, f"{name}:weakened", (1 / strength).astype(np.float32))
    make, even = onnx.helper.make_node, f"{name}:even"
    graph.node.append(make("Mul", [name, f"{name}:weakened"], [even]))
    graph.node.append(make("QuantizeLinear", [even, f"{name}:scale", f"{name}:zero"], [f"{name}:whole"]))


def whole_product(graph: Any, node: Any) -> None:
    """Replace a product by an integer product; a bias that is added next is merged into it."""
    import onnx

    value, weight = node.input
    array = onnx.numpy_helper.to_array(next(each for each in graph.initializer if each.name == weight))
    whole, scale = rounded(array, axis=0)
    constant(graph, f"{weight}:whole", whole)
    constant(graph, f"{weight}:scale", scale)
    users = [each for each in graph.node if node.output[0] in each.input]
    constants = {each.name for each in graph.initializer if len(each.dims) == 1}
    added = users[0] if len(users) == 1 and users[0].op_type == "Add" and constants & set(users[0].input) else None
    bias = next((name for name in added.input if name in constants), "") if added is not None else ""
    inputs = [f"{value}:whole", f"{weight}:whole", f"{value}:scale", f"{weight}:scale", f"{value}:zero", "", bias]
    output = (added or node).output[0]
    for each in [node, *([added] if added is not None else [])]:
        graph.node.remove(each)
    graph.node.append(onnx.helper.make_node("MatMulIntegerToFloat", inputs, [output], node.name, domain=CUSTOM))


def whole_table(graph: Any, node: Any) -> None:
    """Quantize a large embedding table, with one scale per row, and dequantize the rows that are looked up."""
    import onnx

    name, rows = node.input
    table = next((each for each in graph.initializer if each.name == name), None)
    if table is None or len(table.dims) != 2 or table.dims[0] < EMBEDDINGS:
        return
    whole, scale = rounded(onnx.numpy_helper.to_array(table), axis=1, largest=127)
    constant(graph, f"{name}:whole", whole)
    constant(graph, f"{name}:scale", scale[:, None])
    output = node.output[0]
    graph.node.remove(node)
    make = onnx.helper.make_node
    graph.node.extend(
        [
            make("Gather", [f"{name}:whole", rows], [f"{output}:whole"], axis=0),
            make("Gather", [f"{name}:scale", rows], [f"{output}:scale"], axis=0),
            make("Cast", [f"{output}:whole"], [f"{output}:float"], to=onnx.TensorProto.FLOAT),
            make("Mul", [f"{output}:float", f"{output}:scale"], [output]),
        ]
    )


def rounded(array: Any, axis: int, largest: int = LARGEST) -> tuple[Any, Any]:
    """(integers from -largest to largest, scales): the maximum along `axis` sets each scale."""
    import numpy as np

    scale = np.maximum(np.abs(array).max(axis=axis, keepdims=True) / largest, 1e-12).astype(np.float32)
    return np.rint(array / scale).clip(-largest, largest).astype(np.int8), scale.squeeze(axis)


def constant(graph: Any, name: str, value: Any) -> None:
    """Add a constant, unless it exists."""
    import onnx

    if all(each.name != name for each in graph.initializer):
        graph.initializer.append(onnx.numpy_helper.from_array(value, name))


def order(graph: Any) -> None:
    """Sort the nodes topologically."""
    known = {each.name for each in (*graph.initializer, *graph.input)} | {""}
    waiting, placed = list(graph.node), []
    while waiting:
        ready = [node for node in waiting if all(name in known for name in node.input)]
        assert ready, "a graph has no circle"
        placed += ready
        known |= {name for node in ready for name in node.output}
        taken = {id(node) for node in ready}
        waiting = [node for node in waiting if id(node) not in taken]
    del graph.node[:]
    graph.node.extend(placed)
