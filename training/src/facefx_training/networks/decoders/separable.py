"""A U-Net decoder of separable convolutions: for processors without a GPU, where a dense 3x3 convolution is most of the time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from ..layers import SeparableConv, upsample

__all__ = ["SeparableDecoder"]


class SeparableDecoder(nn.Module):
    """Narrow, enlarge by two, add the encoder's features of that size, then separable convolutions; to stride 2.

    Both sides are brought to one width by 1x1 convolutions and added, as in a feature pyramid (Lin et al. 2017), so that nothing is
    ever enlarged or convolved at more channels than go on from there.

    Parameters
    ----------
    channels
        Of the encoder's features, strides 1 (the picture), 2, 4, 8, 16, 32.
    widths
        Of the outputs at strides 16, 8, 4, 2.
    depth
        Separable convolutions at each of them.
    """

    stride = 2

    def __init__(self, channels: Sequence[int], widths: Sequence[int] = (96, 64, 48, 32), depth: int = 2) -> None:
        super().__init__()
        _, *skips, deepest = channels
        self.narrow = nn.ModuleList(_mix(below, width) for below, width in pairwise([deepest, *widths]))
        self.skips = nn.ModuleList(_mix(skip, width) for skip, width in zip(reversed(skips), widths, strict=True))
        self.blocks = nn.ModuleList(nn.Sequential(*(SeparableConv(width, width) for _ in range(depth))) for width in widths)
        self.channels = widths[-1]

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Features by rising stride → (N, `channels`, H / 2, W / 2)."""
        _, *finer, x = features
        for narrow, skip, block, feature in zip(self.narrow, self.skips, self.blocks, reversed(finer), strict=True):
            x = block(upsample(narrow(x), 2) + skip(feature))
        return x


def _mix(inputs: int, outputs: int) -> nn.Sequential:
    """A 1x1 convolution and batch norm, for sums: a ReLU before would keep each side from taking anything away."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
