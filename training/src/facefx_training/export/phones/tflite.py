"""LiteRT's (TensorFlow Lite's) ``model.tflite``: litert-torch writes it, ai-edge-quantizer shrinks it, ai-edge-litert runs it.

Input and output are float32 and NHWC in every precision: pixels as an Android bitmap has them, and the classes of a pixel together.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .converters import Job, converter, hushed

__all__ = ["open_model", "write"]

_FILE, _EXTRA = "model.tflite", "tflite"
#: What litert-torch calls a model's only function and its input.
_FUNCTION, _INPUT = "serving_default", "args_0"


class _ChannelsLast(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.network(image.permute(0, 3, 1, 2))
        return logits.permute(0, 2, 3, 1)


def write(job: Job) -> list[str]:
    """Write model.tflite. `float16` and `int8` are made from the float32 file; int8 has float32 at both ends."""
    litert = converter("litert_torch", _EXTRA)
    path = job.folder / _FILE
    with hushed():
        litert.convert(_ChannelsLast(job.network).eval(), (torch.rand(1, job.size, job.size, 3),)).export(str(path))
        if job.precision != "float32":
            _shrink(path, job)
    return [_FILE]


def _shrink(path: Path, job: Job) -> None:
    quantizing = converter("ai_edge_quantizer", _EXTRA)
    kinds, algorithms = quantizing.qtyping, quantizing.algorithm_manager.AlgorithmName
    every = kinds.TFLOperationName.ALL_SUPPORTED
    ranges = None
    if job.precision == "float16":
        quantizer = quantizing.Quantizer(str(path))
        halves = kinds.TensorQuantizationConfig(num_bits=16, dtype=kinds.TensorDataType.FLOAT)
        config = kinds.OpQuantizationConfig(weight_tensor_config=halves, compute_precision=kinds.ComputePrecision.FLOAT)
        quantizer.update_quantization_recipe(".*", every, config, algorithms.FLOAT_CASTING)
    else:
        quantizer = quantizing.Quantizer(str(path), quantizing.recipe.static_wi8_ai8())
        for end in (kinds.TFLOperationName.INPUT, kinds.TFLOperationName.OUTPUT):
            quantizer.update_quantization_recipe(".*", end, algorithm_key=algorithms.NO_QUANTIZE)
        ranges = quantizer.calibrate({_FUNCTION: [{_INPUT: crop[None]} for crop in job.crops]})
    quantizer.quantize(ranges).export_model(str(path), overwrite=True)


def open_model(folder: Path) -> Callable[[np.ndarray], np.ndarray]:
    """Run model.tflite by LiteRT on one thread: (S, S, 3) → (classes, S, S)."""
    interpreters = converter("ai_edge_litert.interpreter", _EXTRA)
    with hushed():
        interpreter = interpreters.Interpreter(str(folder / _FILE), num_threads=1)
        interpreter.allocate_tensors()
    taken, given = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def run(crop: np.ndarray) -> np.ndarray:
        interpreter.set_tensor(taken, crop[None])
        interpreter.invoke()
        answer: np.ndarray = interpreter.get_tensor(given)[0].transpose(2, 0, 1)
        return answer

    return run
