"""Ink lines along edges."""

from __future__ import annotations

import cv2
import numpy as np

from ...pixels.color import by_bands, to_oklab
from ...pixels.masks import shrunk

__all__ = ["ink", "lightness"]

#: Sharpness of the lines, and how much darker than its surroundings a line must be (in OKLab lightness).
_SHARP, _LEAST = 45.0, 0.012
#: Broader lines are found on a smaller copy, on which they are this wide.
_WIDE = 2.5


def lightness(image: np.ndarray) -> np.ndarray:
    """OKLab's lightness, (H, W) float32 in [0, 1]."""
    return by_bands(lambda rgb: to_oklab(rgb)[..., 0], image)


def ink(image: np.ndarray, width: float) -> np.ndarray:
    """Where dark lines would be drawn: (H, W) float32 from 0, ink, to 1, paper.

    Winnemöller, Kyprianidis, Olsen, "XDoG: An eXtended difference-of-Gaussians compendium", Computers & Graphics 36, 2012.

    Parameters
    ----------
    image : (H, W, 3) float32 RGB in [0, 1].
    width : of the lines, in pixels.
    """
    height, columns = image.shape[:2]
    shrink = max(width / _WIDE, 1.0)
    light = lightness(shrunk(image, shrink))
    narrow = max(width / shrink, 0.5)
    difference = cv2.GaussianBlur(light, (0, 0), narrow) - cv2.GaussianBlur(light, (0, 0), 1.6 * narrow)
    lines = 1 + np.tanh(np.minimum(difference + np.float32(_LEAST), 0) * np.float32(_SHARP))
    return np.asarray(cv2.resize(lines, (columns, height), interpolation=cv2.INTER_CUBIC) if shrink > 1 else lines).clip(0, 1)
