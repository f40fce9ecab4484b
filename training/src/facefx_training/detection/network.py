"""A small single-stage network that tells of each cell of three grids whether it is part of a face, and of which.

What its numbers mean stands in `inference.detector.decode`. Scores are logits here, and in [0, 1] in an exported model (`Scored`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facefx.inference.detector.decode import CHANNELS, STRIDES

from ..networks.encoders import build_encoder
from ..networks.encoders.efficientnet_lite import EfficientNetLite

__all__ = ["FaceNet", "Scored"]

#: Few cells are part of a face, so the logits start where the loss of the many others is small (Lin et al. 2017).
_PRIOR_LOGIT = -4.0
#: Of the encoder's stages, those down to a 16th of the picture; channels of the last two, and of the one that follows.
_STAGES = 4
_EIGHTH, _SIXTEENTH, _THIRTY_SECOND = 40, 80, 160


class FaceNet(nn.Module):
    """The first stages of EfficientNet-Lite0, one more, a feature pyramid from an eighth of the picture on, a head for each grid.

    Tan & Le 2019 (EfficientNet), Howard et al. 2017 (separable convolutions), Lin et al. 2017 (feature pyramids), Tian et al. 2019
    (FCOS).

    Parameters
    ----------
    pyramid : channels of the pyramid and the heads.
    pretrained : whether the encoder starts with ImageNet's weights, from an installed package.
    """

    def __init__(self, pyramid: int = 64, *, pretrained: bool = True) -> None:
        super().__init__()
        self.encoder = cast(EfficientNetLite, build_encoder("efficientnet-lite0", pretrained=pretrained))
        self.encoder.stages = self.encoder.stages[:_STAGES]
        self.coarsest = nn.Sequential(
            _Separable(_SIXTEENTH, _THIRTY_SECOND, stride=2),
            _Separable(_THIRTY_SECOND, _THIRTY_SECOND),
            _Separable(_THIRTY_SECOND, _THIRTY_SECOND),
        )
        self.sides = nn.ModuleList([_conv(width, pyramid, 1) for width in (_EIGHTH, _SIXTEENTH, _THIRTY_SECOND)])
        self.heads = nn.ModuleList([_head(pyramid) for _ in STRIDES])

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """Those that may start with trained weights."""
        return self.encoder.parameters()

    def other_parameters(self) -> Iterator[nn.Parameter]:
        """Those that start at random."""
        return (p for name, p in self.named_parameters() if not name.startswith("encoder."))

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in [0, 1], H and W multiples of 32 → (N, A, 16) float, `decode.cells` in its order."""
        features, seen = self.encoder.stem(self.encoder.normalize(image)), []
        for stage in (*self.encoder.stages, self.coarsest):
            features = stage(features)
            seen.append(features)
        levels = [side(one) for side, one in zip(self.sides, seen[-len(STRIDES) :], strict=True)]
        for finer in (1, 0):
            levels[finer] = levels[finer] + F.interpolate(levels[finer + 1], scale_factor=2.0, mode="nearest")
        codes = [head(level) for head, level in zip(self.heads, levels, strict=True)]
        return torch.cat([code.flatten(2) for code in codes], dim=2).transpose(1, 2)


class Scored(nn.Module):
    """A network that gives scores in [0, 1] in place of logits: what is exported."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        codes = self.network(image)
        return torch.cat([codes[..., :1].sigmoid(), codes[..., 1:]], dim=-1)


def _head(width: int) -> nn.Sequential:
    """One for each grid: in one for all, batch normalisation would learn the mean of three statistics, which fits none of them."""
    codes = nn.Conv2d(width, CHANNELS, 1)
    nn.init.normal_(codes.weight, std=0.01)
    bias = cast(nn.Parameter, codes.bias)
    nn.init.zeros_(bias)
    with torch.no_grad():
        bias[0] = _PRIOR_LOGIT
    return nn.Sequential(*(_Separable(width, width) for _ in range(3)), codes)


def _conv(inputs: int, outputs: int, kernel: int, *, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class _Separable(nn.Module):
    """A depthwise and a pointwise convolution, added to what came in where that has the same shape."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.residual = stride == 1 and inputs == outputs
        self.depthwise = _conv(inputs, inputs, 3, stride=stride, groups=inputs)
        self.pointwise = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, features: Tensor) -> Tensor:
        out = self.pointwise(self.depthwise(features))
        return F.relu(out + features if self.residual else out)
