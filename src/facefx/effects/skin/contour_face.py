"""Contouring: shadow and light painted on, to carve the face."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ...face.landmarks import Nose, Strip
from ...pixels import color as colors
from ..tools.brush import Cheek, Head, cheeks, head_of, stroke
from ..tools.skin import skin_of

__all__ = ["contour_face"]


@effect(region="skin+nose", margin=0.02)
def contour_face(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    strength: Annotated[float, Range(0, 1), "how deep the shadows and how bright the lights"] = 0.5,
    light: Annotated[float, Range(0, 1), "how much of it is light: 0 paints shadows only"] = 0.7,
) -> np.ndarray:
    """Shade below the cheekbones, along the jaw and beside the nose, and light its bridge, the cheekbones and the brow bones.

    Both are shares of the skin's own lightness, so they are as visible on dark skin as on fair.
    """
    shape = mask.shape[0], mask.shape[1]
    shade, glow = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for cheek in cheeks(face).values():
        shade = np.maximum(shade, np.maximum(_hollow(shape, cheek, unit), _jaw(shape, cheek, unit)))
        glow = np.maximum(glow, _cheekbone(shape, cheek, unit))
    points = face.landmarks
    if points.nose is not None:
        beside, bridge = _nose(shape, points.nose, head_of(face), unit)
        shade, glow = np.maximum(shade, beside), np.maximum(glow, bridge)
    for eye, brow in ((points.left_eye, points.left_eyebrow), (points.right_eye, points.right_eyebrow)):
        if eye is not None and brow is not None:
            glow = np.maximum(glow, _brow_bone(shape, eye, brow, unit))
    glow *= np.float32(light)
    if not shade.any() and not glow.any():
        return image
    clear = 1 - skin_of(image, mask, face).beard
    amount = np.float32(strength) * np.stack([shade, glow], axis=-1)
    amount *= cv2.resize(clear, shape[::-1], interpolation=cv2.INTER_LINEAR)[..., None]

    def paint(rgb: np.ndarray, amount: np.ndarray) -> np.ndarray:
        lab = colors.to_oklab(rgb)
        dark, bright = amount[..., 0], amount[..., 1]
        lightness = lab[..., 0] * (1 - np.float32(_DEPTH) * dark)
        lightness += np.float32(_GLOW) * bright * lightness * (1 - lightness) * 2
        warmth = (1 + 0.04 * dark - 0.25 * bright)[..., None]
        return colors.from_oklab(np.concatenate([lightness[..., None], lab[..., 1:] * warmth], axis=-1))

    return colors.by_bands(paint, image, amount)


#: Share of the lightness that the deepest shadow takes, and that the brightest light gives at middle grey.
_DEPTH, _GLOW = 0.2, 0.16

Shape = tuple[int, int]


def _hollow(shape: Shape, cheek: Cheek, unit: float) -> np.ndarray:
    """Under the cheekbone: from the ear down towards the corner of the mouth, ending below the outer corner of the eye."""
    drop = cheek.head.down * unit
    narrow = min(1.0, cheek.width / (0.3 * unit))
    path = [cheek.at(share, cheek.wing + lower * drop) for share, lower in ((0.98, -0.07), (0.75, 0.03), (0.48, 0.11))]
    return stroke(shape, np.array(path), unit * narrow * np.array([0.075, 0.06, 0.035]), np.array([0.8, 0.9, 0.3]))


def _jaw(shape: Shape, cheek: Cheek, unit: float) -> np.ndarray:
    """Along the lower edge of the face, from below the ear to beside the chin."""
    low, top = cheek.head.height(cheek.edge[-1]), cheek.head.height(cheek.wing) + 0.12 * unit
    levels = np.linspace(top, low - 0.03 * unit, 6)
    if levels[-1] <= levels[0]:
        return np.zeros(shape, np.float32)
    path = np.array([cheek.at(1.0, cheek.wing + cheek.head.down * (level - cheek.head.height(cheek.wing))) for level in levels])
    return stroke(shape, path, 0.045 * unit, np.array([0.5, 0.8, 0.9, 0.9, 0.7, 0.3]))


def _cheekbone(shape: Shape, cheek: Cheek, unit: float) -> np.ndarray:
    """On top of the cheekbone: below the outer corner of the eye, and up towards the temple."""
    narrow = min(1.0, cheek.width / (0.3 * unit))
    low, high = (cheek.eye.end + share * (cheek.wing - cheek.eye.end) for share in (0.6, 0.15))
    path = np.array([cheek.at(0.52, low), cheek.at(0.8, high)])
    return stroke(shape, path, unit * narrow * np.array([0.05, 0.04]), np.array([0.9, 0.7]))


def _nose(shape: Shape, nose: Nose, head: Head, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """The shadows down both sides of the nose, and the light down its bridge."""
    length = nose.tip - nose.root
    wide = float((nose.left_wing - nose.right_wing) @ head.left)
    center = (nose.left_wing + nose.right_wing) / 2
    ridge = [nose.root + 0.12 * length, 0.5 * (nose.root + center), center - 0.1 * length]
    beside = np.zeros(shape, np.float32)
    for sign in (1, -1):
        path = np.array([p + sign * head.left * wide * out for p, out in zip(ridge, (0.27, 0.30, 0.36), strict=True)])
        beside = np.maximum(beside, stroke(shape, path, 0.026 * unit, np.array([0.4, 0.55, 0.4])))
    return beside, stroke(shape, np.array(ridge), 0.016 * unit, np.array([0.6, 0.9, 0.9]))


def _brow_bone(shape: Shape, eye: Strip, brow: Strip, unit: float) -> np.ndarray:
    """Under the outer half of the brow."""
    points = brow.lower[[len(brow.lower) // 2, 3 * len(brow.lower) // 4, -1]]
    path = points + 0.25 * (eye.center - brow.center)
    return stroke(shape, path, 0.02 * unit, np.array([0.5, 0.8, 0.4]))
