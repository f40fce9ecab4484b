"""A light U-Net decoder (Ronneberger et al. 2015) over a pyramid of features."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ..layers import ConvBNReLU, SeparableConv, upsample

__all__ = ["UNetDecoder"]


class UNetDecoder(nn.Module):
    """Enlarge by two, join the encoder's features of that size, two 3x3 convolutions; to stride 2, then a cheap step to stride 1.

    The convolutions are dense where pixels are few. At stride 1 a thin stem sees the picture itself, so that the edges of eyes and
    lips are drawn at full resolution, and a separable convolution joins it to the rest.

    Parameters
    ----------
    channels
        Of the encoder's features, strides 1 (the picture), 2, 4, 8, 16, 32.
    widths
        Of the outputs at strides 16, 8, 4, 2.
    stem
        Width of the stem at stride 1. 0 leaves that step out and ends at stride 2, which halves the time of training.
    bridge
        What the features at stride 16, `widths[0]` of them, go through; None for nothing.
    """

    def __init__(
        self,
        channels: Sequence[int],
        widths: Sequence[int] = (160, 112, 64, 32),
        stem: int = 8,
        bridge: nn.Module | None = None,
    ) -> None:
        super().__init__()
        picture, *skips, deepest = channels
        self.blocks = nn.ModuleList(
            nn.Sequential(ConvBNReLU(below + skip, width), ConvBNReLU(width, width))
            for (below, width), skip in zip(pairwise([deepest, *widths]), reversed(skips), strict=True)
        )
        self.stem = ConvBNReLU(picture, stem) if stem else None
        self.last = SeparableConv(widths[-1] + stem, widths[-1]) if stem else None
        self.bridge = bridge or nn.Identity()
        self.channels, self.stride = widths[-1], 1 if stem else 2

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Features by rising stride → (N, `channels`, H / stride, W / stride)."""
        picture, *skips, x = features
        for place, (block, skip) in enumerate(zip(self.blocks, reversed(skips), strict=True)):
            x = block(torch.cat([upsample(x, 2), skip], 1))
            if place == 0:
                x = self.bridge(x)
        if self.stem is None or self.last is None:
            return x
        return self.last(torch.cat([upsample(x, 2), self.stem(picture)], 1))
