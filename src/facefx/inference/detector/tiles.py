"""The pieces of a picture, at several scales, in which faces of all sizes can be looked for in bounded time and memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

__all__ = ["Tile", "scales", "tiles"]

#: Larger pictures are looked at as if they had so many pixels.
MOST_PIXELS = 12_600_000
#: Each scale is this much coarser than the one before. The detector tells faces from 20 to over 200 pixels.
STEP = 4
#: No coarser scale follows one whose longer side is at most this; a face may fill such a picture.
COARSEST = 320
#: Smaller pictures are enlarged to this.
LEAST = 160
#: A piece is at most so wide and high, and shares so much with its neighbours that a face is whole in one of them.
TILE, SHARED = 1024, 224
_MULTIPLE = 32
_GREY = 0.5


@dataclass(frozen=True, eq=False)
class Tile:
    """A piece: (H, W, 3) float32 RGB, H and W multiples of 32. In the picture it lies at (x, y), `scale` times as large."""

    rgb: np.ndarray
    scale: float
    x: float
    y: float


def scales(height: int, width: int) -> list[float]:
    """By how much a picture is enlarged to be looked at, the finest first; 1 and less but for tiny ones."""
    if max(height, width) < LEAST:
        return [LEAST / max(height, width)]
    found = [min(1.0, float(np.sqrt(MOST_PIXELS / (height * width))))]
    while max(height, width) * found[-1] > COARSEST:
        found.append(max(found[-1] / STEP, LEAST / max(height, width)))
    return found


def tiles(rgb: np.ndarray) -> Iterator[Tile]:
    """The pieces of (H, W, 3) float32 RGB, one by one, scale by scale."""
    height, width = rgb.shape[:2]
    for scale in scales(height, width):
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        scaled = rgb if scale == 1 else cv2.resize(rgb, size, interpolation=method)
        for top in _starts(size[1]):
            for left in _starts(size[0]):
                piece = scaled[top : top + TILE, left : left + TILE]
                yield Tile(_padded(piece), width / size[0], left * width / size[0], top * height / size[1])


def _starts(length: int) -> list[int]:
    """Where pieces begin that cover a length, evenly spread."""
    count = max(int(np.ceil((length - SHARED) / (TILE - SHARED))), 1)
    return [round(i * (length - TILE) / (count - 1)) for i in range(count)] if count > 1 else [0]


def _padded(piece: np.ndarray) -> np.ndarray:
    """The piece with grey to its right and below, up to multiples of 32."""
    height, width = piece.shape[:2]
    bottom, right = -height % _MULTIPLE, -width % _MULTIPLE
    return cv2.copyMakeBorder(piece, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=(_GREY,) * 3)
