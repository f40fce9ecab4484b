"""Putting an effect's pixels into the picture, and knowing what colour lies under a soft edge."""

from __future__ import annotations

import cv2
import numpy as np

__all__ = ["composite", "foreground"]


def composite(image: np.ndarray, painted: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """``image + mask * (painted - image)``; pixels whose mask is 0 keep their bits.

    Parameters
    ----------
    image, painted : (H, W, 3) float32.
    mask : (H, W) float32 in [0, 1].
    """
    blended = painted - image
    blended *= mask[..., None]
    blended += image
    np.clip(blended, 0, 1, out=blended)
    np.copyto(blended, image, where=mask[..., None] <= 0)
    return blended


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
    inside = (mask >= 0.95).astype(np.float32)
    if not inside.any() or radius <= 0:
        return image
    # A mean over tens of pixels needs no more resolution than that: gather it on a small copy.
    shrink = max(radius / 4, 1.0)
    height, width = mask.shape
    size = max(round(width / shrink), 1), max(round(height / shrink), 1)
    weight, *colors = (
        cv2.GaussianBlur(cv2.resize(v, size, interpolation=cv2.INTER_AREA), (0, 0), radius / shrink)
        for v in (inside, *(image[..., channel] * inside for channel in range(3)))
    )
    known = cv2.resize(
        np.clip(weight / 0.02, 0, 1), (width, height)
    )  # too far from any inside pixel, the picture is the better guess
    result = cv2.resize(np.dstack(colors) / np.maximum(weight, 1e-6)[..., None], (width, height))
    known *= np.clip((1 - mask) / 0.3, 0, 1)
    result -= image  # in place: these are the largest arrays of all that recolouring needs
    result *= known[..., None]
    result += image
    return np.asarray(result, np.float32)
