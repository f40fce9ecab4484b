"""Model folders that read the colours of `tiny_faces`, with weights in half precision as `facefx_training.export` writes them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import onnx
import tomli_w
from onnx import TensorProto, helper, numpy_helper
from tiny_faces import COLOURS

from facefx.labels import Region, scheme

#: Of a model of the 19 parts: a 3 x 3 convolution from 3 channels to 3, and one of single pixels from 3 to 19.
MULTIPLY_ADDS_A_PIXEL = 3 * 3 * 9 + 3 * 19


def model_bytes(labels: str = "celebamask", *, blind_to: tuple[str, ...] = ()) -> bytes:
    """The softmax of how near each part's colour is; `blind_to` are parts that are never said.

    For a scheme with fewer parts their probabilities are summed.
    """
    celebamask, known = scheme("celebamask"), scheme(labels)
    colours = COLOURS / 255
    passing = np.zeros((3, 3, 3, 3))
    passing[range(3), range(3), 1, 1] = 1
    sharpness = 200.0
    bias = -sharpness * (colours**2).sum(1)
    bias[[celebamask.indices_of(part)[0] for part in blind_to]] = -1e4
    merging = np.zeros((len(known), 19, 1, 1))
    merging[known.lookup_from(celebamask)[:19], range(19)] = 1
    weights = {"first": passing, "second": 2 * sharpness * colours[:, :, None, None], "third": merging}
    nodes = [helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT) for name in weights]
    nodes += [
        helper.make_node("Conv", ["image", "first"], ["seen"], "passing", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["seen"], ["positive"], "relu"),
        helper.make_node("Conv", ["positive", "second", "bias"], ["logits"], "reading"),
        helper.make_node("Softmax", ["logits"], ["parts"], "softmax", axis=1),
        helper.make_node("Conv", ["parts", "third"], ["probabilities"], "merging"),
    ]
    if labels == "celebamask":
        del nodes[-1], nodes[2], weights["third"]
        nodes[-1].output[0] = "probabilities"
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(known), "h", "w"])],
        [
            *(numpy_helper.from_array(w.astype(np.float16), f"{name}.half") for name, w in weights.items()),
            numpy_helper.from_array(bias.astype(np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def write_model(folder: Path, labels: str = "celebamask", *, size: int = 96, blind_to: tuple[str, ...] = ()) -> Path:
    content = model_bytes(labels, blind_to=blind_to)
    card = {
        "name": folder.name,
        "version": "1.0.0",
        "family": "tiny",
        "summary": "reads colours",
        "sha256": hashlib.sha256(content).hexdigest(),
        "parameters": 157,
        "license": "Apache-2.0",
        "data_license": "none",
        "input": {"size": [size, size]},
        "labels": {"scheme": labels, "classes": list(scheme(labels).classes)},
        "scores": {"end_to_end": {"mean_f1": 1.0}},
        "training": {"data": {"tiny": {"pictures": 8, "license": "none"}}},
    }
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    (folder / "card.toml").write_text(tomli_w.dumps(card), "utf-8")
    return folder


def less_sure(folder: Path, part: Region | str, added: float) -> Path:
    """The model less sure of what it says, with so much added to the logits of a part."""
    model = onnx.load(folder / "model.onnx")
    for tensor in model.graph.initializer:
        if tensor.name in ("bias", "second.half"):
            values = numpy_helper.to_array(tensor) * 0.1
            if tensor.name == "bias":
                values[list(scheme("celebamask").indices_of(part))] += added
            tensor.CopyFrom(numpy_helper.from_array(values.astype(numpy_helper.to_array(tensor).dtype), tensor.name))
    content = model.SerializeToString()
    card, old = folder / "card.toml", hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    (folder / "model.onnx").write_bytes(content)
    card.write_text(card.read_text("utf-8").replace(old, hashlib.sha256(content).hexdigest()), "utf-8")
    return folder
