"""pix2pix (Isola et al. 2017): translate a photo into a mask picture, and read the mask's colours as labels.

Train `Pix2Pix.paint` against `Pix2Pix.mask_picture` of the true labels, with `PatchDiscriminator` as the critic. As a segmenter it
answers with logits like every other family.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .decoders import UNetDecoder
from .encoders import Encoder
from .heads import SegmentationHead
from .layers import softmax_of_classes
from .segmenter import EncoderDecoder

__all__ = ["PatchDiscriminator", "Pix2Pix", "spread_palette"]

#: Points of which a palette's colours are chosen, and the exponent of their surface, |x|³ + |y|³ + |z|³ = 1: 2 is a sphere.
_CANDIDATES, _ROUNDNESS = 4000, 3


class Pix2Pix(EncoderDecoder):
    """A U-Net that paints mask pictures, and the palette to read them by.

    The paper's generator is a U-Net from scratch, and its last layer gives any colour. This one stands on an encoder like the other
    families, and its last layer mixes the palette's colours, by weights that sum up to one: three channels of features that must
    hit one of 19 colours paint paired parts in a colour between theirs.

    Parameters
    ----------
    palette
        (classes, 3) RGB in [0, 1], the colour of each label; None for `spread_palette`. Saved with the weights.
    temperature
        In squared RGB distance: a logit falls by one for each `temperature` away from the label's colour.
    stem
        Of `UNetDecoder`.
    dropout
        Of whole channels before the last layer, the paper's source of noise; off in eval mode.
    """

    palette: Tensor
    same_layers_as = "unet"

    def __init__(
        self,
        classes: int,
        encoder: Encoder,
        *,
        palette: Tensor | None = None,
        temperature: float = 0.05,
        stem: int = 0,
        dropout: float = 0.2,
    ) -> None:
        decoder = UNetDecoder(encoder.channels, stem=stem)
        head = SegmentationHead(decoder.channels, classes, stride=decoder.stride, dropout=dropout)
        super().__init__(encoder, nn.Sequential(decoder, head))
        self.register_buffer("palette", spread_palette(classes) if palette is None else palette.float().clone())
        self.temperature = temperature

    def logits(self, image: Tensor) -> Tensor:
        return self.decode(self.paint(image))

    def paint(self, image: Tensor) -> Tensor:
        """(N, 3, H, W) photo, RGB in [0, 1], H and W multiples of 32 → mask picture of the same size, RGB in [0, 1]."""
        return torch.einsum("nkhw,kc->nchw", softmax_of_classes(super().logits(image)), self.palette)

    def decode(self, picture: Tensor) -> Tensor:
        """Mask picture (N, 3, H, W) → logits (N, classes, H, W): `-|colour - palette|² / temperature`.

        In float32 even under autocast, since differences of squares lose digits; and without `|colour|²`, which is the same for
        all labels and cancels in a softmax.
        """
        with torch.autocast(picture.device.type, enabled=False):
            weight = (2 / self.temperature * self.palette)[..., None, None]
            bias = -self.palette.square().sum(1) / self.temperature
            return nn.functional.conv2d(picture.float(), weight, bias)

    def read_by(self, weight: Tensor) -> None:
        """Take the palette of another network, whose `decode` weighs colours by `weight`, (classes, 3)."""
        self.palette.copy_(weight * self.temperature / 2)

    def mask_picture(self, labels: Tensor) -> Tensor:
        """(N, H, W) integer labels → (N, 3, H, W) RGB; labels outside the palette (unknown, 255) become grey 0.5."""
        known = labels < len(self.palette)
        colours = self.palette[labels.long().clamp(max=len(self.palette) - 1)]
        return torch.where(known[..., None], colours, 0.5).movedim(-1, 1)


class PatchDiscriminator(nn.Module):
    """Judges each 70x70 patch of a (photo, mask picture) pair: real pair, or painted by the generator? Used in training only."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(6, width, 4, 2, 1),
            _halve(width, 2 * width),
            _halve(2 * width, 4 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(4 * width, 8 * width, 4, 1, 1, bias=False),
            nn.BatchNorm2d(8 * width),
            nn.LeakyReLU(0.2),
            nn.Conv2d(8 * width, 1, 4, 1, 1),
        )

    def forward(self, photo: Tensor, mask: Tensor) -> Tensor:
        """Two (N, 3, H, W), RGB in [0, 1] → logits (N, 1, about H / 8, about W / 8), high for a real pair."""
        return self.layers(torch.cat([photo, mask], 1) * 2 - 1)


def _halve(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs))


def spread_palette(classes: int) -> Tensor:
    """(classes, 3) RGB in [0, 1], each colour as far as can be from those before, all on a cube with round corners and sides.

    None lies between two others, so that where the picture fades from one label into the next it does not read as a third one.
    """
    place = torch.arange(_CANDIDATES) + 0.5
    height = 1 - 2 * place / _CANDIDATES  # of points spread evenly over a sphere: a spiral by the golden angle
    turn, radius = math.pi * (1 + math.sqrt(5)) * place, (1 - height.square()).sqrt()
    sphere = torch.stack([radius * turn.cos(), radius * turn.sin(), height], 1)
    colours = 0.5 + 0.5 * sphere / sphere.abs().pow(_ROUNDNESS).sum(1, keepdim=True).pow(1 / _ROUNDNESS)
    chosen = [int(colours.sum(1).argmin())]  # the darkest for the background
    while len(chosen) < classes:
        chosen.append(int(torch.cdist(colours, colours[chosen]).amin(1).argmax()))
    return colours[chosen]
