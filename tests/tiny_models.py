"""Model folders as small as can be: a 1 x 1 convolution that reads the colours of `synthetic.py`, with a card."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facefx.labels import LabelScheme, scheme
from synthetic import COLORS

onnx = pytest.importorskip("onnx", reason="the tests make their models with the package onnx: pip install onnx")

CARD = """
name = "{name}"
version = "1.0.0"
family = "tiny"
summary = "reads colours"
sha256 = "{sha256}"
parameters = 76
license = "Apache-2.0"
data_license = "none"
[input]
size = [{size}, {size}]
[labels]
scheme = "{scheme}"
classes = {classes}
[scores]
mean_f1 = 0.5
"""


def model_bytes(channels: int = 19, inputs: int = 3, *, names: tuple[str, ...] = ("image",), halve: bool = False) -> bytes:
    """An ONNX model: the softmax of how near each palette colour is, squared, which is linear in the pixel but for a constant."""
    colors = np.resize(COLORS / 255, (channels, inputs)).astype(np.float32)
    sharpness = np.float32(255**2 / 150)
    weight = (2 * sharpness * colors)[:, :, None, None]
    bias = -sharpness * (colors**2).sum(axis=1)
    make = onnx.helper
    step = 2 if halve else 1
    nodes = [
        make.make_node("Conv", [names[0], "weight", "bias"], ["logits"], strides=[step, step]),
        make.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = make.make_graph(
        nodes,
        "tiny",
        [make.make_tensor_value_info(n, onnx.TensorProto.FLOAT, ["n", inputs, "h", "w"]) for n in names],
        [make.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, ["n", channels, "h2", "w2"])],
        [onnx.numpy_helper.from_array(weight, "weight"), onnx.numpy_helper.from_array(bias.astype(np.float32), "bias")],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def write_model(folder: Path, content: bytes | None = None, **changes: Any) -> Path:
    """A model folder; `changes` go into the card."""
    content = model_bytes() if content is None else content
    labels: LabelScheme = scheme(changes.pop("scheme", "celebamask"))
    card = {
        "name": folder.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": 64,
        "scheme": labels.name,
        "classes": list(labels.classes),
    } | changes
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    (folder / "card.toml").write_text(CARD.format(**card), "utf-8")
    return folder
