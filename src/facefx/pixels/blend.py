"""Putting an effect's pixels into the picture, and knowing what colour lies under a soft edge."""

from __future__ import annotations

import cv2
import numpy as np

from .cells import enlarged_part, in_cells, tiles, tiles_of_cells

__all__ = ["composite", "foreground"]


def composite(image: np.ndarray, painted: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """``image + mask * (painted - image)``; pixels whose mask is 0 keep their bits.

    Parameters
    ----------
    image, painted : (H, W, 3) float32.
    mask : (H, W) float32 in [0, 1].
    """
    result = np.array(image, np.float32)
    for tile in tiles(mask > 0):
        share, under = mask[tile], image[tile]
        blended = painted[tile] - under
        blended *= cv2.merge([share, share, share])
        blended += under
        np.clip(blended, np.float32(0), np.float32(1), out=blended)
        np.copyto(result[tile], blended, where=True if share.all() else share[..., None] > 0)
    return result


def foreground(image: np.ndarray, mask: np.ndarray, radius: float) -> np.ndarray:
    """The colour that the region itself has, also where a soft edge mixes it with what lies behind.

    Where the mask is 1 this is the picture. Below 0.7 it is the mean colour of the surely inside pixels round about, weighted by
    distance, so that what is behind the hair does not take part in the hair's new colour.

    Parameters
    ----------
    image : (H, W, 3) float32.
    mask : (H, W) float32 in [0, 1].
    radius : how far to look, in pixels; about the width of the soft edge.
    """
    if radius <= 0 or not (mask >= _SURE).any():
        return image
    # A mean over tens of pixels needs no more resolution than that: it is gathered on cells, those of them that are all inside.
    fine = max(min(int(radius / 8), min(mask.shape) // 2), 1)
    step = 2 if radius >= 8 and min(mask.shape) >= 2 else 1
    cell = step * fine
    inside = (in_cells(mask, fine) >= _SURE).astype(np.float32)
    weight, colors = (
        np.asarray(cv2.GaussianBlur(in_cells(v, step), (0, 0), radius / cell))
        for v in (inside, in_cells(image, fine) * inside[..., None])
    )
    mean = colors / np.maximum(weight, 1e-6)[..., None]
    near = np.clip(weight / 0.02, 0, 1)  # too far from any inside pixel, the picture is the better guess
    result = np.array(image, np.float32)
    for tile in tiles_of_cells((near > 0) & (in_cells(mask, cell) < 1), cell):
        part = result[tile.pixels]
        known = enlarged_part(near, tile, cell, part.shape) * np.clip((1 - mask[tile.pixels]) / np.float32(0.3), 0, 1)
        change = enlarged_part(mean, tile, cell, part.shape) - part
        change *= cv2.merge([known, known, known])
        part += change
    return result


#: From here on a pixel is inside.
_SURE = np.float32(0.95)
