"""Varying a whole batch of faces where the network is: the crops, light and colours of `Augment`, on the GPU, through kornia.

What `Augment` does to skin, hair, compression and occlusion is not done here.
"""

from __future__ import annotations

import math
from typing import Any

import kornia.augmentation as K
import torch
from kornia.geometry.transform import get_rotation_matrix2d, warp_affine
from torch import Tensor, nn

from facefx.labels import IGNORE, LabelScheme

__all__ = ["BatchAugment", "mirror_batch"]

_GREY = 0.5


def mirror_batch(images: Tensor, labels: Tensor, chosen: Tensor, scheme: LabelScheme) -> tuple[Tensor, Tensor]:
    """Flip the chosen ones of (N, 3, H, W) images and (N, H, W) labels sideways; what was left is right in them.

    Parameters
    ----------
    chosen : (N,) bool
    """
    table = torch.arange(256, dtype=labels.dtype, device=labels.device)
    table[: len(scheme)] = torch.tensor(scheme.mirror, dtype=labels.dtype, device=labels.device)
    flipped = table[labels.flip(-1).long()]
    return torch.where(chosen[:, None, None, None], images.flip(-1), images), torch.where(chosen[:, None, None], flipped, labels)


class BatchAugment:
    """(N, 3, S, S) uint8 images and (N, S, S) uint8 labels → the same at `size`, each varied by itself.

    Parameters
    ----------
    size : side of the crops, pixels
    scheme : of the labels
    """

    def __init__(self, size: int, scheme: LabelScheme) -> None:
        self.size, self.scheme = size, scheme
        steps: list[Any] = [
            K.ColorJiggle(brightness=(0.8, 1.2), contrast=(0.7, 1.4), saturation=(0.6, 1.5), hue=(-0.02, 0.02), p=0.8),
            K.RandomGamma((0.7, 1.5), p=0.6),
            K.RandomGrayscale(p=0.06),
            K.RandomGaussianBlur((7, 7), (0.3, 1.8), p=0.2),
            K.RandomGaussianNoise(std=0.03, p=0.2),
        ]
        self.looks = nn.Sequential(*steps)

    @torch.no_grad()
    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        pixels, known = self._crop(images.float() / 255, labels)
        pixels, known = mirror_batch(pixels, known, torch.rand(len(known), device=known.device) < 0.5, self.scheme)
        looks = self.looks.to(pixels.device)
        return (looks(pixels).clamp(0, 1) * 255).round().to(torch.uint8), known

    def _crop(self, pixels: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Crops as `Augment` draws them; outside the picture they are grey and unknown."""
        count, source, device = len(pixels), pixels.shape[-1], pixels.device
        wide = torch.rand(count, device=device) < 0.1
        usual = (torch.randn(count, device=device) * 0.2 + math.log(1.11)).clamp(math.log(0.75), math.log(1.6))
        far = math.log(1.4) + torch.rand(count, device=device) * math.log(2.3 / 1.4)
        side = torch.where(wide, far, usual).exp()
        middle = torch.tensor([0.5, 0.52], device=device) + 0.05 * side[:, None] * torch.randn(count, 2, device=device)
        center = middle * source - 0.5  # kornia's pixel centres are whole numbers
        scale = (self.size / (side * source))[:, None].expand(-1, 2)
        matrix = get_rotation_matrix2d(center, 13 * torch.randn(count, device=device), scale)
        matrix[:, :, 2] += self.size / 2 - 0.5 - center
        frame = (self.size, self.size)
        grey, unknown = torch.full((3,), _GREY, device=device), torch.full((3,), float(IGNORE), device=device)
        cropped = warp_affine(pixels, matrix, frame, padding_mode="fill", fill_value=grey)
        # three equal channels, since kornia fills no other number of them
        tripled = labels[:, None].float().expand(-1, 3, -1, -1)
        known = warp_affine(tripled, matrix, frame, mode="nearest", padding_mode="fill", fill_value=unknown)
        return cropped, known[:, 0].round().to(torch.uint8)
