"""The last step: features to logits at the picture's size."""

from __future__ import annotations

from torch import Tensor, nn

from .layers import upsample

__all__ = ["SegmentationHead"]


class SegmentationHead(nn.Module):
    """Dropout of whole channels, a 1x1 convolution, and a bilinear enlargement by what is left of the stride.

    (N, `channels`, H / stride, W / stride) → logits (N, classes, H, W).
    """

    def __init__(self, channels: int, classes: int, *, stride: int = 1, dropout: float = 0.1) -> None:
        super().__init__()
        self.dropout = nn.Dropout2d(dropout)
        self.classify = nn.Conv2d(channels, classes, 1)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return upsample(self.classify(self.dropout(x)), self.stride)
