"""Clear, rested eyes."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ...face.iris import Iris
from ...pixels import color as colors
from ...pixels.masks import smooth_ramp
from ..tools.eyes import Eye, eyes_of, repainted
from ..tools.whites import clean_tint

__all__ = ["brighten_eyes"]

#: How far below the white's usual lightness, and above its usual redness, in OKLab, something still is and no more is white.
_DARKER, _REDDER = (0.12, 0.28), (0.025, 0.06)
#: At full strength: the share of the white's tint that goes, by how much it and the iris get lighter, and the iris's contrast.
_UNTINTED, _WHITER, _LIGHTER, _CLEARER = 0.6, 0.11, 0.12, 0.7


# Skin too, since the parsing's own edge round the eyes followed the iris where that is dark, and would cut whites off.
@effect(region="eyes+skin", needs="eyes")
def brighten_eyes(
    image: np.ndarray,
    face: FaceView,
    *,
    strength: Annotated[float, Range(0, 1), "how much clearer"] = 0.5,
) -> np.ndarray:
    """Make the whites of the eyes less red and a little lighter, and the irises clearer; lids, pupils and highlights stay.

    The white keeps its shading, without which an eye looks cut out of paper. Of an eye whose iris cannot be found the white alone
    is changed.
    """
    result = image.copy()
    for eye in eyes_of(face, reach=0.1):
        lab = colors.to_oklab(eye.part(image))
        cleared = _cleared_iris(_whitened(lab, eye, face.face.light_on("eyes")), eye)
        result[eye.rows, eye.columns] = repainted(eye.part(image), lab, cleared, strength)
    return result


def _whitened(lab: np.ndarray, eye: Eye, light: np.ndarray) -> np.ndarray:
    opening = eye.opening
    weight = opening if eye.iris is None else opening * smooth_ramp(_away(eye, eye.iris), 0.98, 1.12)
    sure = weight > 0.9
    if not sure.any():
        return lab
    lightness = lab[..., 0]
    white = sure & (lightness >= np.quantile(lightness[sure], 0.6))
    usual = np.median(lab[white], axis=0)
    if usual[0] < 0.4:  # nothing white can be seen, such as in a deep shadow
        return lab
    weight = weight * (1 - smooth_ramp(usual[0] - lightness, *_DARKER)) * (1 - smooth_ramp(lab[..., 1] - usual[1], *_REDDER))
    whiter = lab.copy()
    whiter[..., 1:] += _UNTINTED * (clean_tint(lab, light) - lab[..., 1:])
    whiter[..., 0] += _WHITER * lightness * np.clip((1 - lightness) / 0.3, 0, 1)
    return np.asarray(lab + weight[..., None] * (whiter - lab), np.float32)


def _cleared_iris(lab: np.ndarray, eye: Eye) -> np.ndarray:
    iris = eye.iris
    if iris is None:
        return lab
    away = _away(eye, iris)
    weight = eye.opening * (1 - smooth_ramp(away, 0.85, 1.0)) * smooth_ramp(away, 0.3, 0.5)
    inside = weight > 0.5
    if not inside.any():
        return lab
    lightness = lab[..., 0]
    weight = weight * (1 - smooth_ramp(lightness - np.median(lightness[inside]), 0.1, 0.24))
    broad = cv2.GaussianBlur(lightness, (0, 0), max(0.2 * iris.radius, 0.5))
    clearer = lab * (1 + _LIGHTER)
    clearer[..., 0] += _CLEARER * np.clip(lightness - broad, -0.06, 0.06)
    return np.asarray(lab + weight[..., None] * (clearer - lab), np.float32)


def _away(eye: Eye, iris: Iris) -> np.ndarray:
    """Distance from the iris's centre in its radii."""
    x, y = eye.grid
    return np.hypot(x - iris.center[0], y - iris.center[1]) / np.float32(iris.radius)
