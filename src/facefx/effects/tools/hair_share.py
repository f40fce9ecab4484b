"""How much of each pixel is hair, where its edge lets other things be seen through."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ...face.face import FaceView
from ...pixels.cells import Enlarged, broadly, cell_of_mean
from ...pixels.seeing_through import seen_through

__all__ = ["PartOfHair", "in_its_part", "share_of_hair"]

#: How deep behind its edge hair may be seen through, in face units: towards what is behind the head, and towards skin and clothes,
#: on which it lies closely.
_BACKGROUND, _SKIN = 0.25, 0.04
#: Over what distance it is told which of the two the edge is nearer to, in face units.
_NEAR = 0.1


def share_of_hair(image: np.ndarray, mask: np.ndarray, face: FaceView) -> np.ndarray:
    """The hair's mask, (H, W) float32, less what is seen through it: dyed with the hair, a bright wall between curls would glow."""

    def about(cell: int) -> tuple[np.ndarray, np.ndarray]:
        hair, background = (face.roughly(region, cell) for region in ("hair", "background"))
        radius = max(_NEAR * face.unit / cell, 0.5)
        side = cell_of_mean(radius, hair.shape)
        behind, other = (Enlarged(broadly(v, radius, side), side).all_of(hair.shape) for v in (background, 1 - hair))
        nearer = np.clip(behind / np.maximum(other, np.float32(1e-4)), 0, 1)
        return hair, np.float32(_SKIN) + np.float32(_BACKGROUND - _SKIN) * nearer

    return seen_through(mask, image, face.unit, about)


@dataclass(frozen=True, eq=False)
class PartOfHair:
    """How much of what is laid on through the hair's mask lies on its share, part by part: (h, w) float32 in [0, 1]."""

    mask: np.ndarray
    share: np.ndarray

    def __getitem__(self, part: tuple[slice, slice]) -> np.ndarray:
        return self.share[part] / np.maximum(self.mask[part], np.float32(1e-6))


def in_its_part(image: np.ndarray, painted: np.ndarray, part: np.ndarray) -> np.ndarray:
    """So much, (h, w), of what was painted on a picture."""
    if part.min() >= 1:
        return painted
    change = painted - image
    change *= cv2.merge([part, part, part])
    change += image
    return change
