"""From a network to the bytes of an ONNX model, and those with half-size weights."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

__all__ = ["halved", "write_onnx"]

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
    content = buffer.getvalue()
    onnx.checker.check_model(content, full_check=True)
    return content


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
