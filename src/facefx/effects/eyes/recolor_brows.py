"""Brow colour."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.masks import feather, grow, smooth_ramp, window
from ..tools.recoloring import Palette, aimed, recolored, surely_inside
from ..tools.skin import local_mean

__all__ = ["recolor_brows"]

#: By how much lighter than the hairs, in OKLab's lightness, the skin round a brow starts to tell, and tells, what of it is hair.
_TOLD_APART = (0.03, 0.12)
#: Shares of hair between which a pixel starts to take the colour; less is the grain of the skin.
_SHARE = (0.02, 0.07)
#: How far beyond the parsed edge single hairs and the blur of the outline are followed, in face units and at least in pixels.
_BEYOND, _LEAST_BEYOND = 0.022, 2.5
#: Radii, in face units, over which bare skin tells what would be seen without the hairs, and hairs tell how dark they are.
_NEAR, _FAR = 0.03, 0.08


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
    around = window(brows >= 0.5)
    if around is None:
        return image
    reach = round(3 * _NEAR * unit) + 2
    x0, y0, x1, y1 = around
    part = np.s_[max(y0 - reach, 0) : y1 + reach, max(x0 - reach, 0) : x1 + reach]
    brows, lab = brows[part], colors.to_oklab(image[part])
    own = surely_inside(image[part], brows)
    hairs = own[own[:, 0] <= np.quantile(own[:, 0], 0.25)]  # what a brow shows is hair and skin
    target = colors.to_oklab(np.array(colors.parse(color)))
    palette = aimed(Palette(np.median(hairs, axis=0), target, 1.5, 0.8, variety=0.25), hairs)

    share, hair = _unmixed(lab, brows, face.mask("skin")[part], unit)
    dyed = lab + np.float32(strength) * share[..., None] * (recolored(hair, palette) - hair)
    result = image.copy()
    result[part] = np.where(share[..., None] > 0, colors.from_oklab(dyed), image[part])
    return result


def _unmixed(lab: np.ndarray, brows: np.ndarray, skin: np.ndarray, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """How much of each pixel is hair and not the skin round about, (h, w), and that hair's own colour, (h, w, 3) OKLab; float32.

    A pixel lies between the hair's colour and bare skin's, both as they are near it, so that a shadow across the face is no hair.
    Where the two are equally light nothing tells them apart, and all of the brow is hair, as with a brow pencil.
    """
    reach = max(_BEYOND * unit, _LEAST_BEYOND)
    near = feather(grow(brows, 0.75 * reach), 0.5 * reach)
    bare = local_mean(lab, (skin >= 0.9) * (near < 0.02), _NEAR * unit)
    darker = (brows >= min(0.9, float(brows.max()))).astype(np.float32)
    for _ in range(2):  # the darker half of the darker half: elsewhere skin shows between the hairs
        darker *= lab[..., 0] <= local_mean(lab[..., 0], darker, _FAR * unit)
    usual = local_mean(lab, darker, _FAR * unit)
    across = bare - usual
    share = np.sum((bare - lab) * across, axis=-1) / np.maximum(np.sum(across**2, axis=-1), _TOLD_APART[0] ** 2)
    share = np.clip(share, 0, 1) * smooth_ramp(share, *_SHARE)
    told = smooth_ramp(across[..., 0], *_TOLD_APART)
    hair = lab - ((told * (1 - share))[..., None] * across)
    return told * share * near + (1 - told) * brows, np.asarray(hair, np.float32)
