"""The frame that turns parts into a segmenter: pads, asks it for logits, and cuts the padding off again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from torch import Tensor, nn

from .encoders import Encoder
from .layers import pad_to_multiple, softmax_of_classes

__all__ = ["EncoderDecoder", "Segmenter"]


class Segmenter(nn.Module):
    """Base of all families: (N, 3, H, W) RGB in [0, 1], H, W >= 64 → logits (N, classes, H, W).

    A subclass writes `logits`, which may rely on H and W being multiples of 32.

    Attributes
    ----------
    draws : of how many classes an exported model gives one grey picture (`facefx.inference.grey`); 0 for one of probabilities.
    same_layers_as : another family whose convolutions are this one's too, so that training may go on from its models; "" for none.
    """

    draws = 0
    same_layers_as = ""

    def forward(self, image: Tensor) -> Tensor:
        return self.at_size(self.logits, image)

    @staticmethod
    def at_size(layers: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
        """What layers that want multiples of 32 give for a picture of any size, at its size."""
        height, width = image.shape[-2:]
        return layers(pad_to_multiple(image, 32))[..., :height, :width]

    def logits(self, image: Tensor) -> Tensor:
        raise NotImplementedError

    def probabilities(self, image: Tensor) -> Tensor:
        """(N, classes, H, W), summing to 1 over the classes."""
        return softmax_of_classes(self(image))

    def answer(self, image: Tensor) -> Tensor:
        """What an exported model gives: the probabilities."""
        return self.probabilities(image)

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        """Parameters that may have been pretrained and want a lower learning rate; none for a family trained from scratch."""
        yield from ()

    def decoder_parameters(self) -> Iterator[nn.Parameter]:
        """All the others."""
        encoder = {id(parameter) for parameter in self.encoder_parameters()}
        yield from (parameter for parameter in self.parameters() if id(parameter) not in encoder)


class EncoderDecoder(Segmenter):
    """An encoder, and a decoder that turns its features into logits (N, classes, H, W)."""

    def __init__(self, encoder: Encoder, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = cast(nn.Module, encoder)
        self.decoder = decoder

    def logits(self, image: Tensor) -> Tensor:
        return self.decoder(self.encoder(image))

    def encoder_parameters(self) -> Iterator[nn.Parameter]:
        yield from self.encoder.parameters()
