"""Making people unrecognizable."""

from __future__ import annotations

from typing import Annotated, Literal

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels.color import parse
from ...pixels.masks import depth, window

__all__ = ["anonymize"]

#: How far beyond the parsed part it reaches, in face units: parsing is not exact, and nothing must look out.
_BEYOND = 0.06
#: Least half height of the bar over eyes or mouth, in face units.
_BAR = 0.16


@effect(region="head+neck")
def anonymize(
    image: np.ndarray,
    mask: np.ndarray,
    face: FaceView,
    *,
    method: Annotated[Literal["pixelate", "blur", "block"], "a few flat cells, the same smoothed, or one colour"] = "pixelate",
    part: Annotated[Literal["face", "head", "eyes", "mouth"], "what to hide; the first two hide most"] = "head",
    cells: Annotated[int, Range(1, 16), "how many cells go across the face; fewer hide more"] = 5,
    color: Color = "#1a1a1a",
) -> np.ndarray:
    """Hide who it is, for good: what is left cannot be turned back into the face.

    Every pixel of the part is replaced in full, with no share of the old one even where masks have soft edges. What remains of the
    part is one mean colour a cell (``"pixelate"``, and ``"blur"``, which only interpolates between those means), or nothing
    (``"block"``): two faces that agree in their cell means become the same picture, and no software can tell which it was.

    Means do tell something, though. Whoever has photos of all candidates can compare them, the more so the more cells there are
    (McPherson, Shokri, Shmatikov, "Defeating Image Obfuscation with Deep Learning", arXiv:1609.00408), and acquaintances know
    people by hair, clothes and company. Where that matters use ``"block"`` on the head; eyes or mouth alone hide nobody. Only faces
    that were found are hidden: look at the result. Hands in front of a face stay visible.
    """
    inside = _part(part, mask, face)
    area = window(inside)
    if area is None:
        return image
    if method == "block":
        hidden = np.broadcast_to(np.array(parse(color), np.float32), image.shape)
    else:
        hidden = image.copy()
        x0, y0, x1, y1 = area
        hidden[y0:y1, x0:x1] = _cells(image[y0:y1, x0:x1], inside[y0:y1, x0:x1], face.unit / cells, method == "blur")
    # The core will mix this into the picture in the share of the mask; dividing by that share first replaces every pixel in full.
    replaced = image + (hidden - image) / np.maximum(mask, 1e-30)[..., None]
    return np.where(inside[..., None], replaced, image)


def _part(part: str, mask: np.ndarray, face: FaceView) -> np.ndarray:
    """(h, w) bool: what is hidden; a little of the neck, so that the chin's soft edge is too."""
    allowed = mask > 0
    if part in ("face", "head"):
        region = "head" if part == "head" else "face+ears"
        away = (face.mask(region) == 0).astype(np.uint8)
        if away.all():
            return np.zeros(face.shape, bool)
        return np.asarray(allowed & (depth(away) <= _BEYOND * face.unit))
    return allowed & _bar(part, face)


def _bar(part: str, face: FaceView) -> np.ndarray:
    """(h, w) bool: a bar along the line of the eyes, with the brows, or the mouth, from one side of the face to the other."""
    region = "eyes+eyebrows" if part == "eyes" else "mouth"
    seen = face.mask(region) > 0
    rows, columns = np.indices(face.shape)
    turn = np.deg2rad(face.roll)
    down = (rows + 0.5) * np.cos(turn) - (columns + 0.5) * np.sin(turn)
    across = (columns + 0.5) * np.cos(turn) + (rows + 0.5) * np.sin(turn)
    ends = across[face.mask("face") > 0]
    if not seen.any() or not ends.size:
        return np.zeros(face.shape, bool)
    low, high = float(down[seen].min()), float(down[seen].max())
    middle, half = (low + high) / 2, max((high - low) / 2 + _BEYOND * face.unit, _BAR * face.unit)
    reach = 2 * _BEYOND * face.unit
    return np.asarray((np.abs(down - middle) <= half) & (across >= ends.min() - reach) & (across <= ends.max() + reach))


def _cells(image: np.ndarray, inside: np.ndarray, side: float, smooth: bool) -> np.ndarray:
    """The mean colour of those pixels of each cell that are inside, over the whole cell, or interpolated between the cells."""
    height, width = inside.shape
    count = max(round(width / side), 1), max(round(height / side), 1)
    column, row = (np.minimum(np.arange(n) * c // n, c - 1) for n, c in zip((width, height), count, strict=True))
    cell = (row[:, None] * count[0] + column[None])[inside]
    pixels = np.bincount(cell, minlength=count[0] * count[1])
    sums = [np.bincount(cell, weights=image[..., c][inside], minlength=len(pixels)) for c in range(3)]
    means = (np.stack(sums, axis=-1) / np.maximum(pixels, 1)[:, None]).astype(np.float32)
    means[pixels == 0] = image[inside].mean(axis=0)
    grid = means.reshape(count[1], count[0], 3)
    if not smooth:
        return grid[row[:, None], column[None]]
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR))
