"""SegNet (Badrinarayanan et al. 2015): a slim VGG with batch norm, and a decoder that puts values back where they were pooled from.

Only the places of the maxima cross from encoder to decoder, not the features, which keeps memory low.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .heads import SegmentationHead
from .layers import ConvBNReLU, Normalize
from .segmenter import Segmenter

__all__ = ["SegNet", "pool", "unpool"]


class SegNet(Segmenter):
    """Five levels down, five up.

    Parameters
    ----------
    widths, repeats
        Channels and 3x3 convolutions of each level, VGG-16's halved or less.
    """

    def __init__(
        self,
        classes: int,
        *,
        widths: Sequence[int] = (24, 48, 96, 160, 224),
        repeats: Sequence[int] = (2, 2, 2, 3, 3),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.normalize = Normalize((0.5,) * 3, (0.25,) * 3)
        inputs = [3, *widths[:-1]]
        outputs = [widths[0], *widths[:-1]]
        self.down = nn.ModuleList(_level([i, *[w] * n]) for i, w, n in zip(inputs, widths, repeats, strict=True))
        self.up = nn.ModuleList(_level([*[w] * n, o]) for w, n, o in zip(widths[::-1], repeats[::-1], outputs[::-1], strict=True))
        self.head = SegmentationHead(outputs[0], classes, dropout=dropout)

    def logits(self, image: Tensor) -> Tensor:
        x = self.normalize(image)
        places = []
        for level in self.down:
            x, place = pool(level(x))
            places.append(place)
        for level, place in zip(self.up, reversed(places), strict=True):
            x = level(unpool(x, place))
        return self.head(x)


def _level(channels: Sequence[int]) -> nn.Sequential:
    return nn.Sequential(*(ConvBNReLU(before, after) for before, after in pairwise(channels)))


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
