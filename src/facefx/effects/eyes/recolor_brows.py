"""Brow colour."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.masks import smooth_ramp
from ..tools.recoloring import Palette, aimed, recolored, surely_inside

__all__ = ["recolor_brows"]


@effect(region="eyebrows", margin=0.06, light="scene")
def recolor_brows(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    color: Color = "#4a2c1d",
    strength: Annotated[float, Range(0, 1), "how much of the colour"] = 0.7,
) -> np.ndarray:
    """Colour the hairs of the brows, darker or lighter; the skin between them stays as it is."""
    lab = colors.to_oklab(image)
    own = surely_inside(image, mask)
    # What a brow shows is hair and skin: its darker half is hair.
    hairs = own[own[:, 0] <= np.median(own[:, 0])]
    target = colors.to_oklab(np.array(colors.parse(color)))
    painted = recolored(lab, aimed(Palette(np.median(hairs, axis=0), target, 1.5, 0.8, variety=0.25), hairs))
    share = np.float32(strength) * _hair(lab[..., 0], float(np.median(hairs[:, 0])), face.mask("skin"), unit)
    return colors.from_oklab(lab + share[..., None] * (painted - lab))


def _hair(light: np.ndarray, hair: float, skin: np.ndarray, unit: float) -> np.ndarray:
    """How much of each pixel is hair and not the skin round about: (h, w) float32.

    Where the two are equally light nothing tells them apart, and all is hair, as with a brow pencil.
    """
    surely = (skin >= 0.9).astype(np.float32)
    near = cv2.GaussianBlur(surely, (0, 0), 0.08 * unit)
    bare = np.where(near > 0.01, cv2.GaussianBlur(light * surely, (0, 0), 0.08 * unit) / np.maximum(near, 0.01), hair)
    contrast = bare - hair
    told_apart = smooth_ramp(contrast, 0.03, 0.12)
    single = smooth_ramp((bare - light) / np.maximum(contrast, 0.03), 0.1, 0.7)
    return 1 - told_apart * (1 - single)
