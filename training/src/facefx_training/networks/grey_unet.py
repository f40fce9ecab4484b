"""A small U-Net that draws one grey picture: the face, in it the eyes, in them the irises."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facefx.inference.grey import odds_of_edges, steepness

from .decoders import SeparableDecoder
from .encoders import Encoder
from .heads import SegmentationHead
from .segmenter import EncoderDecoder

__all__ = ["GreyUNet", "nested_logits"]


class GreyUNet(EncoderDecoder):
    """`LightUNet` with one channel and a sigmoid behind it; classes lie in one another, in their order.

    It learns by what its grey means (`facefx.inference.grey`), as others do, and an exported model gives the picture itself.
    """

    def __init__(self, classes: int, encoder: Encoder, *, depth: int = 2, dropout: float = 0.1) -> None:
        decoder = SeparableDecoder(encoder.channels, depth=depth)
        head = SegmentationHead(decoder.channels, 1, stride=decoder.stride, dropout=dropout)
        super().__init__(encoder, nn.Sequential(decoder, head))
        self.draws = classes

    def logits(self, image: Tensor) -> Tensor:
        return nested_logits(super().logits(image), self.draws)

    def answer(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) → the picture, (N, 1, H, W), 0 black to 1 white."""
        return torch.sigmoid(self.at_size(super().logits, image))


def nested_logits(logits: Tensor, classes: int) -> Tensor:
    """(N, 1, H, W) logits of the grey → (N, `classes`, H, W) logarithms of what `facefx.inference.grey.decoded` gives.

    By σ(x) - σ(y) = σ(x) σ(-y) (1 - exp(y - x)), so that nothing is lost where a class is very unlikely.
    """
    if classes == 1:
        return torch.zeros_like(logits) * logits
    steep, odds = steepness(classes), odds_of_edges(classes)
    edges = torch.tensor(steep * np.log(odds), dtype=torch.float32, device=logits.device).view(1, -1, 1, 1)
    above = steep * logits.float() - edges
    between = [np.log1p(-((low / high) ** steep)) for low, high in pairwise(odds)]
    reached, missed = F.softplus(-above), F.softplus(above)  # -log σ(x) and -log σ(-x); ONNX has no logarithm of a sigmoid
    parts = [
        -missed[:, :1],
        *(share - reached[:, k : k + 1] - missed[:, k + 1 : k + 2] for k, share in enumerate(between)),
        -reached[:, -1:],
    ]
    return torch.cat(parts, 1)
