"""Small parts that every encoder and decoder is made of."""

from __future__ import annotations

from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facefx.image.modes import LUMA

__all__ = ["ConvBNReLU", "Luma", "Normalize", "SeparableConv", "channels_last", "pad_to_multiple", "softmax_of_classes", "upsample"]

_Network = TypeVar("_Network", bound=nn.Module)


class ConvBNReLU(nn.Sequential):
    """Convolution, batch norm, ReLU; keeps the size (rounded up after a stride)."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class SeparableConv(nn.Sequential):
    """A 3x3 convolution within each channel, then a 1x1 across them, batch norm and ReLU after each.

    About nine times fewer multiply-adds than a dense 3x3 (Howard et al. 2017, "MobileNets").
    """

    def __init__(self, inputs: int, outputs: int, *, dilation: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 3, padding=dilation, dilation=dilation, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs),
            nn.ReLU(inplace=True),
            ConvBNReLU(inputs, outputs, 1),
        )


class Normalize(nn.Module):
    """(N, 3, H, W) RGB in [0, 1] → `(image - mean) / std`; a constant of the architecture, so it is not saved with the weights."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: tuple[float, float, float], std: tuple[float, float, float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        return (image - self.mean) / self.std


class Luma(nn.Module):
    """(N, 3, H, W) RGB → (N, 1, H, W), by the weights of ITU-R BT.601: what a grey picture shows."""

    weights: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("weights", torch.tensor(LUMA).view(1, 3, 1, 1), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        return (image * self.weights).sum(1, keepdim=True)


def pad_to_multiple(image: Tensor, multiple: int) -> Tensor:
    """Pad (N, C, H, W) at the right and bottom with grey 0.5, the value crops have outside the picture, up to the next multiple.

    Always pads, by nothing where nothing is missing, so that an exported graph holds at every size.
    """
    height, width = image.shape[-2:]
    return F.pad(image, (0, -width % multiple, 0, -height % multiple), value=0.5)


def softmax_of_classes(logits: Tensor) -> Tensor:
    """(N, C, ...) logits → probabilities, summing to 1 over C.

    Written out, because onnxruntime's Softmax over an axis that is not the last one takes as long as all convolutions together.
    """
    shares = (logits - logits.detach().amax(1, keepdim=True)).exp()
    return shares * shares.sum(1, keepdim=True).reciprocal()


def upsample(x: Tensor, factor: int) -> Tensor:
    """Enlarge (N, C, H, W) by a whole factor, bilinearly, pixel centres at +0.5."""
    return F.interpolate(x, scale_factor=float(factor), mode="bilinear", align_corners=False) if factor > 1 else x


def channels_last(network: _Network) -> _Network:
    """The network, its weights laid out so that pixels' channels lie together, which is faster."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch declares it for tensors only
