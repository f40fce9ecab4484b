"""White teeth."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.masks import smooth_ramp
from ..tools.whites import clean_tint

__all__ = ["whiten_teeth"]

#: Redness, as a share of the way from the teeth's own to the lips', at which something starts to be, and is, tongue or gum.
_REDDER = (0.3, 0.6)
#: How far below the lightest tenth of the mouth, in OKLab's lightness, teeth lie in the shade, and what is no tooth any more.
_DARKER = (0.22, 0.4)
#: Less light than this is no tooth in any photo, and teeth so little less red than the lips cannot be told from tongue and gums.
_DARKEST, _LEAST_APART = 0.4, 0.02
#: At full strength: the share of the yellow that goes, and by how much teeth get lighter.
_UNTINTED, _LIGHTER = 0.65, 0.10
#: The lightest that teeth get, OKLab's lightness: paper is at 1, and enamel is not paper.
_WHITEST = 0.93


@effect(region="inner_mouth", margin=0.03)
def whiten_teeth(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    strength: Annotated[float, Range(0, 1), "how much whiter"] = 0.6,
) -> np.ndarray:
    """Take the yellow out of the teeth and make them a little lighter; tongue, gums and lips stay, and so does a closed mouth.

    Teeth are what is light and not red inside the mouth, measured against the person's own lips. They keep their shading and
    their highlights, and get no whiter than enamel is, nor bluer than the light that they are in.
    """
    lab = colors.to_oklab(image)
    weight = _teeth(lab, mask, face.mask("lips"), unit)
    whiter = lab.copy()
    whiter[..., 1:] += _UNTINTED * (clean_tint(lab, face.face.light_on("lips")) - lab[..., 1:])
    room = np.clip((_WHITEST - lab[..., 0]) / 0.25, 0, 1)
    whiter[..., 0] += _LIGHTER * room * lab[..., 0]
    whitened = colors.from_oklab(lab + np.float32(strength) * weight[..., None] * (whiter - lab))
    return np.where(weight[..., None] > 0, whitened, image)


def _teeth(lab: np.ndarray, mask: np.ndarray, lips: np.ndarray, unit: float) -> np.ndarray:
    """How surely each pixel is tooth, (h, w) float32 in [0, 1]."""
    nothing = np.zeros(mask.shape, np.float32)
    inside, around = lab[mask > 0.5], lab[lips > 0.8]
    if not len(inside) or not len(around):
        return nothing
    lip = np.median(around, axis=0)
    light = inside[inside[:, 0] >= np.quantile(inside[:, 0], 0.9)]
    tooth = np.median(light, axis=0)
    if tooth[0] < _DARKEST or lip[1] - tooth[1] < _LEAST_APART:
        return nothing
    redness = (lab[..., 1] - tooth[1]) / (lip[1] - tooth[1])
    weight = (1 - smooth_ramp(redness, *_REDDER)) * (1 - smooth_ramp(tooth[0] - lab[..., 0], *_DARKER))
    return np.asarray(cv2.GaussianBlur(weight.astype(np.float32), (0, 0), max(0.002 * unit, 0.3)), np.float32)
