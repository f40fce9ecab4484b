"""Putting an effect's pixels into the picture, and knowing what colour lies under a soft edge."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from .cells import Enlarged, in_cells, tiles, tiles_of_cells

__all__ = ["composite", "foreground", "in_front", "inside_mean"]


def composite(
    image: np.ndarray,
    painted: np.ndarray,
    mask: np.ndarray,
    shown: Callable[[tuple[slice, slice]], np.ndarray] | None = None,
    into: np.ndarray | None = None,
) -> np.ndarray:
    """``image + mask * (painted - image)``; pixels whose mask is 0 keep their bits.

    Parameters
    ----------
    image, painted : (H, W, 3) float32.
    mask : (H, W) float32 in [0, 1].
    shown : gives of a tile what was painted as it shows in the picture; by default as it was painted.
    into : the image itself, to be changed, or a copy of it; by default a new one.
    """
    result = np.array(image, np.float32) if into is None else into
    for tile in tiles(mask > 0):
        share, blended = mask[tile], shown(tile) if shown else painted[tile]
        if share.min() < 1:
            blended = blended - image[tile]
            blended *= cv2.merge([share, share, share])
            blended += image[tile]
        cv2.copyTo(np.clip(blended, np.float32(0), np.float32(1)), (share > 0).view(np.uint8), result[tile])
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
    result = np.array(image, np.float32)
    mean, near = inside_mean(image, mask, radius)
    for tile in tiles_of_cells(near.values > 0, near.cell, mask.shape):
        result[tile] = in_front(result[tile], mask[tile], mean[tile], near[tile])
    return result


def inside_mean(image: np.ndarray, mask: np.ndarray, radius: float) -> tuple[Enlarged, Enlarged]:
    """The mean colour of the surely inside pixels round about, and how far, from 0 to 1, there are any; see `foreground`."""
    # A mean over tens of pixels needs no more resolution than that: it is gathered on cells, those of them that are all inside.
    least = min(mask.shape)
    fine = max(min(int(radius / 8), least // 2), 1)
    step = max(min(round(radius / (2 * fine)), least // (2 * fine)), 1)
    inside = (in_cells(mask, fine) >= 0.95).astype(np.uint8)
    weight, colors = (
        np.asarray(cv2.GaussianBlur(in_cells(v, step), (0, 0), max(radius / (step * fine), 0.3)))
        for v in (inside.astype(np.float32), np.asarray(cv2.copyTo(in_cells(image, fine), inside)))
    )
    near = np.clip(weight / np.float32(0.02), 0, 1)  # too far from any inside pixel, the picture is the better guess
    near[near < 0.02] = 0
    return Enlarged(colors / np.maximum(weight, 1e-6)[..., None], step * fine), Enlarged(near, step * fine)


def in_front(colors: np.ndarray, mask: np.ndarray, mean: np.ndarray, near: np.ndarray) -> np.ndarray:
    """What the region itself has of the colours, (h, w, 3), given its `inside_mean` there."""
    if mask.min() >= 1:
        return colors
    known = near * np.clip((1 - mask) / np.float32(0.3), np.float32(0), np.float32(1))
    return np.asarray(colors + cv2.merge([known, known, known]) * (mean - colors))
