"""Brow colour."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ..tools.brow_hairs import around_brows, hairs_of_brows
from ..tools.recoloring import Palette, aimed, recolored, surely_inside

__all__ = ["recolor_brows"]


# Skin too, since brows end in single hairs: cut off at the parsing's edge, what is dark beyond it would frame a lighter colour.
@effect(region="eyebrows+skin", needs="eyebrows", margin=0.06, light="scene")
def recolor_brows(
    image: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    color: Color = "#4a2c1d",
    strength: Annotated[float, Range(0, 1), "how much of the colour"] = 0.7,
) -> np.ndarray:
    """Colour the hairs of the brows, darker or lighter; the skin between them stays as it is.

    Each pixel changes by the hair's share in it: what shows between and through the hairs is neither dyed nor seen twice.
    """
    brows = face.mask("eyebrows")
    part = around_brows(brows, unit)
    if part is None:
        return image
    brows, lab = brows[part], colors.to_oklab(image[part])
    own = surely_inside(image[part], brows)
    hairs = own[own[:, 0] <= np.quantile(own[:, 0], 0.25)]  # what a brow shows is hair and skin
    target = colors.to_oklab(np.array(colors.parse(color)))
    palette = aimed(Palette(np.median(hairs, axis=0), target, 1.5, 0.8, variety=0.25), hairs)

    share, hair = hairs_of_brows(lab, brows, face.mask("skin")[part], unit)
    dyed = lab + np.float32(strength) * share[..., None] * (recolored(hair, palette) - hair)
    result = image.copy()
    result[part] = np.where(share[..., None] > 0, colors.from_oklab(dyed), image[part])
    return result
