"""EfficientNet-Lite 0-2: inverted residuals with ReLU6 and no squeeze-and-excite, so that they run well everywhere.

Tan & Le 2019, "EfficientNet"; the Lite variants are those of TensorFlow's TPU repository, whose stem, first and last stage keep
their size when the rest is scaled.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple, cast

import torch.nn.functional as F
from torch import Tensor, nn

from ..layers import Normalize

__all__ = ["EfficientNetLite"]


class _Stage(NamedTuple):
    kernel: int
    stride: int
    expansion: int
    channels: int
    repeats: int


_STAGES = (
    _Stage(3, 1, 1, 16, 1),
    _Stage(3, 2, 6, 24, 2),
    _Stage(5, 2, 6, 40, 2),
    _Stage(3, 2, 6, 80, 3),
    _Stage(5, 1, 6, 112, 3),
    _Stage(5, 2, 6, 192, 4),
    _Stage(3, 1, 6, 320, 1),
)
_PYRAMID = (0, 1, 2, 4, 6)  # the last stage at each stride: 2, 4, 8, 16, 32
_STEM = 32


class _SameConv(nn.Conv2d):
    """TensorFlow's "same" convolution without bias for sizes that the stride divides: an odd pixel of padding goes last."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        before, odd = divmod(kernel - stride, 2)
        super().__init__(inputs, outputs, kernel, stride, 0 if odd else before, groups=groups, bias=False)
        self.margins = (before, before + odd) * 2 if odd else None

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if self.margins is None else F.pad(x, self.margins))


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class _InvertedResidual(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        expand = [_SameConv(inputs, hidden, 1), _norm(hidden), nn.ReLU6(inplace=True)] if expansion > 1 else []
        self.layers = nn.Sequential(
            *expand,
            _SameConv(hidden, hidden, kernel, stride, groups=hidden),
            _norm(hidden),
            nn.ReLU6(inplace=True),
            _SameConv(hidden, outputs, 1),
            _norm(outputs),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


class EfficientNetLite(nn.Module):
    """The encoder without its classifying head.

    Parameters
    ----------
    width, depth : float
        Scale of the channels and of the repeats: (1.0, 1.0), (1.0, 1.1), (1.1, 1.2) for Lite0, Lite1, Lite2.
    deepest : int
        How many blocks to keep of those at stride 32, where most of the parameters are; None for all.

    Attributes
    ----------
    strides, channels : tuple of int
        Of the features that `forward` gives; the first is the normalised picture itself.
    """

    strides = (1, 2, 4, 8, 16, 32)

    def __init__(self, width: float = 1.0, depth: float = 1.0, deepest: int | None = None) -> None:
        super().__init__()
        self.normalize = Normalize((127 / 255,) * 3, (128 / 255,) * 3)
        self.stem = nn.Sequential(_SameConv(3, _STEM, 3, 2), _norm(_STEM), nn.ReLU6(inplace=True))
        outputs = [_round_channels(stage.channels * width) for stage in _STAGES]
        self.stages = nn.ModuleList()
        for index, (stage, (before, after)) in enumerate(zip(_STAGES, pairwise([_STEM, *outputs]), strict=True)):
            fixed = index in (0, len(_STAGES) - 1)
            repeats = stage.repeats if fixed else math.ceil(stage.repeats * depth)
            self.stages.append(
                nn.Sequential(
                    _InvertedResidual(before, after, stage.kernel, stage.stride, stage.expansion),
                    *(_InvertedResidual(after, after, stage.kernel, 1, stage.expansion) for _ in range(repeats - 1)),
                )
            )
        self.ends = _PYRAMID
        if deepest is not None:
            self.ends = (*_PYRAMID[:-1], _PYRAMID[-2] + 1)
            self.stages = self.stages[: self.ends[-1] + 1]
            self.stages[-1] = cast(nn.Sequential, self.stages[-1])[:deepest]
        self.channels = (3, *(outputs[index] for index in self.ends))

    def forward(self, image: Tensor) -> list[Tensor]:
        """(N, 3, H, W) RGB in [0, 1], H and W multiples of 32 → features of `channels` at `strides`."""
        image = self.normalize(image)
        features = [image]
        x = self.stem(image)
        for index, stage in enumerate(self.stages):
            x = stage(x)
            if index in self.ends:
                features.append(x)
        return features


def _round_channels(channels: float) -> int:
    """The nearest multiple of eight that is not more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
