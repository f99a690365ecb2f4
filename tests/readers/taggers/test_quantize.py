"""8 bits: nothing overflows on any processor, and little is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.students.taggers.families import EACH
from tests.students.taggers.labels import SENTENCES

from aspectra.readers.opening import open_reader
from aspectra.readers.taggers.quantize import LARGEST, order, products, quantize, ranges, rounded

Made = Callable[[str, str], Path]
PAIR = 2 * 255 * LARGEST  # the largest sum of two products of an unsigned input and a weight


def saturating(inputs: Any, weights: Any) -> Any:
    """A product of whole numbers as x86 without VNNI has it: pairs are added into 16 bits, which saturate."""
    products_ = inputs[..., :, None].astype(np.int64) * weights[None].astype(np.int64)
    pairs = products_.reshape(len(inputs), -1, 2, weights.shape[1]).sum(2)
    return pairs.clip(-(2**15), 2**15 - 1).sum(1)


def test_the_worst_inputs_overflow_nothing() -> None:
    draw = np.random.default_rng(1)
    weights = rounded(draw.normal(size=(64, 16)).astype(np.float32), axis=0)[0]
    weights[:2, 0] = LARGEST
    inputs = draw.integers(0, 256, size=(20, 64), dtype=np.uint8)
    inputs[0] = 255
    assert PAIR <= 2**15 - 1
    assert (saturating(inputs, weights) == inputs.astype(np.int64) @ weights.astype(np.int64)).all()
    eight = (weights.astype(np.int64) * 127 // LARGEST).astype(np.int8)
    assert (saturating(inputs, eight) != inputs.astype(np.int64) @ eight.astype(np.int64)).any(), "8 bits would"


@pytest.mark.parametrize("kind", EACH)
def test_every_product_of_the_encoder_is_of_small_whole_numbers(kind: str, reader_of: Made) -> None:
    import onnx

    whole, small = (onnx.load(str(reader_of(kind, each) / "model.onnx")).graph for each in ("float32", "int8"))
    made = [node for node in small.node if node.op_type == "MatMulIntegerToFloat"]
    assert len(made) == len(products(whole)) >= 8
    assert not products(small)
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in small.initializer}
    for node in made:
        assert constants[node.input[1]].dtype == np.int8
        assert np.abs(constants[node.input[1]].astype(int)).max() <= LARGEST
        assert constants[node.input[4]].dtype == np.uint8


@pytest.mark.parametrize("kind", EACH)
def test_little_is_lost(kind: str, reader_of: Made) -> None:
    some = [example.text for example in SENTENCES]
    one, other = (open_reader(reader_of(kind, each), threads=1).read(some) for each in ("float32", "int8"))
    pairs = list(zip(one, other, strict=True))
    alike = [(a, b) for a, b in pairs if [o.start for o in a.found] == [o.start for o in b.found]]
    assert len(alike) >= 0.8 * len(pairs)
    off = [abs(x.confidence - y.confidence) for a, b in alike for x, y in zip(a.found, b.found, strict=True)]
    assert sum(off) / len(off) < 0.05


def test_a_weight_that_two_inputs_share_is_right_for_both() -> None:
    """DeBERTa projects words and distances by one matrix. Here the columns of the inputs reach far in other places."""
    import onnx
    import onnxruntime

    make, kind = onnx.helper.make_node, onnx.TensorProto.FLOAT
    draw = np.random.default_rng(5)
    weight = draw.normal(size=(32, 16)).astype(np.float32)
    reach = np.geomspace(0.1, 30, 32).astype(np.float32)
    feed = {
        "a": (draw.normal(size=(1, 9, 32)) * reach).astype(np.float32),
        "b": (draw.normal(size=(1, 9, 32)) * reach[::-1]).astype(np.float32),
    }
    graph = onnx.helper.make_graph(
        [make("MatMul", [name, "w"], [f"{name}w"], f"/encoder/{name}") for name in "ab"],
        "g",
        [onnx.helper.make_tensor_value_info(name, kind, [1, 9, 32]) for name in "ab"],
        [onnx.helper.make_tensor_value_info(f"{name}w", kind, [1, 9, 16]) for name in "ab"],
        [onnx.numpy_helper.from_array(weight, "w")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
    made = quantize(model, ranges(model, [feed]))
    for name, found in zip("ab", onnxruntime.InferenceSession(made.SerializeToString()).run(None, feed), strict=True):
        exact = feed[name] @ weight
        assert np.abs(found - exact).mean() < 0.03 * np.abs(exact).mean()


def test_a_row_of_zeros_stays_one() -> None:
    whole, scale = rounded(np.array([[0.0, 0.0], [0.5, -1.0]], np.float32), axis=1)
    assert whole.tolist() == [[0, 0], [32, -64]]
    assert (whole * scale[:, None]).tolist() == [[0.0, 0.0], [0.5, -1.0]]


def test_nodes_are_put_behind_what_they_take() -> None:
    import onnx

    make = onnx.helper.make_node
    graph = onnx.helper.make_graph(
        [make("Neg", ["b"], ["c"]), make("Neg", ["a"], ["b"])],
        "g",
        [onnx.helper.make_tensor_value_info("a", 1, [1])],
        [],
    )
    order(graph)
    assert [node.output[0] for node in graph.node] == ["b", "c"]
