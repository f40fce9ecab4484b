"""Pyramid scene parsing (Zhao et al. 2017): what each place shows, together with what the picture shows as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers import ConvBNReLU, upsample

__all__ = ["PSPDecoder", "PyramidPooling", "adaptive_average"]


class PSPDecoder(nn.Module):
    """Pyramid pooling at stride 16, then two joins with finer features, to stride 4.

    The paper keeps its encoder at stride 8 by dilation. Here strides 32 and 16 are joined instead, which costs less, and the way
    back to stride 4 keeps lips and eyes, a few pixels high at stride 8.

    Parameters
    ----------
    channels
        Of the encoder's features, strides 1 (the picture), 2, 4, 8, 16, 32.
    widths
        Of the outputs at strides 16, 8, 4.
    bins
        Sides of the grids that the pyramid averages over.
    """

    stride = 4

    def __init__(
        self, channels: Sequence[int], widths: tuple[int, int, int] = (128, 96, 96), bins: Sequence[int] = (1, 2, 3, 6)
    ) -> None:
        super().__init__()
        *_, quarter, eighth, sixteenth, deepest = channels
        coarse, middle, fine = widths
        self.join = ConvBNReLU(sixteenth + deepest, 2 * coarse, 1)
        self.pyramid = PyramidPooling(2 * coarse, coarse // 2, bins)
        self.mix = ConvBNReLU(self.pyramid.channels, coarse)
        self.to_eighth = nn.Sequential(ConvBNReLU(coarse + eighth, middle), ConvBNReLU(middle, middle))
        self.to_quarter = nn.Sequential(ConvBNReLU(middle + quarter, fine), ConvBNReLU(fine, fine))
        self.channels = fine

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Features by rising stride → (N, `channels`, H / 4, W / 4)."""
        *_, quarter, eighth, sixteenth, deepest = features
        x = self.mix(self.pyramid(self.join(torch.cat([sixteenth, upsample(deepest, 2)], 1))))
        x = self.to_eighth(torch.cat([upsample(x, 2), eighth], 1))
        return self.to_quarter(torch.cat([upsample(x, 2), quarter], 1))


class PyramidPooling(nn.Module):
    """Join features with their averages over coarse grids. (N, `inputs`, H, W) → (N, `channels`, H, W).

    No batch norm after the pooling: one bin of a one-picture batch would be a single value, which has no spread.
    """

    def __init__(self, inputs: int, width: int, bins: Sequence[int]) -> None:
        super().__init__()
        self.bins = tuple(bins)
        self.reduce = nn.ModuleList(nn.Conv2d(inputs, width, 1) for _ in self.bins)
        self.channels = inputs + width * len(self.bins)

    def forward(self, x: Tensor) -> Tensor:
        size = x.shape[-2:]
        pooled = [
            F.interpolate(torch.relu(reduce(adaptive_average(x, bins))), size=size, mode="bilinear", align_corners=False)
            for bins, reduce in zip(self.bins, self.reduce, strict=True)
        ]
        return torch.cat([x, *pooled], 1)


def adaptive_average(x: Tensor, bins: int) -> Tensor:
    """`F.adaptive_avg_pool2d(x, bins)` as two matrix products, because that exports to ONNX at sizes not known beforehand."""
    rows, columns = (_averaging(size, bins, x) for size in x.shape[-2:])
    return rows @ x @ columns.T


def _averaging(size: int, bins: int, like: Tensor) -> Tensor:
    """(bins, size) matrix whose row k averages the cells from floor(k * size / bins) until before ceil((k + 1) * size / bins)."""
    cell = torch.arange(size, device=like.device)
    row = torch.arange(bins, device=like.device)[:, None]
    inside = ((cell + 1) * bins > row * size) & (cell * bins < (row + 1) * size)
    weights = inside.to(like.dtype)
    return weights / weights.sum(1, keepdim=True)
