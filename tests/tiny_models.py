"""Model folders as small as can be: a 1 x 1 convolution that reads the colours of `synthetic.py`, with a card."""

from __future__ import annotations

import hashlib
import json
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


def model_bytes(
    channels: int = 19, inputs: int = 3, *, names: tuple[str, ...] = ("image",), halve: bool = False, sharpness: float = 1.0
) -> bytes:
    """An ONNX model: the softmax of how near each palette colour is, squared, which is linear in the pixel but for a constant."""
    colors = np.resize(COLORS / 255, (channels, inputs)).astype(np.float32)
    sharpness = np.float32(sharpness * 255**2 / 150)
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


#: The order and the names of face-parsing.PyTorch's BiSeNet, and of all that was made after it.
BISENET = (
    "background", "skin", "l_brow", "r_brow", "l_eye", "r_eye", "eye_g", "l_ear", "r_ear", "ear_r", "nose", "mouth", "u_lip",
    "l_lip", "neck", "neck_l", "cloth", "hair", "hat",
)  # fmt: skip
#: What those mean.
MEANS = {
    "l_brow": "left_eyebrow", "r_brow": "right_eyebrow", "l_eye": "left_eye", "r_eye": "right_eye", "eye_g": "eyeglasses",
    "l_ear": "left_ear", "r_ear": "right_ear", "ear_r": "earring", "mouth": "inner_mouth", "u_lip": "upper_lip",
    "l_lip": "lower_lip", "neck_l": "necklace", "cloth": "clothing",
}  # fmt: skip
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))

BISENET_CARD = """
name = "{name}"
version = "1.0.0"
family = "BiSeNet"
summary = "nineteen parts"
sha256 = "{sha256}"
parameters = 13_300_000
license = "MIT"
data_license = "non-commercial research and education only"
[input]
size = [{size}, {size}]
mean = [0.485, 0.456, 0.406]
std = [0.229, 0.224, 0.225]
[output]
name = "{output}"
values = "logits"
[labels]
classes = {classes}
[labels.means]
{means}
"""


def bisenet_bytes(seed: int | None = None, size: int = 512) -> bytes:
    """A network of BiSeNet's form: a fixed size, three outputs of logits as large as the crop, of which the first is the answer.

    Its weights read the colours of `synthetic.py` from pictures with ImageNet's mean and deviation; with a seed they are random.
    """
    make, numpy = onnx.helper, onnx.numpy_helper
    count = len(BISENET)
    rng = np.random.default_rng(seed)
    if seed is None:
        wanted = [scheme("celebamask").classes.index(MEANS.get(name, name)) for name in BISENET]
        colors, sharpness = (COLORS / 255)[wanted], 255**2 / 150
        mean, std = map(np.array, IMAGENET)
        weight, bias = 2 * sharpness * colors * std, sharpness * (2 * colors @ mean - (colors**2).sum(axis=1))
    else:
        weight, bias = rng.normal(0, 3, (count, 3)), rng.normal(0, 1, count)
    tensors = {"w0": weight[:, :, None, None], "b0": bias}
    nodes = [make.make_node("Conv", ["input", "w0", "b0"], ["output"])]
    for head in (1, 2):  # the auxiliary ones, coarser and enlarged again
        tensors[f"w{head}"] = rng.normal(0, 1, (count, 3, 8, 8))
        nodes += [
            make.make_node("Conv", ["input", f"w{head}"], [f"coarse{head}"], strides=[8, 8]),
            make.make_node("Resize", [f"coarse{head}", "", "scales"], [f"aux{head}"], mode="linear"),
        ]
    tensors["scales"] = np.array([1, 1, 8, 8])
    shape, names = ["batch", count, size, size], ("output", "aux1", "aux2")
    graph = make.make_graph(
        nodes,
        "bisenet",
        [make.make_tensor_value_info("input", onnx.TensorProto.FLOAT, ["batch", 3, size, size])],
        [make.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in names],
        [numpy.from_array(np.asarray(values, np.float32), name) for name, values in tensors.items()],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def write_bisenet(folder: Path, seed: int | None = None, size: int = 512, **changes: Any) -> Path:
    """Its folder; `changes` go into the card."""
    content = bisenet_bytes(seed, size)
    card = {
        "name": folder.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": size,
        "output": "output",
        "classes": json.dumps(BISENET),
        "means": "\n".join(f'{name} = "{meaning}"' for name, meaning in MEANS.items()),
    } | changes
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    (folder / "card.toml").write_text(BISENET_CARD.format(**card), "utf-8")
    return folder


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


def with_integers(folder: Path, *, sha256: str | None = None) -> Path:
    """A model whose `model.int8.onnx` reads colours otherwise, so that it can be told which of them answered."""
    content = model_bytes(sharpness=0.5)
    (folder / "model.int8.onnx").write_bytes(content)
    card = folder / "card.toml"
    digest = sha256 or hashlib.sha256(content).hexdigest()
    card.write_text(f'{card.read_text("utf-8")}[int8]\nsha256 = "{digest}"\n[quality.fast]\nsize = 64\n', "utf-8")
    return folder
