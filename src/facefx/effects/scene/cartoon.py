"""A drawn look: flat tones and ink lines."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Range, effect
from ...pixels.color import by_bands, from_oklab, to_oklab
from ...pixels.masks import shrunk
from ..tools.lines import ink
from ..tools.region_choice import Where

__all__ = ["cartoon"]

#: A face is at most so many pixels large while its colours are made flat; finer is only what flattening removes.
_FACE = 320
#: Radius of what is smoothed away, in face units, and how often.
_RADIUS, _ROUNDS = 0.02, 3
#: Differences in OKLab, times 100, across which smoothing does not go.
_EDGE = 6.0


@effect(region="picture", margin=0.15)
def cartoon(
    image: np.ndarray,
    unit: float,
    *,
    region: Where = "picture",
    strength: Annotated[float, Range(0, 1), "how much of the drawing; 1 is all drawn"] = 1.0,
    levels: Annotated[int, Range(3, 24), "how many steps of light and shade"] = 9,
    lines: Annotated[float, Range(0, 1), "how dark the outlines are"] = 0.6,
) -> np.ndarray:
    """Turn it into a drawing: colours run flat, light falls in steps, edges are inked.

    Winnemöller, Olsen, Gooch, "Real-Time Video Abstraction", SIGGRAPH 2006, in OKLab.
    """
    shrink = max(unit / _FACE, 1.0)
    lab = by_bands(to_oklab, shrunk(image, shrink)) * np.float32(100)
    for _ in range(_ROUNDS):
        lab = np.asarray(cv2.bilateralFilter(lab, 0, _EDGE, max(_RADIUS * unit / shrink, 0.6)), np.float32)
    flat = lab / np.float32(100)
    flat[..., 0] = _stepped(flat[..., 0], levels)
    flat[..., 1:] *= 1.15
    flat = np.asarray(cv2.resize(flat, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    dark = 1 - np.float32(lines) * (1 - ink(image, 0.006 * unit))

    def draw(image: np.ndarray, flat: np.ndarray, dark: np.ndarray) -> np.ndarray:
        return image + np.float32(strength) * (from_oklab(flat * np.stack([dark, dark, dark], axis=-1)) - image)

    return by_bands(draw, image, flat, dark)


def _stepped(lightness: np.ndarray, levels: int) -> np.ndarray:
    """Lightness gathered about `levels` values, with soft steps between them, so that no edge jitters."""
    place = lightness * np.float32(levels)
    nearest = np.floor(place) + 0.5
    return np.asarray((nearest + 0.5 * np.tanh(6 * (place - nearest)) / np.tanh(3.0)) / levels, np.float32)
