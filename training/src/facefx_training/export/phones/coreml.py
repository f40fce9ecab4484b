"""Core ML's ``model.mlpackage``, which coremltools writes on any platform and Apple's run: an image goes in, as Vision gives it.

An ML program for iOS 16 and macOS 13. `int8` are the weights, by channel; what is between the layers stays float16.
"""

from __future__ import annotations

from typing import Any

import torch

from .converters import Job, converter, hushed

__all__ = ["write"]

_FILE, _EXTRA = "model.mlpackage", "coreml"


def write(job: Job) -> list[str]:
    """Write model.mlpackage, a folder. coremltools cannot run it but on macOS."""
    coreml: Any = converter("coremltools", _EXTRA)
    exact = job.precision == "float32"
    with hushed():
        traced = torch.jit.trace(job.network, torch.rand(1, 3, job.size, job.size))
        image = coreml.ImageType("image", (1, 3, job.size, job.size), scale=1 / 255, color_layout=coreml.colorlayout.RGB)
        model = coreml.convert(
            traced,
            inputs=[image],
            outputs=[coreml.TensorType("logits")],
            convert_to="mlprogram",
            minimum_deployment_target=coreml.target.iOS16,
            compute_precision=coreml.precision.FLOAT32 if exact else coreml.precision.FLOAT16,
            skip_model_load=True,
        )
        if job.precision == "int8":
            optimizing = converter("coremltools.optimize.coreml", _EXTRA)
            channels = optimizing.OpLinearQuantizerConfig(mode="linear_symmetric", dtype="int8", granularity="per_channel")
            model = optimizing.linear_quantize_weights(model, optimizing.OptimizationConfig(global_config=channels))
        model.save(str(job.folder / _FILE))
    return [_FILE]
