"""Soft light."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Range, effect
from ...pixels.color import by_bands, from_linear, linear
from ...pixels.masks import shrunk
from ..tools.region_choice import Where

__all__ = ["glow"]

#: Only light above this share of white spreads, softly from there.
_FROM = 0.12


@effect(region="picture", margin=0.15)
def glow(
    image: np.ndarray,
    unit: float,
    *,
    region: Where = "picture",
    strength: Annotated[float, Range(0, 1), "how much light spreads"] = 0.4,
    radius: Annotated[float, Range(0.01, 0.5), "how far it spreads, in face units"] = 0.1,
) -> np.ndarray:
    """Let bright parts shine softly over their surroundings, as through a diffusion filter.

    The spread light is screened over the picture in linear light, so that lights bloom and shadows stay deep.
    """
    reach = radius * unit
    shrink = max(reach / 6, 1.0)
    light = by_bands(linear, shrunk(image, shrink))
    peak = light.max(axis=-1, keepdims=True)
    bright = light * np.clip((peak - _FROM) / (1 - _FROM), 0, 1)
    spread = cv2.GaussianBlur(bright, (0, 0), max(reach / shrink, 0.5)) + 0.5 * cv2.GaussianBlur(
        bright, (0, 0), max(2.5 * reach / shrink, 0.5)
    )
    spread = np.clip(spread, 0, 1)
    if shrink > 1:
        spread = cv2.resize(spread, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    def screen(image: np.ndarray, spread: np.ndarray) -> np.ndarray:
        return from_linear(1 - (1 - linear(image)) * (1 - np.float32(0.8 * strength) * spread))

    return by_bands(screen, image, spread)
