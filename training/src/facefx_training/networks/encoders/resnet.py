"""ResNet-18 and ResNet-50 (He et al. 2015, "Deep residual learning"), with torchvision's names, so that its weights files load.

As in torchvision, the stride of a bottleneck sits on its 3x3 convolution.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..layers import Normalize

__all__ = ["ResNet"]


class _Block(nn.Module):
    """The shortcut that the basic block and the bottleneck share."""

    expansion: int

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def residual(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.residual(x) + self.downsample(x))


class BasicBlock(_Block):
    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__(inputs, width, stride)
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def residual(self, x: Tensor) -> Tensor:
        return self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))


class Bottleneck(_Block):
    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__(inputs, width, stride)
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * 4)

    def residual(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.bn3(self.conv3(x))


class ResNet(nn.Module):
    """The encoder without its classifying head.

    Parameters
    ----------
    block
        `BasicBlock` or `Bottleneck`.
    repeats
        Blocks in each of the four layers.

    Attributes
    ----------
    strides, channels : tuple of int
        Of the features that `forward` gives; the first is the normalised picture itself.
    """

    strides = (1, 2, 4, 8, 16, 32)

    def __init__(self, block: type[BasicBlock] | type[Bottleneck], repeats: Sequence[int]) -> None:
        super().__init__()
        self.normalize = Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        widths = [64, 128, 256, 512]
        outputs = [width * block.expansion for width in widths]
        inputs = [64, *outputs[:-1]]
        layers = [
            nn.Sequential(block(before, width, 1 if index == 0 else 2), *(block(after, width, 1) for _ in range(count - 1)))
            for index, (before, width, after, count) in enumerate(zip(inputs, widths, outputs, repeats, strict=True))
        ]
        self.layer1, self.layer2, self.layer3, self.layer4 = layers
        self.channels = (3, 64, *outputs)

    def forward(self, image: Tensor) -> list[Tensor]:
        """(N, 3, H, W) RGB in [0, 1], H and W multiples of 32 → features of `channels` at `strides`."""
        image = self.normalize(image)
        features = [image, torch.relu(self.bn1(self.conv1(image)))]
        x = nn.functional.max_pool2d(features[-1], 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
            features.append(x)
        return features
