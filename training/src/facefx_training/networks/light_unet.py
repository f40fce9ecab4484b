"""A small U-Net for processors without a GPU and for browsers."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from .decoders import SeparableDecoder
from .encoders import Encoder
from .heads import SegmentationHead
from .layers import pad_to_multiple, softmax_of_classes, upsample
from .segmenter import EncoderDecoder

__all__ = ["LightUNet"]


class LightUNet(EncoderDecoder):
    """Separable convolutions over an encoder's features, to stride 2; `depth` of them at each size.

    When it is exported, probabilities are enlarged in place of logits: the softmax has a quarter of the pixels to do then, and the
    whole takes a fifth less time. It learns on enlarged logits.
    """

    decoder: nn.Sequential

    def __init__(self, classes: int, encoder: Encoder, *, depth: int = 2, dropout: float = 0.1) -> None:
        decoder = SeparableDecoder(encoder.channels, depth=depth)
        head = SegmentationHead(decoder.channels, classes, stride=decoder.stride, dropout=dropout)
        super().__init__(encoder, nn.Sequential(decoder, head))

    def probabilities(self, image: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        decoder, head = self.decoder[0], cast(SegmentationHead, self.decoder[1])
        features = decoder(self.encoder(pad_to_multiple(image, 32)))
        return upsample(softmax_of_classes(head.classify(features)), head.stride)[..., :height, :width]
