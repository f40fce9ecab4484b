"""Lipstick."""

from __future__ import annotations

from typing import Annotated, Literal

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels import masks
from ..tools.recoloring import Palette, aimed, recolored, surely_inside

__all__ = ["recolor_lips"]

#: How much of the contrast below and above the lips' median lightness each finish keeps.
_CONTRAST = {"matte": (0.85, 0.45), "satin": (1.0, 0.9), "gloss": (1.1, 1.2), "metallic": (1.35, 1.1)}


@effect(region="lips", light="scene")
def recolor_lips(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    color: Color = "#cc0000",
    strength: Annotated[float, Range(0, 1), "how much of the colour; 1 covers the lips' own"] = 0.8,
    finish: Annotated[Literal["matte", "satin", "gloss", "metallic"], "how the lips shine"] = "satin",
    second: Color = "#4a0f1c",
    ombre: Annotated[float, Range(0, 1), "how much of the second colour at the outer edge"] = 0.0,
) -> np.ndarray:
    """Colour the lips, keeping their light, shade and lines; teeth and skin stay as they are.

    With `ombre`, the colour turns to `second` from the middle of the mouth to the outer edge of the lips and their corners.
    """
    lab = colors.to_oklab(image)
    own = surely_inside(image, mask)

    def in_color(code: str) -> np.ndarray:
        source, target = np.median(own, axis=0), colors.to_oklab(np.array(colors.parse(code)))
        return recolored(lab, aimed(Palette(source, target, *_CONTRAST[finish], variety=0.25), own))

    painted = in_color(color)
    if ombre:
        painted += np.float32(ombre) * _towards_edge(face)[..., None] * (in_color(second) - painted)
    if finish == "gloss":
        painted = _shine(painted, lab[..., 0], mask, unit)
    elif finish == "metallic":
        painted = _metal(painted, lab[..., 0], mask, unit)
    return colors.from_oklab(lab + np.float32(strength) * (painted - lab))


def _towards_edge(face: FaceView) -> np.ndarray:
    """1 at the outer edge of the lips and in their corners, falling to 0 where they meet: (h, w) float32."""
    mouth = masks.fill_holes(face.mask("mouth"))
    depth = masks.depth(mouth >= 0.5)
    edge = np.ones(mouth.shape, np.float32)
    for name in ("upper_lip", "lower_lip"):
        lip = face.mask(name)
        if (lip >= 0.5).any():  # each by its own thickness
            reach = max(0.8 * float(np.quantile(depth[lip >= 0.5], 0.95)), 1.0)
            edge += lip * (1 - masks.smooth_ramp(depth, 0.1 * reach, reach) - edge)
    return cv2.GaussianBlur(edge, (0, 0), max(0.008 * face.unit, 0.5))


def _metal(painted: np.ndarray, lightness: np.ndarray, mask: np.ndarray, unit: float) -> np.ndarray:
    """The sheen of metal: broad highlights and fine lines, both brighter, in the metal's own colour instead of the lamp's."""
    around = cv2.GaussianBlur(lightness, (0, 0), max(0.045 * unit, 1.0))
    broad = cv2.GaussianBlur(lightness, (0, 0), max(0.012 * unit, 0.7))
    fine = cv2.GaussianBlur(lightness, (0, 0), max(0.002 * unit, 0.4)) - broad
    inside = mask > 0.8
    if not inside.any():
        return painted
    low, high = np.quantile((broad - around)[inside], (0.3, 0.97))
    sheen = masks.smooth_ramp(broad - around, low, max(high, low + 0.02)) * masks.ramp(mask, 0.4, 0.9)
    metal = painted.copy()
    metal[..., 0] += sheen * 0.45 * (1 - painted[..., 0]) - (1 - sheen) * 0.06 + 1.5 * np.clip(fine, -0.03, 0.06)
    metal[..., 1:] *= 1 + 0.2 * sheen[..., None]
    return metal


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
