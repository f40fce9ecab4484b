"""The frame that turns parts into a segmenter: pads, encodes, decodes, classifies, and cuts the padding off again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from torch import Tensor, nn

from .encoders import Encoder
from .layers import pad_to_multiple, upsample

__all__ = ["EncoderDecoder", "Segmenter"]


class Segmenter(nn.Module):
    """Base of all families: (N, 3, H, W) RGB in [0, 1], H, W >= 64 → logits (N, classes, H, W).

    A subclass writes `logits`, which may rely on H and W being multiples of 32.
    """

    def forward(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        return self.logits(pad_to_multiple(image, 32))[..., :height, :width]

    def logits(self, image: Tensor) -> Tensor:
        raise NotImplementedError

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters that may have been pretrained and want a lower learning rate; none for a family trained from scratch."""
        yield from ()

    def decoder_parameters(self) -> Iterator[nn.Parameter]:
        """All the others."""
        encoder = {id(parameter) for parameter in self.encoder_parameters()}
        yield from (parameter for parameter in self.parameters() if id(parameter) not in encoder)


class EncoderDecoder(Segmenter):
    """Encoder, decoder, dropout, a 1x1 convolution to the classes, and a bilinear enlargement of what is left of the stride."""

    def __init__(self, encoder: Encoder, decoder: nn.Module, classes: int, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = cast(nn.Module, encoder)
        self.decoder = decoder
        self.dropout = nn.Dropout2d(dropout)
        self.classify = nn.Conv2d(cast(int, decoder.channels), classes, 1)
        self.stride = cast(int, decoder.stride)

    def logits(self, image: Tensor) -> Tensor:
        x = self.decoder(self.encoder(image))
        return upsample(self.classify(self.dropout(x)), self.stride)

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        yield from self.encoder.parameters()
