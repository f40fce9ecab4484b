"""A model's network in 8-bit integers, judged before it is called done."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import tomli_w
from onnx import ModelProto
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.quant_utils import add_pre_process_metadata

from facefx.inference.cards import ModelCard, int8_of

from ..data import Pictures
from ..judge.entrant import Entrant
from ..judge.predictors import whole_frame
from ..networks.onnx_graph import folded
from .quick_softmax import with_quick_softmax

__all__ = ["quantize"]

#: What is computed in integers. Pooling, normalisation and whatever else there is stays in float32 between them.
_INTEGER = ["Conv", "ConvTranspose", "Gemm", "MatMul", "Add", "Concat", "Resize", "Relu", "Clip", "LeakyRelu"]
_METHOD = "onnxruntime, static, QDQ; weights int8 by channel in 7 bits, activations uint8, the last layer and softmax float32"


def quantize(model: Path, calibration: np.ndarray, judged: Pictures, on: str) -> dict[str, Any]:
    """Write a model's network in 8-bit integers beside its weights, for the qualities that are to be quick.

    Weights are rounded by output channel to 7 bits, which processors without integer dot products add up without overflow
    (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html), so that all processors answer alike. The ranges
    of the values in between are what the calibration pictures reach, averaged over them.

    Parameters
    ----------
    model : model folder. The file and the card's ``[int8]`` appear only when all went well.
    calibration : (N, H, W, 3) uint8 RGB, pictures that the model was trained on.
    judged : other pictures, labelled in CelebAMask-HQ's order.
    on : what those are, for the card.

    Returns
    -------
    dict
        The card's ``[int8]``. `same_labels` is the share of pixels in percent to which both versions give the same label on given
        crops, and `lost_f1` by how much mean F1 fell there.
    """
    source = ModelCard.read(model)
    with TemporaryDirectory(dir=model.parent) as work:
        written, card_file = Path(work) / int8_of(source.WEIGHTS), Path(work) / "card.toml"
        _write_integers(source, calibration, written)
        content = written.read_bytes()
        said = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "method": _METHOD,
            "pictures": len(calibration),
            "on": on,
            **_compared(Entrant.read(model), content, judged),
        }
        card = tomllib.loads((model / "card.toml").read_text("utf-8"))
        card_file.write_text(tomli_w.dumps(card | {"int8": said}), "utf-8")
        for file in (written, card_file):
            file.replace(model / file.name)
    return said


def _write_integers(source: ModelCard, calibration: np.ndarray, path: Path) -> None:
    graph = with_quick_softmax(folded(source.model_bytes()))
    for index, node in enumerate(graph.graph.node):
        node.name = node.name or f"node{index}"
    add_pre_process_metadata(graph)  # it is what `folded` did
    quantize_static(
        graph,
        path,
        _Pictures(calibration, source.input_size[0], graph.graph.input[0].name),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=_INTEGER,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=_from_last_layer(graph),
        extra_options={"CalibMovingAverage": True},
    )


def _from_last_layer(model: ModelProto) -> list[str]:
    """Names of the last convolution and all after it: probabilities need finer steps than 256."""
    nodes = model.graph.node
    last = max(index for index, node in enumerate(nodes) if node.op_type in ("Conv", "ConvTranspose", "Gemm"))
    return [node.name for node in nodes[last:]]


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Pictures one by one, as the network is given them."""

    def __init__(self, pictures: np.ndarray, size: int, name: str) -> None:
        self.rest, self.size, self.name = iter(pictures), size, name

    def get_next(self) -> dict[str, np.ndarray] | None:
        picture = next(self.rest, None)
        if picture is None:
            return None
        small = cv2.resize(picture, (self.size, self.size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        return {self.name: np.ascontiguousarray(small.transpose(2, 0, 1)[None])}


def _compared(model: Entrant, integers: bytes, pictures: Pictures) -> dict[str, float]:
    """How the integers compare with the floats that they were made from."""
    (card,) = model.cards
    size = card.input_size[0]
    before, labels_before = model.judge(whole_frame(card.model_bytes(), size), pictures)
    after, labels_after = model.judge(whole_frame(integers, size), pictures)
    same = np.mean([(a == b).mean() for a, b in zip(labels_before, labels_after, strict=True)])
    return {"same_labels": round(100 * float(same), 2), "lost_f1": round(before["mean_f1"] - after["mean_f1"], 2)}
