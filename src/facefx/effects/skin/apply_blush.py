"""Blusher."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ..tools.brush import Cheek, cheeks, stroke
from ..tools.skin import local_mean, skin_of, usual_color

__all__ = ["apply_blush"]

#: How far the skin round a place reaches, in face units: a Gaussian's standard deviation.
_AROUND = 0.12


@effect(region="skin+nose", margin=0.02, light="scene")
def apply_blush(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    color: Color = "#d0475f",
    strength: Annotated[float, Range(0, 1), "how much colour"] = 0.5,
    radius: Annotated[float, Range(0.05, 0.2), "width of the brush, in face units"] = 0.1,
) -> np.ndarray:
    """Put blusher on the apples of the cheeks, swept up towards the temples.

    The skin takes on the colour's hue and depth, more of it the deeper the skin is, so that it shows on dark skin and does not
    paint pale skin over. Placed on what can be seen of each cheek, so a turned head gets less on the far side.
    """
    where = np.zeros(mask.shape, np.float32)
    for cheek in cheeks(face).values():
        where = np.maximum(where, _swept(mask.shape, cheek, radius * unit))
    if not where.any():
        return image
    skin = skin_of(image, mask, face)
    usual = usual_color(skin)
    shift = _pigment(usual, colors.to_oklab(np.array(colors.parse(color))))
    full = mask.shape[1], mask.shape[0]
    clear = cv2.resize(1 - skin.beard, full, interpolation=cv2.INTER_LINEAR)
    # Shine is what is lighter than the skin round it: a cheek that the sun lights as a whole does not shine.
    around = local_mean(skin.lab[..., 0], skin.weight, _AROUND * skin.unit)
    around = cv2.resize(np.maximum(around, usual[0]), full, interpolation=cv2.INTER_LINEAR)
    amount = np.float32(strength) * where * clear

    def paint(rgb: np.ndarray, amount: np.ndarray, around: np.ndarray) -> np.ndarray:
        lab = colors.to_oklab(rgb)
        # Powder colours the light that the skin sends back, so where there is little light there is little colour.
        # Shine lies on top of the powder.
        shine = np.clip((lab[..., 0] - around - 0.05) / 0.2, 0, 1)
        share = amount * np.clip(lab[..., 0] / max(float(usual[0]), 1e-3), 0.4, 1) * (1 - 0.6 * shine)
        return colors.from_oklab(lab + share[..., None] * shift)

    return colors.by_bands(paint, image, amount, around)


def _swept(shape: tuple[int, ...], cheek: Cheek, width: float) -> np.ndarray:
    """From the apple of the cheek, below the pupil at the height of the nose's middle, to the temple."""
    narrow = min(1.0, max(cheek.width, 0) / (3.2 * width))
    level = cheek.wing - 0.18 * (cheek.wing - cheek.eye.center)
    apple = cheek.at(0.42, level)
    bone = cheek.at(0.70, cheek.wing - 0.5 * (cheek.wing - cheek.eye.end))
    temple = cheek.at(0.90, cheek.wing - 0.85 * (cheek.wing - cheek.eye.end))
    widths = width * narrow * np.array([1.0, 0.85, 0.6])
    return stroke((shape[0], shape[1]), np.array([apple, bone, temple]), widths, narrow * np.array([1.0, 0.85, 0.35]))


def _pigment(skin: np.ndarray, color: np.ndarray) -> np.ndarray:
    """How the skin's OKLab colour moves under a full coat: towards the colour's hue, and a little towards its lightness."""
    chroma = 0.48 * (color[1:] - skin[1:])
    lightness = np.clip(0.4 * (color[0] - skin[0]), -0.08, 0.02)
    return np.array([lightness, *chroma], np.float32)
