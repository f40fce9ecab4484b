"""A picture as it would look in white light, and what was painted on that in the light that there is."""

from __future__ import annotations

import cv2
import numpy as np

from . import color as colors

__all__ = ["in_its_light", "in_white_light"]


def in_white_light(image: np.ndarray, light: np.ndarray) -> np.ndarray:
    """The picture divided by the light, (h, w, 3) float32 sRGB; what is brighter than white there is white.

    Parameters
    ----------
    image : (h, w, 3) float32 sRGB in [0, 1].
    light : (3,), of red, green and blue; 1 is white light of normal exposure.
    """
    return colors.by_bands(lambda rgb: colors.from_linear(_times(colors.linear(rgb), 1 / light)), image)


def in_its_light(image: np.ndarray, white: np.ndarray, painted: np.ndarray, light: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The picture with what was painted on it as it looks in white light: (h, w, 3) float32 sRGB.

    What was added or taken there is so in this light; so highlights that are brighter than white there stay, and pixels that
    nothing was painted on keep their bits.

    Parameters
    ----------
    image, light : as for `in_white_light`.
    white, painted : (h, w, 3) float32, what that gave, before and after.
    where : (h, w) bool, the pixels that are asked for; the others stay as they are.
    """

    def lit(rgb: np.ndarray, white: np.ndarray, painted: np.ndarray) -> np.ndarray:
        own = colors.linear(rgb)
        before = np.clip(_times(own, 1 / light), np.float32(0), np.float32(1))  # the light of `white`
        added = colors.linear(np.clip(painted, np.float32(0), np.float32(1))) - before
        result = colors.from_linear(own + _times(added, light))
        return np.where(painted == white, rgb, result)

    return colors.within(where, lit, image, white, painted)


def _times(values: np.ndarray, light: np.ndarray) -> np.ndarray:
    """(h, w, 3) with each channel times a number: numpy's own way takes several times as long."""
    return np.asarray(cv2.transform(values, np.diag(light).astype(np.float32)))
