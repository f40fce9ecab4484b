"""Lipstick."""

from __future__ import annotations

from typing import Annotated, Literal

import cv2
import numpy as np

from .. import color as colors
from ..declare import Color, Range, effect
from .tone import Palette, aimed, recolored, surely_inside

__all__ = ["recolor_lips"]

#: How much of the contrast below and above the lips' median lightness each finish keeps.
_CONTRAST = {"matte": (0.85, 0.45), "satin": (1.0, 0.9), "gloss": (1.1, 1.2)}


@effect(region="lips")
def recolor_lips(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    *,
    color: Color = "#cc0000",
    strength: Annotated[float, Range(0, 1), "how much of the colour; 1 covers the lips' own"] = 0.8,
    finish: Annotated[Literal["matte", "satin", "gloss"], "how much the lips shine"] = "satin",
) -> np.ndarray:
    """Colour the lips, keeping their light, shade and lines; teeth and skin stay as they are."""
    if strength == 0:
        return image
    lab = colors.to_oklab(image)
    own = surely_inside(image, mask)
    source, target = np.median(own, axis=0), colors.to_oklab(np.array(colors.parse(color)))
    painted = recolored(lab, aimed(Palette(source, target, *_CONTRAST[finish], variety=0.25), own))
    if finish == "gloss":
        painted = _shine(painted, lab[..., 0], mask, unit)
    return colors.from_oklab(lab + np.float32(strength) * (painted - lab))


def _shine(painted: np.ndarray, lightness: np.ndarray, mask: np.ndarray, unit: float) -> np.ndarray:
    """Add the wet highlights of gloss where the lips already catch most light: ridges that stand out from what is round them."""
    around = cv2.GaussianBlur(lightness, (0, 0), max(0.03 * unit, 1.0))
    fine = cv2.GaussianBlur(lightness, (0, 0), max(0.004 * unit, 0.5))
    ridge = np.maximum(fine - around, 0) * np.clip((mask - 0.6) / 0.4, 0, 1)
    inside = ridge[mask > 0.8]
    if inside.size == 0 or inside.max() <= 0:
        return painted
    spark = np.clip(
        (ridge - np.quantile(inside, 0.7)) / max(float(np.quantile(inside, 0.985) - np.quantile(inside, 0.7)), 1e-3), 0, 1
    )
    spark = (spark**1.5)[..., None].astype(np.float32)
    wet = painted.copy()
    wet[..., 0] += 0.30 * (1 - wet[..., 0])
    wet[..., 1:] *= 0.75
    return painted + spark * (wet - painted)
