"""ONNX's operators as torch has them: those of our families' graphs, and of most other networks of convolutions.

Each takes the node's inputs, tensors and numpy's constants as they come, and its attributes. What they mean: https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from facefx.errors import ModelError

__all__ = ["OPERATORS", "Operator"]

#: What it is given: the inputs (None where one is left out), the attributes, and the shape of what it shall give.
Operator = Callable[[Sequence[Any], Mapping[str, Any], Sequence[int]], Any]


def _convolution(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    x, weights, bias = _three(given)
    x, margin = _padded(x, has)
    return F.conv2d(x, weights, bias, has.get("strides", 1), margin, has.get("dilations", 1), has.get("group", 1))


def _transposed(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    x, weights, bias = _three(given)
    top, left, bottom, right = has.get("pads", [0] * 4)
    if (top, left) != (bottom, right):
        raise ModelError("its transposed convolutions cut off more at one side than at the other, which is not written.")
    further = has.get("output_padding", [0, 0])
    return F.conv_transpose2d(
        x, weights, bias, has.get("strides", 1), [top, left], further, has.get("group", 1), has.get("dilations", 1)
    )


def _largest(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    x, margin = _padded(given[0], has, value=float("-inf"))
    upward = bool(has.get("ceil_mode", 0))
    return F.max_pool2d(x, has["kernel_shape"], has.get("strides", 1), margin, has.get("dilations", 1), upward)


def _mean_of_blocks(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    top, left, bottom, right = has.get("pads", [0] * 4)
    if (top, left) != (bottom, right):
        raise ModelError("its mean pooling pads one side more than the other; only the same on both is written.")
    counted, upward = bool(has.get("count_include_pad", 0)), bool(has.get("ceil_mode", 0))
    return F.avg_pool2d(given[0], has["kernel_shape"], has.get("strides", 1), [top, left], upward, counted)


def _three(given: Sequence[Any]) -> tuple[Any, Any, Any]:
    x, weights, bias = [*given, None][:3]
    return x, weights, bias


def _padded(x: Tensor, has: Mapping[str, Any], value: float = 0.0) -> tuple[Tensor, list[int]]:
    """The input and what torch's own margins add to it: all there is, unless one side gets more than the other."""
    if has.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ModelError("its margins are left to the runtime (auto_pad); export it with their widths.")
    top, left, bottom, right = has.get("pads", [0] * 4)
    if (top, left) == (bottom, right):
        return x, [top, left]
    return F.pad(x, (left, right, top, bottom), value=value), [0, 0]


def _pad(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    if has.get("mode", b"constant") != b"constant":
        raise ModelError("it pads by other values than a constant, which is not written.")
    before, after = np.split(np.asarray(given[1]), 2)
    value = float(np.asarray(given[2]).item()) if len(given) > 2 and given[2] is not None else 0.0
    widths = [int(width) for pair in zip(before[::-1], after[::-1], strict=True) for width in pair]
    return F.pad(given[0], widths, value=value)


def _resize(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    mode, where = has.get("mode", b"nearest"), has.get("coordinate_transformation_mode", b"half_pixel")
    size = list(shape[2:])
    if list(given[0].shape[:2]) != list(shape[:2]) or has.get("antialias", 0):
        raise ModelError("it resizes along other axes than height and width, or smooths before; neither is written.")
    if mode == b"linear" and where in (b"half_pixel", b"pytorch_half_pixel", b"align_corners"):
        return F.interpolate(given[0], size, mode="bilinear", align_corners=where == b"align_corners")
    if mode == b"nearest" and where == b"asymmetric" and has.get("nearest_mode", b"round_prefer_floor") == b"floor":
        return F.interpolate(given[0], size, mode="nearest")
    raise ModelError(f"it resizes in a way that torch does not know: {mode.decode()}, {where.decode()}.")


def _slice(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Any:
    x, starts, ends, axes, steps = [*given, None, None][:5]
    places = [slice(None)] * x.ndim
    for n, axis in enumerate(range(len(starts)) if axes is None else axes):
        places[int(axis)] = slice(int(starts[n]), int(ends[n]), 1 if steps is None else int(steps[n]))
    return x[tuple(places)]


def _normalized_layer(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    x, weights, bias = _three(given)
    axis = has.get("axis", -1)
    return F.layer_norm(x, list(x.shape[axis:]), weights, bias, has.get("epsilon", 1e-5))


def _product_and_sum(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    a, b, c = _three(given)
    a, b = (a.mT if has.get("transA") else a), (b.mT if has.get("transB") else b)
    product = has.get("alpha", 1.0) * (a @ b)
    return product if c is None else product + has.get("beta", 1.0) * c


def _reduced(function: Callable[..., Tensor]) -> Operator:
    def reduce(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
        axes = has.get("axes") or (given[1].tolist() if len(given) > 1 and given[1] is not None else range(given[0].ndim))
        return function(given[0], list(axes), keepdim=bool(has.get("keepdims", 1)))

    return reduce


def _split(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> tuple[Tensor, ...]:
    widths = given[1].tolist() if len(given) > 1 else has["split"]
    return torch.split(given[0], list(widths), has.get("axis", 0))


def _without_axes(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    return given[0].reshape(list(shape))


def _clipped(given: Sequence[Any], has: Mapping[str, Any], shape: Sequence[int]) -> Tensor:
    x, low, high = _three(given)
    low, high = (has.get(name) if value is None else float(value.item()) for name, value in (("min", low), ("max", high)))
    # the form that converters know and that phones have in one step
    return F.relu6(x) if (low, high) == (0, 6) else torch.clamp(x, low, high)


OPERATORS: Mapping[str, Operator] = {
    "Add": lambda given, has, shape: given[0] + given[1],
    "AveragePool": _mean_of_blocks,
    "Clip": _clipped,
    "Concat": lambda given, has, shape: torch.cat(list(given), has["axis"]),
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "Div": lambda given, has, shape: given[0] / given[1],
    "Einsum": lambda given, has, shape: torch.einsum(has["equation"].decode(), *given),
    "Erf": lambda given, has, shape: torch.erf(given[0]),
    "Exp": lambda given, has, shape: torch.exp(given[0]),
    "Gemm": _product_and_sum,
    "GlobalAveragePool": lambda given, has, shape: given[0].mean((2, 3), keepdim=True),
    "Identity": lambda given, has, shape: given[0],
    "LayerNormalization": _normalized_layer,
    "LeakyRelu": lambda given, has, shape: F.leaky_relu(given[0], has.get("alpha", 0.01)),
    "MatMul": lambda given, has, shape: given[0] @ given[1],
    "MaxPool": _largest,
    "Mul": lambda given, has, shape: given[0] * given[1],
    "Pad": _pad,
    "Reciprocal": lambda given, has, shape: given[0].reciprocal(),
    "ReduceMax": _reduced(torch.amax),
    "ReduceMean": _reduced(torch.mean),
    "ReduceSum": _reduced(torch.sum),
    "Relu": lambda given, has, shape: F.relu(given[0]),
    "Reshape": _without_axes,
    "Resize": _resize,
    "Sigmoid": lambda given, has, shape: torch.sigmoid(given[0]),
    "Slice": _slice,
    "Softmax": lambda given, has, shape: torch.softmax(given[0], has.get("axis", -1)),
    "Split": _split,
    "Sqrt": lambda given, has, shape: torch.sqrt(given[0]),
    "Squeeze": _without_axes,
    "Sub": lambda given, has, shape: given[0] - given[1],
    "Transpose": lambda given, has, shape: given[0].permute(has["perm"]),
    "Unsqueeze": _without_axes,
}
