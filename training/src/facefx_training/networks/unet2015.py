"""The U-Net of 2015 (Ronneberger et al.) at half its width, padded and with batch norm, as everyone builds it today."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .heads import SegmentationHead
from .layers import ConvBNReLU, Luma, Normalize
from .segmenter import Segmenter

__all__ = ["UNet2015"]


class UNet2015(Segmenter):
    """Four halvings, four transposed convolutions back, two 3x3 convolutions at each of the nine steps.

    Parameters
    ----------
    width
        Channels at full resolution, doubled at each halving; 64 in the paper (31 M parameters), 32 here (7.8 M).
    grey
        1 lets it see brightness alone, as the paper's microscopes do. With two classes their softmax is the one sigmoid of the
        difference of their logits: a single mask.
    """

    def __init__(self, classes: int, *, width: int = 32, grey: int = 0, dropout: float = 0.1) -> None:
        super().__init__()
        normalize = Normalize((0.5,) * 3, (0.25,) * 3)
        self.normalize = nn.Sequential(normalize, Luma()) if grey else normalize
        widths = [width * 2**level for level in range(5)]
        inputs = [1 if grey else 3, *widths[:-1]]
        self.down = nn.ModuleList(_double(before, after) for before, after in zip(inputs, widths, strict=True))
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(2 * after, after, 2, 2) for after in widths[-2::-1])
        self.up = nn.ModuleList(_double(2 * after, after) for after in widths[-2::-1])
        self.head = SegmentationHead(width, classes, dropout=dropout)

    def logits(self, image: Tensor) -> Tensor:
        x = self.down[0](self.normalize(image))
        skips = []
        for step in self.down[1:]:
            skips.append(x)
            x = step(F.max_pool2d(x, 2))
        for enlarge, step, skip in zip(self.enlarge, self.up, reversed(skips), strict=True):
            x = step(torch.cat([skip, enlarge(x)], 1))
        return self.head(x)


def _double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(ConvBNReLU(inputs, outputs), ConvBNReLU(outputs, outputs))
