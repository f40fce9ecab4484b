"""Shining hair."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.masks import smooth_ramp
from ..tools.dye import broad_light
from ..tools.hair import Hair, hair_of
from ..tools.recoloring import from_perceived, perceived

__all__ = ["shine_hair"]


@effect(region="hair")
def shine_hair(
    image: np.ndarray,
    mask: np.ndarray,
    face: FaceView,
    *,
    strength: Annotated[float, Range(0, 1), "how much the hair shines"] = 0.5,
) -> np.ndarray:
    """Make the hair shine: its own highlights grow brighter along the strands, and the shade between them a little deeper."""
    hair = hair_of(image, mask, face)
    gloss = hair.full_size(_gloss(hair))

    def shine(image: np.ndarray, gloss: np.ndarray, slope: np.ndarray, offset: np.ndarray) -> np.ndarray:
        lab = colors.to_oklab(image)
        light = perceived(lab[..., 0])
        deeper = 0.2 * (1 - gloss) * light
        strands = np.clip(light - (slope * light + offset), -0.15, 0.15)
        brighter = gloss * (1.1 * (1 - light) * np.sqrt(light) + 1.5 * strands)
        lab[..., 0] = from_perceived(light + np.float32(strength) * (brighter - deeper))
        lab[..., 1:] *= 1 - np.float32(0.3 * strength) * gloss[..., None]  # a highlight is the lamp's colour
        return colors.from_oklab(lab)

    return colors.within(mask > 0, shine, image, gloss, *broad_light(image, mask, face.unit))


def _gloss(hair: Hair) -> np.ndarray:
    """Where the hair catches light: 0 to 1, on the small copy."""
    own = hair.within(hair.light)
    middle, bright = np.quantile(own, (0.5, 0.8))
    # What is lighter by far, or at the edge, is skin or sky between the strands, or shines already.
    most = float(max(0.25, 2 * (bright - middle)))
    sure = 1 - smooth_ramp(hair.light - float(middle), most, 1.5 * most)
    sure *= smooth_ramp(cv2.GaussianBlur(hair.mask, (0, 0), 0.05 * hair.unit), 0.65, 0.97)

    around = _weighed(hair.light, sure, lambda values: cv2.GaussianBlur(values, (0, 0), 0.2 * hair.unit))
    above = _weighed(hair.light - around, sure, hair.along)
    low, high = np.quantile(hair.within(above), (0.4, 0.8))
    # Hair in flat light has no highlights to speak of: what little there is is not blown up to look like some.
    gloss = smooth_ramp(above, float(low), float(low) + max(float(2 * (high - low)), 0.04))
    # Curls shine less, and a head of them least: its light places are those where one sees through.
    strands = min(0.15 + 3 * float(np.median(hair.within(hair.order))), 1.0)
    return gloss * sure * strands * (0.2 + 0.8 * hair.order)


def _weighed(values: np.ndarray, weight: np.ndarray, mean: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The mean of the values with a weight; 0 where there is none."""
    return np.asarray(mean(values * weight) / np.maximum(mean(weight), 1e-3))
