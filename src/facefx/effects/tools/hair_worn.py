"""Light hair in the light of a scene: no lighter than hair is beside lit skin."""

from __future__ import annotations

import numpy as np

from ...pixels import color as colors
from .recoloring import from_perceived, perceived

__all__ = ["worn"]

#: Linear light of the lightest fiftieth of a face's skin, usually: in white light of normal exposure, and in too much of it.
_LIT_SKIN, _BRIGHT_SKIN = 0.57, 0.85
#: Over its perceived lightness: what the median of a head of hair in a photo stays below, of 3,568 labelled heads 99 in 100, and
#: from where on light colours keep away from that.
_LIGHTEST, _SHADED = 0.94, 0.7
#: Of red, green and blue (IEC 61966-2-1).
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def worn(color: np.ndarray, light: np.ndarray) -> np.ndarray:
    """A light colour as a whole head of hair has it in a scene, (3,) float64 OKLab with perceived lightness.

    What a light colour's code says is how its lit locks look; a head has shade between them, and a camera keeps even the lightest
    below white. The pigment is the same, in less light.

    Parameters
    ----------
    color : (3,) as it looks in white light of normal exposure.
    light : (3,), the scene's, of red, green and blue.
    """
    rgb = np.clip(colors.from_oklab(np.array([from_perceived(color[0]), *color[1:]], np.float32)), 0, 1)
    shown = float(_LUMINANCE @ (colors.linear(rgb) * light))
    skin = min(_LIT_SKIN * float(_LUMINANCE @ light), _BRIGHT_SKIN)
    lightness, most = (float(perceived(y ** (1 / 3))) for y in (shown, skin))
    shaded, most = _SHADED * most, _LIGHTEST * most
    if lightness <= shaded:
        return color
    seen_there = most - (most - shaded) * np.exp((shaded - lightness) / (most - shaded))
    less = (float(from_perceived(seen_there)) ** 3 / shown) ** (1 / 3)
    return np.array([perceived(less * from_perceived(color[0])), less * color[1], less * color[2]])
