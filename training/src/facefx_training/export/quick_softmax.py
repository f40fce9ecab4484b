"""The softmax over the classes at the end of a model, in the steps that onnxruntime has done soonest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from onnx import ModelProto, NodeProto, helper, numpy_helper

__all__ = ["with_quick_softmax"]


def with_quick_softmax(model: ModelProto) -> ModelProto:
    """The model with another end that gives the same, but for rounding; as it is if it does not end in a softmax written out.

    ``exp(x - max x) / sum exp(x - max x)`` is the same whatever is subtracted from all classes of a pixel. So the largest of each
    pixel is taken away before logits are enlarged, from a quarter of the pixels; and the sum over the classes is a product of
    matrices, since ReduceSum over an axis that is not the last takes several times as long. The steps looked for are those of
    `networks.layers.softmax_of_classes`.
    """
    graph = model.graph
    made_by = {output: node for node in graph.node for output in node.output}
    steps = _softmax(graph.output[0].name, made_by)
    if steps is None:
        return model
    logits, shares, end = steps
    enlarged, small = _enlarged(logits, made_by)
    difference = made_by[shares.input[0]]
    classes = next((d.dim_value for d in graph.output[0].type.tensor_type.shape.dim[1:2]), 0)
    if enlarged is None or small is None or not classes:
        return model

    name = graph.output[0].name
    taken = [
        helper.make_node("ReduceMax", [small], [f"{name}.most"], axes=[1], keepdims=1),
        helper.make_node("Sub", [small, f"{name}.most"], [f"{name}.logits"], name=f"{name}.sub"),
    ]
    summed = [
        helper.make_node("Reshape", [shares.output[0], f"{name}.rows"], [f"{name}.flat"]),
        helper.make_node("MatMul", [f"{name}.ones", f"{name}.flat"], [f"{name}.total"]),
        helper.make_node("Reciprocal", [f"{name}.total"], [f"{name}.inverse"]),
        helper.make_node("Mul", [f"{name}.flat", f"{name}.inverse"], [f"{name}.shares"]),
        helper.make_node("Shape", [shares.output[0]], [f"{name}.shape"]),
        helper.make_node("Reshape", [f"{name}.shares", f"{name}.shape"], [name]),
    ]
    graph.initializer.append(numpy_helper.from_array(np.ones((1, classes), np.float32), f"{name}.ones"))
    graph.initializer.append(numpy_helper.from_array(np.array([0, 0, -1]), f"{name}.rows"))
    enlarged.input[0] = f"{name}.logits"
    shares.input[0] = logits
    inverse = made_by[next(i for i in end.input if i != shares.output[0])]
    total, most = made_by[inverse.input[0]], made_by[difference.input[1]]
    place = next(i for i, node in enumerate(graph.node) if node.output[0] == enlarged.output[0])
    for node in reversed(taken):
        graph.node.insert(place, node)
    for node in (difference, most, total, inverse, end):
        graph.node.remove(node)
    graph.node.extend(summed)
    return model


def _softmax(end: str, made_by: Mapping[str, NodeProto]) -> tuple[str, NodeProto, NodeProto] | None:
    """Of a softmax that is written out: what it is given, the node that takes the powers, and the last one."""
    product = made_by.get(end)
    if product is None or product.op_type != "Mul":
        return None
    makers = {made_by[name].op_type: made_by[name] for name in product.input if name in made_by}
    shares, inverse = makers.get("Exp"), makers.get("Reciprocal")
    difference = made_by.get(shares.input[0]) if shares is not None else None
    if shares is None or inverse is None or difference is None or difference.op_type != "Sub":
        return None
    most = made_by.get(difference.input[1])
    if most is None or most.op_type != "ReduceMax" or most.input[0] != difference.input[0]:
        return None
    return difference.input[0], shares, product


def _enlarged(name: str, made_by: Mapping[str, NodeProto]) -> tuple[NodeProto | None, str | None]:
    """The bilinear enlargement that a value comes from, whether margins were cut off since or not, and what was enlarged."""
    node = made_by.get(name)
    while node is not None and node.op_type == "Slice":
        node = made_by.get(node.input[0])
    mode = next((a.s for a in node.attribute if a.name == "mode"), b"") if node is not None else b""
    if node is None or node.op_type != "Resize" or mode != b"linear":
        return None, None
    return node, node.input[0]
