"""How long a model takes, told as a multiple of a fixed network's time in the same minute: so machines and busy hours compare."""

from __future__ import annotations

import time
from functools import cache
from statistics import median

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

__all__ = ["reference_network", "relative_time"]

_CHANNELS, _LAYERS, _SIZE = 32, 6, (160, 160)


@cache
def reference_network() -> bytes:
    """Six 3 x 3 convolutions with ReLU, 32 channels, for a picture of 160 x 160 pixels (1.2 G multiply-adds), always the same."""
    rng = np.random.default_rng(0)
    nodes, weights = [], []
    for layer in range(_LAYERS):
        kernel = rng.normal(0, 0.08, (_CHANNELS, _CHANNELS if layer else 3, 3, 3)).astype(np.float32)
        weights.append(numpy_helper.from_array(kernel, f"w{layer}"))
        nodes.append(helper.make_node("Conv", [f"x{layer}", f"w{layer}"], [f"y{layer}"], pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Relu", [f"y{layer}"], [f"x{layer + 1}"]))
    taken = helper.make_tensor_value_info("x0", TensorProto.FLOAT, [1, 3, *_SIZE])
    given = helper.make_tensor_value_info(f"x{_LAYERS}", TensorProto.FLOAT, [1, _CHANNELS, *_SIZE])
    graph = helper.make_graph(nodes, "reference", [taken], [given], weights)
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def relative_time(content: bytes, size: tuple[int, int], rounds: int = 9) -> float:
    """Time of a model for one picture of (height, width) pixels, over that of `reference_network` for its own.

    They take turns, and their medians count: of the processor time of one thread, in which other work on the machine hardly shows.
    """
    model, reference = _Timed(content, size), _Timed(reference_network(), _SIZE)
    pairs = [(model.seconds(), reference.seconds()) for _ in range(rounds + 1)][1:]  # the first turn warms up
    return median(own for own, _ in pairs) / median(fixed for _, fixed in pairs)


class _Timed:
    def __init__(self, content: bytes, size: tuple[int, int]) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # onnxruntime then works in the thread that calls it
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.given = {self.session.get_inputs()[0].name: np.random.default_rng(0).random((1, 3, *size), np.float32)}

    def seconds(self) -> float:
        start = time.thread_time()
        self.session.run(None, self.given)
        return time.thread_time() - start
