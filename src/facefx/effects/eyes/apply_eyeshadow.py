"""Eyeshadow."""

from __future__ import annotations

from typing import Annotated, Literal

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.masks import smooth_ramp
from ..tools.eyes import Eye, eyes_of, repainted
from ..tools.recoloring import Palette, recolored

__all__ = ["apply_eyeshadow"]


@effect(region="eyes+skin", needs="eyes", margin=0.05, light="scene")
def apply_eyeshadow(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    color: Color = "#7a4658",
    strength: Annotated[float, Range(0, 1), "how dense the powder is"] = 0.55,
    second: Color = "#3b2433",
    ombre: Annotated[float, Range(0, 1), "how much of the second colour towards the outer corner"] = 0.0,
    height: Annotated[float, Range(0.2, 1), "how far it goes up, as a share of the way from the lashes to the brow"] = 0.75,
    finish: Annotated[Literal["matte", "shimmer"], "whether it glitters"] = "matte",
    rng: np.random.Generator,
) -> np.ndarray:
    """Powder the upper lids, densest at the lashes and fading out towards the brow and beyond the outer corner.

    The lid's own light, shade and fold show through; eyeballs, lashes, brows, hair and glasses stay clean.
    """
    result = image.copy()
    first, last = (colors.to_oklab(np.array(colors.parse(name))) for name in (color, second))
    for eye in eyes_of(face, reach=0.5, brows=True):
        lab = colors.to_oklab(eye.part(image))
        along, up = _place(eye)
        powder = _powder(along, up, height) * (1 - cv2.GaussianBlur(eye.opening, (0, 0), max(0.004 * unit, 0.5)))
        own = lab[(powder > 0.4) & (eye.part(mask) > 0.9)]
        if not len(own):
            continue
        source = np.median(own, axis=0)
        outer = np.float32(ombre) * smooth_ramp(along + 0.25 * np.clip(up, 0, 1), 0.45, 1.05)
        painted = _mixed(recolored(lab, _pigment(source, first)), recolored(lab, _pigment(source, last)), outer)
        # Lashes stand before the lid: a colour lighter than they are does not hide them.
        powder = powder * (1 - 0.95 * smooth_ramp(source[0] - lab[..., 0], 0.12, 0.28))
        if finish == "shimmer":
            painted = painted + _shimmer(along, up, rng, unit)
        result[eye.rows, eye.columns] = repainted(eye.part(image), lab, lab + powder[..., None] * (painted - lab), strength)
    return result


def _pigment(source: np.ndarray, target: np.ndarray) -> Palette:
    return Palette(source, target, shade=0.9, light=0.8, variety=0.35)


def _mixed(first: np.ndarray, last: np.ndarray, share: np.ndarray) -> np.ndarray:
    return np.asarray(first + share[..., None] * (last - first), np.float32)


def _place(eye: Eye) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel lies: from the inner corner, 0, to the outer, 1; and from the upper lid's edge, 0, to the brow, 1."""
    along = (eye.lids.end - eye.lids.start) / eye.lids.width**2
    across = np.array([along[1], -along[0]])
    if across @ (eye.lids.upper.mean(axis=0) - eye.lids.lower.mean(axis=0)) < 0:
        across = -across
    axes = np.column_stack([along, across]).astype(np.float32)
    x, y = eye.grid
    dx, dy = x - np.float32(eye.lids.start[0]), y - np.float32(eye.lids.start[1])
    s, t = dx * axes[0, 0] + dy * axes[1, 0], dx * axes[0, 1] + dy * axes[1, 1]

    def height_of(line: np.ndarray) -> np.ndarray:
        points = (line - eye.lids.start) @ axes
        points = points[np.argsort(points[:, 0])]
        return np.asarray(np.interp(s, points[:, 0], points[:, 1]), np.float32)

    lid = height_of(eye.lids.upper)
    brow = height_of(eye.brow.lower) if eye.brow is not None else lid + _USUAL_GAP
    return s, (t - lid) / np.maximum(brow - lid, _LEAST_GAP)


#: From the upper lid to the brow, in widths of the eye, where there is no brow to be seen, and at least.
_USUAL_GAP, _LEAST_GAP = 0.6, 0.3


def _powder(along: np.ndarray, up: np.ndarray, height: float) -> np.ndarray:
    """How dense the powder lies, (h, w) float32 in [0, 1]."""
    fades = 1 - smooth_ramp(up + 0.3 * height * np.maximum(0.35 - along, 0) / 0.35, 0.25 * height, height)
    inner, outer = smooth_ramp(along, -0.12, 0.2), 1 - smooth_ramp(along, 1.0, 1.32)
    return np.asarray(smooth_ramp(up, -0.03, 0.06) * fades * inner * outer, np.float32)


def _shimmer(along: np.ndarray, up: np.ndarray, rng: np.random.Generator, unit: float) -> np.ndarray:
    """Light that the powder throws back, an offset in OKLab: a sheen in the middle of the lid, and grains that sparkle."""
    sheen = np.exp(-(((along - 0.5) / 0.3) ** 2) - ((up - 0.22) / 0.18) ** 2)
    grains: np.ndarray = rng.standard_normal(along.shape, np.float32)
    size = 0.0022 * unit
    if size > 0.4:
        grains = np.asarray(cv2.GaussianBlur(grains, (0, 0), size))
        grains /= max(float(grains.std()), 1e-6)
    sparkle = np.clip(grains - 0.8, 0, 2) * min(size / 0.5, 1.0)
    light = 0.10 * sheen + (0.03 + 0.05 * sheen) * sparkle
    return np.stack([light, np.zeros_like(light), np.zeros_like(light)], axis=-1).astype(np.float32)
