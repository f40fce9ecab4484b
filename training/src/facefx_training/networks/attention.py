"""Self-attention over a map of features, which starts by changing nothing.

Attention over a CNN's features inside a U-Net is TransUNet's (Chen et al. 2021), position through a depthwise convolution CPVT's
(Chu et al. 2021), starting from the identity ReZero's idea (Bachlechner et al. 2020): so a trained U-Net can be gone on with.
"""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["AttentionBridge"]


class AttentionBridge(nn.Module):
    """Transformer layers, norm first, over the places of a map: (N, `width`, H, W) → the same shape."""

    def __init__(self, width: int, *, depth: int = 3, heads: int = 5) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(_Layer(width, heads) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.layers(x))


class _Layer(nn.Module):
    def __init__(self, width: int, heads: int, expansion: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.position = nn.Conv2d(width, width, 3, padding=1, groups=width)
        self.norm1 = nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.merge = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        grow, shrink = nn.Linear(width, expansion * width), nn.Linear(expansion * width, width)
        self.mlp = nn.Sequential(grow, nn.GELU(), shrink)
        for part in (self.position, self.merge, shrink):  # each is added to what came in: nothing, until training finds a use
            nn.init.zeros_(part.weight)
            nn.init.zeros_(cast(Tensor, part.bias))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.position(x)
        places = x.flatten(2).transpose(1, 2)
        places = places + self.attend(self.norm1(places))
        places = places + self.mlp(self.norm2(places))
        return places.transpose(1, 2).reshape(x.shape)

    def attend(self, places: Tensor) -> Tensor:
        query, key, value = self.project(places).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        return cast(Tensor, self.merge(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)))
