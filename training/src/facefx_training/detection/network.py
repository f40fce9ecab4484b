"""A small single-stage network that tells of each cell of three grids whether it is part of a face, and of which.

What its numbers mean stands in `facefx.detectors.decode`. Scores are logits here, and in [0, 1] in an exported model (`Scored`).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facefx.detectors.decode import CHANNELS, STRIDES

__all__ = ["FaceNet", "Scored"]

#: Few cells are part of a face, so the logits start where the loss of the many others is small (Lin et al. 2017).
_PRIOR_LOGIT = -4.0


class FaceNet(nn.Module):
    """Depthwise separable residual blocks down to a 32nd of the picture, a feature pyramid from an eighth on, a head for each grid.

    Howard et al. 2017 (MobileNets), Lin et al. 2017 (feature pyramids), Tian et al. 2019 (FCOS).

    Parameters
    ----------
    widths : channels at a half, a quarter, an eighth, a 16th and a 32nd of the picture.
    pyramid : channels of the pyramid and the heads.
    """

    def __init__(self, widths: tuple[int, int, int, int, int] = (24, 48, 96, 144, 192), pyramid: int = 64) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth, thirty_second = widths
        self.stem = nn.Sequential(_conv(3, half, 3, stride=2), _Separable(half, quarter, stride=2), _Separable(quarter, quarter))
        self.stages = nn.ModuleList(
            [
                nn.Sequential(_Separable(before, width, stride=2), *(_Separable(width, width) for _ in range(blocks)))
                for before, width, blocks in (
                    (quarter, eighth, 2),
                    (eighth, sixteenth, 3),
                    (sixteenth, thirty_second, 2),
                )
            ]
        )
        self.sides = nn.ModuleList([_conv(width, pyramid, 1) for width in widths[2:]])
        self.heads = nn.ModuleList([_head(pyramid) for _ in STRIDES])

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) RGB in [0, 1], H and W multiples of 32 → (N, A, 16) float, `facefx.detectors.decode.cells` in its order."""
        features = self.stem((image - 0.5) / 0.25)
        levels = []
        for stage, side in zip(self.stages, self.sides, strict=True):
            features = stage(features)
            levels.append(side(features))
        for finer in (1, 0):
            levels[finer] = levels[finer] + F.interpolate(levels[finer + 1], scale_factor=2.0, mode="nearest")
        codes = [head(level) for head, level in zip(self.heads, levels, strict=True)]
        return torch.cat([code.flatten(2) for code in codes], dim=2).transpose(1, 2)


class Scored(nn.Module):
    """A network that gives scores in [0, 1] in place of logits: what is exported."""

    def __init__(self, network: FaceNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        codes = self.network(image)
        return torch.cat([codes[..., :1].sigmoid(), codes[..., 1:]], dim=-1)


def _head(width: int) -> nn.Sequential:
    """One for each grid: in one for all, batch normalisation would learn the mean of three statistics, which fits none of them."""
    codes = nn.Conv2d(width, CHANNELS, 1)
    nn.init.normal_(codes.weight, std=0.01)
    nn.init.zeros_(codes.bias)
    with torch.no_grad():
        codes.bias[0] = _PRIOR_LOGIT
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
