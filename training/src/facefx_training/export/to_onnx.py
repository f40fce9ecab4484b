"""From a network to the bytes of an ONNX model, those with half-size weights, and an older export's as they are written now."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from ..networks.onnx_graph import folded

__all__ = ["drop_unused", "halved", "rewritten", "write_onnx"]

_PIXELS = {0: "n", 2: "h", 3: "w"}


def write_onnx(model: nn.Module, output: str = "probabilities", axes: Mapping[int, str] = _PIXELS) -> bytes:
    """The model as ONNX with dynamic N, H and W, in float32.

    `output` is the name of what it gives, and `axes` those of its dimensions that depend on the picture.
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's newer exporter takes 20 s for the same graph
        torch.onnx.export(
            model,
            (torch.rand(1, 3, 64, 96),),
            buffer,  # type: ignore[arg-type]  # the older exporter takes one, its annotation is the newer one's
            dynamo=False,
            opset_version=17,
            input_names=["image"],
            output_names=[output],
            dynamic_axes={"image": dict(_PIXELS), output: dict(axes)},
        )
    content = _padded_by_convolutions(buffer.getvalue())
    onnx.checker.check_model(content, full_check=True)
    return content


def rewritten(content: bytes) -> bytes:
    """A model that was exported earlier, with the same weights in the graph that is written today."""
    content = _padded_by_convolutions(_without_softmax(content))
    onnx.checker.check_model(content, full_check=True)
    return content


def _without_softmax(content: bytes) -> bytes:
    """The model with each Softmax over the classes written out, as `networks.layers.softmax_of_classes` does and says why."""
    model = onnx.load_from_string(content)
    graph = model.graph
    for place, node in reversed(list(enumerate(graph.node))):
        if node.op_type != "Softmax" or next((a.i for a in node.attribute if a.name == "axis"), -1) != 1:
            continue
        (logits,), (output,) = node.input, node.output
        axes, most, lower, shares, total, inverse = (f"{output}.{part}" for part in ("axes", "max", "sub", "exp", "sum", "inverse"))
        graph.initializer.append(numpy_helper.from_array(np.array([1]), axes))
        steps = [
            helper.make_node("ReduceMax", [logits], [most], axes=[1], keepdims=1),
            helper.make_node("Sub", [logits, most], [lower]),
            helper.make_node("Exp", [lower], [shares]),
            helper.make_node("ReduceSum", [shares, axes], [total], keepdims=1),
            helper.make_node("Reciprocal", [total], [inverse]),
            helper.make_node("Mul", [shares, inverse], [output]),
        ]
        graph.node.remove(node)
        for step in reversed(steps):
            graph.node.insert(place, step)
    return model.SerializeToString()


def _padded_by_convolutions(content: bytes) -> bytes:
    """The model without Pads with zeros that feed one convolution, which pads by itself then: a pass over memory less each.

    The convolutions stay in the order in which the network uses them, by which `run.published` knows them.
    """
    known = folded(content).graph  # works out by how much is padded, but puts the nodes into another order
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in known.initializer}
    margins = {
        node.output[0]: constants[node.input[1]].reshape(2, -1)
        for node in known.node
        if node.op_type == "Pad" and _pads_zeros(node, constants)
    }
    model = onnx.load_from_string(content)
    graph = model.graph
    for pad in [node for node in graph.node if node.output[0] in margins and not margins[node.output[0]][:, :2].any()]:
        following = [node for node in graph.node if pad.output[0] in node.input]
        if len(following) != 1 or following[0].op_type != "Conv":
            continue
        (convolution,) = following
        own = next((attribute for attribute in convolution.attribute if attribute.name == "pads"), None)
        before = list(own.ints) if own is not None else [0] * 4
        if own is not None:
            convolution.attribute.remove(own)
        pads = [int(p + q) for p, q in zip(margins[pad.output[0]][:, 2:].ravel(), before, strict=True)]
        convolution.attribute.append(helper.make_attribute("pads", pads))
        convolution.input[0] = pad.input[0]
    drop_unused(graph)
    return model.SerializeToString()


def drop_unused(graph: onnx.GraphProto) -> None:
    """Remove the nodes and constants that nothing reads any more."""
    wanted = {output.name for output in graph.output}
    for node in reversed(list(graph.node)):  # in order of use, so readers come before what they read
        if wanted.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            wanted.update(node.input)
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in wanted]:
        graph.initializer.remove(tensor)


def _pads_zeros(pad: onnx.NodeProto, constants: Mapping[str, np.ndarray]) -> bool:
    mode = next((a.s for a in pad.attribute if a.name == "mode"), b"constant")
    value = constants.get(pad.input[2], np.float32(1)) if len(pad.input) > 2 and pad.input[2] else np.float32(0)
    return mode == b"constant" and pad.input[1] in constants and not np.any(value)


def halved(content: bytes) -> bytes:
    """The ONNX model with convolutions' weights in float16 and a cast behind, which runtimes do once, when they load the model."""
    model = onnx.load_from_string(content)
    graph, casts = model.graph, []
    for weights in graph.initializer:
        if weights.data_type != TensorProto.FLOAT or len(weights.dims) < 2:
            continue
        name = weights.name
        weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights).astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()
