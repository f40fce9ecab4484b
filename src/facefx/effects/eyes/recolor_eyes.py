"""Coloured contact lenses."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...face.iris import Iris
from ...pixels import color as colors
from ...pixels.masks import smooth_ramp
from ..tools.eyes import Eye, eyes_of, repainted
from ..tools.recoloring import Palette, aimed, recolored

__all__ = ["recolor_eyes"]

#: Radius of a pupil that cannot be told from a dark iris, as a share of the iris's, and the least and most one can be.
_PUPIL, _LEAST_PUPIL, _MOST_PUPIL = 0.33, 0.22, 0.55
#: What is so much lighter than the iris, in OKLab's lightness, starts to be, and is, a highlight.
_HIGHLIGHT = (0.10, 0.24)


@effect(region="eyes", light="scene")
def recolor_eyes(
    image: np.ndarray,
    face: FaceView,
    *,
    color: Color = "#4f6f8a",
    strength: Annotated[float, Range(0, 1), "how much of the colour; 1 covers the iris's own"] = 0.75,
) -> np.ndarray:
    """Colour the irises, dark brown ones too; pupil, highlights and the white of the eye stay as they are.

    A dark iris shows hardly any pattern that a light one could inherit, so as far as it is made lighter it is given the fine radial
    fibres, the darker rim and the shade below the lid that light eyes have. Eyes whose iris cannot be found stay as they are.
    """
    result = image.copy()
    for eye in eyes_of(face, reach=0.1):
        if eye.iris is not None:
            lab = colors.to_oklab(eye.part(image))
            painted = _painted(lab, eye, eye.iris, colors.to_oklab(np.array(colors.parse(color))))
            result[eye.rows, eye.columns] = repainted(eye.part(image), lab, painted, strength)
    return result


def _painted(lab: np.ndarray, eye: Eye, iris: Iris, target: np.ndarray) -> np.ndarray:
    """The eye with the colour on all of its iris: (h, w, 3), OKLab."""
    x, y = eye.grid
    dx, dy = (x - iris.center[0]) / iris.radius, (y - iris.center[1]) / iris.radius
    away, opening, lightness = np.hypot(dx, dy), eye.opening, lab[..., 0]
    between = (away > 0.5) & (away < 0.92) & (opening > 0.9)
    if not between.any():
        return lab
    highlight = _highlight(lightness, float(np.median(lightness[between])), iris.radius)
    own = lab[between & (highlight < 0.1)] if (between & (highlight < 0.1)).any() else lab[between]
    source = np.median(own, axis=0)

    palette = aimed(Palette(source, target, shade=0.9, light=1.0, variety=0.25), own)
    painted = recolored(lab, palette)
    lighter = float(np.clip((target[0] - source[0]) / 0.25, 0, 1))
    flat = lighter * float(np.clip(1.3 - np.std(own[:, 0]) / 0.06, 0.3, 1))
    pattern = flat * _pattern(away, np.arctan2(dy, dx), iris.radius, eye.number) + lighter * (
        0.06 * dy - 0.5 * _lid_shade(eye, iris)
    )
    painted *= np.maximum(1 + pattern, 0)[..., None]

    soft = max(0.07, 0.8 / iris.radius)
    weight = 1 - smooth_ramp(away, 1.0 - soft, 1.0 + soft)
    pupil = _pupil(lightness, away, (opening > 0.9) & (highlight < 0.1))
    weight *= smooth_ramp(away, pupil - soft, pupil + soft)
    weight *= (1 - highlight) * opening
    return np.asarray(lab + weight[..., None] * (painted - lab), np.float32)


def _highlight(lightness: np.ndarray, usual: float, radius: float) -> np.ndarray:
    """Lamps and windows mirrored in the eye, with the blur about them: (h, w) float32 in [0, 1]."""
    spot = smooth_ramp(lightness, usual + _HIGHLIGHT[0], usual + _HIGHLIGHT[1])
    return np.maximum(spot, cv2.GaussianBlur(spot, (0, 0), max(0.03 * radius, 0.4)))


def _pupil(lightness: np.ndarray, away: np.ndarray, counts: np.ndarray) -> float:
    """The pupil's radius as a share of the iris's: where lightness rises half way from its middle to the iris."""
    rings = np.linspace(0, 0.85, 18)
    profile = [lightness[counts & (np.abs(away - ring) < 0.06)] for ring in rings]
    known = np.array([bool(ring.size) for ring in profile])
    if known.sum() < 6:
        return _PUPIL
    levels = np.interp(rings, rings[known], [np.median(ring) for ring in profile if ring.size])
    dark, light = float(levels[:4].min()), float(np.median(levels[-5:]))
    if light - dark < 0.07:
        return _PUPIL
    return float(np.clip(rings[np.argmax(levels > (dark + light) / 2)], _LEAST_PUPIL, _MOST_PUPIL))


def _pattern(away: np.ndarray, angle: np.ndarray, radius: float, number: int) -> np.ndarray:
    """Light relative to a plain iris: fibres as far as pixels can show them, a lighter ring about the pupil, a darker rim."""
    rng = np.random.default_rng(number)
    fibres = np.zeros(away.shape, np.float32)
    for frequency in (7, 11, 17, 26, 39, 58):
        shown = np.clip(radius / frequency - 0.25, 0, 1)  # about 2 pi pixels a wave at the rim
        bend, phase = rng.uniform(-2, 2), rng.uniform(0, 2 * np.pi)
        fibres += np.float32(shown) * np.sin(frequency * angle + bend * 3 * away + phase)
    fibres *= smooth_ramp(away, 0.2, 0.5) * (1 - smooth_ramp(away, 0.75, 0.95))
    rim = smooth_ramp(away, 0.72, 1.0)
    collar = np.exp(-(((away - 0.5) / 0.14) ** 2))
    return np.asarray(0.05 * fibres + 0.1 * collar - 0.3 * rim, np.float32)


def _lid_shade(eye: Eye, iris: Iris) -> np.ndarray:
    """The shade that the upper lid and its lashes throw: 1 at the lid, 0 half a radius below it."""
    x, y = eye.grid
    order = np.argsort(eye.lids.upper[:, 0])
    lid = np.interp(x[0], eye.lids.upper[order, 0], eye.lids.upper[order, 1])
    return 1 - smooth_ramp((y - lid[None]) / iris.radius, 0.0, 0.55)
