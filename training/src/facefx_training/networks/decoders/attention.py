"""A U-Net decoder with self-attention at its coarse end, and class tokens that adapt the classifier to the picture.

Attention over CNN features is TransUNet's (Chen et al. 2021), class tokens are Segmenter's (Strudel et al. 2021), position through
a depthwise convolution is CPVT's (Chu et al. 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..heads import SegmentationHead
from ..layers import ConvBNReLU, SeparableConv, upsample

__all__ = ["AttentionDecoder"]


class AttentionDecoder(nn.Module):
    """Features → logits at stride 1.

    Parameters
    ----------
    channels
        Of the encoder's features, strides 1 (the picture), 2, 4, 8, 16, 32.
    classes
        Labels to tell apart, each with a token.
    width, depth, heads
        Of the transformer at stride 16.
    widths
        Of the outputs at strides 8, 4, 2.
    """

    def __init__(
        self,
        channels: Sequence[int],
        classes: int,
        *,
        width: int = 160,
        depth: int = 3,
        heads: int = 5,
        widths: Sequence[int] = (112, 64, 32),
        stem: int = 8,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        picture, *skips, sixteenth, deepest = channels
        self.join = ConvBNReLU(sixteenth + deepest, width, 1)
        self.tokens = nn.Parameter(torch.randn(classes, width) * 0.02)
        self.layers = nn.ModuleList(_Layer(width, heads) for _ in range(depth))
        self.blocks = nn.ModuleList(
            nn.Sequential(ConvBNReLU(below + skip, after), ConvBNReLU(after, after))
            for (below, after), skip in zip(pairwise([width, *widths]), reversed(skips), strict=True)
        )
        self.stem = ConvBNReLU(picture, stem)
        self.last = SeparableConv(widths[-1] + stem, widths[-1])
        self.head = SegmentationHead(widths[-1], classes, dropout=dropout)
        self.adapt = nn.Linear(width, widths[-1])
        # Starts as an ordinary U-Net: the tokens change the classifier only as far as training finds that it helps.
        nn.init.zeros_(self.adapt.weight)
        nn.init.zeros_(self.adapt.bias)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Features by rising stride → logits (N, classes, H, W)."""
        picture, *skips, sixteenth, deepest = features
        x = self.join(torch.cat([sixteenth, upsample(deepest, 2)], 1))
        tokens = self.tokens.repeat(x.shape[0], 1, 1)
        for layer in self.layers:
            x, tokens = layer(x, tokens)
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            x = block(torch.cat([upsample(x, 2), skip], 1))
        x = self.last(torch.cat([upsample(x, 2), self.stem(picture)], 1))
        n, _, h, w = x.shape
        return self.head(x) + (self.adapt(tokens) @ x.flatten(2)).view(n, -1, h, w)


class _Layer(nn.Module):
    """A transformer layer, norm first, over the places of a map and the class tokens together."""

    def __init__(self, width: int, heads: int, expansion: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.position = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.norm1 = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, expansion * width), nn.GELU(), nn.Linear(expansion * width, width))

    def forward(self, x: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """(N, width, H, W) and (N, classes, width), both changed in the light of each other."""
        n, _, h, w = x.shape
        x = x + self.position(x)
        sequence = torch.cat([tokens, x.flatten(2).transpose(1, 2)], 1)
        sequence = sequence + self.attend(self.norm1(sequence))
        sequence = sequence + self.mlp(self.norm2(sequence))
        count = tokens.shape[1]
        return sequence[:, count:].transpose(1, 2).reshape(n, -1, h, w), sequence[:, :count]

    def attend(self, sequence: Tensor) -> Tensor:
        query, key, value = self.project(sequence).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        return self.merge(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2))
