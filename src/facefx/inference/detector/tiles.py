"""What of a picture is looked at, and how large: pieces of shrunken copies of the whole, and windows on what may be a face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from ...pixels import geometry

__all__ = ["COARSEST", "MOST_PIXELS", "TILE", "WINDOW", "Copy", "Tile", "copies", "default_smallest", "scales", "tiles", "window"]

#: By default faces are looked for from this side on, in pixels, ...
SMALLEST = 24.0
#: ... and in large pictures from this share of the longer side on.
SMALLEST_SHARE = 0.02
#: The whole picture is looked at so small that the smallest face sought is this wide: enough for a suspicion.
SUSPECTED_AT = 12.8
#: Larger copies are looked at as if they had so many pixels.
MOST_PIXELS = 12_600_000
#: Each copy is this much coarser than the one before. The detector suspects faces from 12 to 250 pixels.
STEP = 4
#: No coarser copy follows one whose longer side is at most this; a face may fill such a picture.
COARSEST = 320
#: Smaller pictures are enlarged to this, and none is shrunk to less.
LEAST = 160
#: A piece is at most so wide and high, and shares so much with its neighbours that a face is whole in one of them.
TILE, SHARED = 1024, 224
#: A window is so wide and high, and in it what is suspected to be a face is so wide: of faces of 40 to 80 pixels the network
#: knows the box best, to 5 % of the side; of one of 128 pixels, between two of its grids, to 29 %.
WINDOW, LOOKED_AT = 192, 80.0
_MULTIPLE = 32
_GREY = 0.5


@dataclass(frozen=True, eq=False)
class Copy:
    """A picture enlarged by `scale`, which is mostly below 1: (H, W, 3) uint8, or float32 in [0, 1]."""

    rgb: geometry.Windows
    scale: float


@dataclass(frozen=True, eq=False)
class Tile:
    """A piece: (H, W, 3) float32 RGB in [0, 1], H and W multiples of 32. In the picture it is at (x, y), `scale` times as large."""

    rgb: np.ndarray
    scale: float
    x: float
    y: float


def default_smallest(height: int, width: int) -> float:
    """The side in pixels from which on faces are looked for, if nobody says."""
    return max(SMALLEST, SMALLEST_SHARE * max(height, width))


def scales(height: int, width: int, smallest: float) -> list[float]:
    """By how much a picture is enlarged to be looked at, the finest first; 1 and less but for tiny ones."""
    longer = max(height, width)
    least = LEAST / longer
    found = [max(min(1.0, SUSPECTED_AT / smallest, float(np.sqrt(MOST_PIXELS / (height * width)))), least)]
    while longer * found[-1] > COARSEST:
        found.append(max(found[-1] / STEP, least))
    return found


def copies(rgb: geometry.Windows, smallest: float) -> list[Copy]:
    """The picture as it is looked at, the finest first; each is made from the one before."""
    height, width = rgb.shape[:2]
    finest, *coarser = scales(height, width, smallest)
    if finest < 1 and isinstance(rgb, geometry.Reducible):
        made = [Copy(rgb.reduced((0, 0, width, height), (max(round(width * finest), 1), max(round(height * finest), 1))), finest)]
    else:
        made = [Copy(_resized(rgb[:, :], finest), finest)]
    for scale in coarser:
        made.append(Copy(_resized(np.asarray(made[-1].rgb), scale / made[-1].scale), scale))
    return made


def tiles(copy: Copy) -> Iterator[Tile]:
    """The pieces of a copy, one by one."""
    for top in _starts(copy.rgb.shape[0]):
        for left in _starts(copy.rgb.shape[1]):
            piece = copy.rgb[top : top + TILE, left : left + TILE]
            yield Tile(_padded(piece), 1 / copy.scale, left / copy.scale, top / copy.scale)


def window(among: list[Copy], x: float, y: float, side: float) -> Tile:
    """The surroundings of a square with its middle at (x, y), inside the picture as far as there is one.

    They are cut from the coarsest copy that is fine enough.
    """
    scale = LOOKED_AT / side
    copy = min((c for c in among if c.scale >= scale), key=lambda c: c.scale, default=among[0])
    ratio = scale / copy.scale
    size = max(round(WINDOW / ratio), 1)
    left, top = (
        min(max(round(middle * copy.scale - size / 2), 0), max(length - size, 0))
        for middle, length in ((x, copy.rgb.shape[1]), (y, copy.rgb.shape[0]))
    )
    piece = copy.rgb[top : top + size, left : left + size]
    shown = _resized(piece, ratio, WINDOW)
    return Tile(_padded(shown, WINDOW), piece.shape[1] / shown.shape[1] / copy.scale, left / copy.scale, top / copy.scale)


def _starts(length: int) -> list[int]:
    """Where pieces begin that cover a length, evenly spread."""
    count = max(int(np.ceil((length - SHARED) / (TILE - SHARED))), 1)
    return [round(i * (length - TILE) / (count - 1)) for i in range(count)] if count > 1 else [0]


def _resized(rgb: np.ndarray, scale: float, most: int | None = None) -> np.ndarray:
    """The picture enlarged by a scale, to `most` pixels at most, averaged where it shrinks; the dtype stays."""
    width, height = size = tuple(min(max(round(length * scale), 1), most or length + 1_000_000) for length in rgb.shape[1::-1])
    if scale >= 1:
        return rgb if size == rgb.shape[1::-1] else cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR)
    while rgb.dtype == np.uint8 and min(rgb.shape[0] - 4 * height, rgb.shape[1] - 4 * width) >= 0:
        even = rgb[: rgb.shape[0] // 2 * 2, : rgb.shape[1] // 2 * 2]  # an average of four bytes is made ten times as fast as others
        rgb = cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def _padded(piece: np.ndarray, size: int | None = None) -> np.ndarray:
    """The piece as float32 with grey to its right and below, up to multiples of 32 or to a size."""
    height, width = piece.shape[:2]
    bottom, right = (-length % _MULTIPLE if size is None else size - length for length in (height, width))
    pixels = piece.astype(np.float32) / 255 if piece.dtype == np.uint8 else piece
    return cv2.copyMakeBorder(pixels, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=(_GREY,) * 3)
