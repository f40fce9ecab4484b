"""SegNet's decoder (Badrinarayanan et al. 2015): values go back to where the encoder's largest ones were.

Only the places of the maxima cross from encoder to decoder, not the features, which keeps memory low.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..layers import ConvBNReLU

__all__ = ["SegNetDecoder", "pool", "unpool"]


class SegNetDecoder(nn.Module):
    """Enlarge by unpooling at the places where the encoder's features of that size have their maxima, then convolve; to stride 2.

    The paper's encoder is VGG-16 and pools between its levels; one with strided convolutions has no pooling to remember, so the
    places here are those that pooling its features would have chosen.

    Parameters
    ----------
    channels
        Of the encoder's features, strides 1 (the picture), 2, 4, 8, 16, 32.
    widths
        Least channels of the outputs at strides 16, 8, 4, 2. Each feature channel gives the places for as many of the decoder's.
    """

    stride = 2

    def __init__(self, channels: Sequence[int], widths: Sequence[int] = (112, 80, 72, 48)) -> None:
        super().__init__()
        _, *guides, deepest = channels
        self.times = [-(-width // guide) for guide, width in zip(reversed(guides), widths, strict=True)]
        outputs = [guide * times for guide, times in zip(reversed(guides), self.times, strict=True)]
        self.fit = nn.ModuleList(ConvBNReLU(before, after, 1) for before, after in pairwise([deepest, *outputs]))
        self.blocks = nn.ModuleList(nn.Sequential(ConvBNReLU(width, width), ConvBNReLU(width, width)) for width in outputs)
        self.channels = outputs[-1]

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Features by rising stride → (N, `channels`, H / 2, W / 2)."""
        _, *guides, x = features
        for guide, times, fit, block in zip(reversed(guides), self.times, self.fit, self.blocks, strict=True):
            _, place = pool(guide)
            x = block(unpool(fit(x), place.repeat(1, times, 1, 1, 1)))
        return x


def pool(x: Tensor) -> tuple[Tensor, Tensor]:
    """2x2 max pooling, and where the maxima were.

    Returns
    -------
    maxima : (N, C, H / 2, W / 2)
    place : (N, C, 4, H / 2, W / 2) bool
        True at one of the four positions (by rows) of each window, the first where several are equal: the pooling index in a form
        that any ONNX runtime can use, where max-unpooling is missing from most.
    """
    corners = torch.stack([x[..., 0::2, 0::2], x[..., 0::2, 1::2], x[..., 1::2, 0::2], x[..., 1::2, 1::2]], 2)
    first = corners.argmax(2, keepdim=True)
    place = first == torch.arange(4, device=x.device).view(4, 1, 1)
    return F.max_pool2d(x, 2), place


def unpool(x: Tensor, place: Tensor) -> Tensor:
    """Put (N, C, H, W) back at `place`, zeros elsewhere → (N, C, 2H, 2W)."""
    n, c, _, h, w = place.shape
    corners = (x.unsqueeze(2) * place).view(n, c, 2, 2, h, w)
    return corners.permute(0, 1, 4, 2, 5, 3).reshape(n, c, 2 * h, 2 * w)
