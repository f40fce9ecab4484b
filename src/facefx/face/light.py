"""The light that a face is seen in, told from its skin and the whites of its eyes.

A colour is meant as it looks in white light of normal exposure; painted as such on a face in the dusk it would glow. Skin and
whites send back the same share of any light, so what they tell of a picture that is darker or warmer is darker and warmer by as
much.
"""

from __future__ import annotations

import numpy as np

from ..labels import Label
from ..pixels import color as colors
from .values import FaceParsing

__all__ = ["WHITE", "light_on"]

#: White light of normal exposure: what a colour is meant in, and what there is where nothing tells.
WHITE = np.ones(3)
WHITE.flags.writeable = False  # it is everybody's
#: Linear green of lit skin and of the whites of eyes as photos have them, and red and blue over it: medians of 442 faces of
#: CelebAMask-HQ.
_SKIN = np.array([0.307, 2.016, 0.632])
_EYE_WHITE = np.array([0.319, 1.354, 0.863])
#: How much brighter than usual the whites may be beside the skin, before it is the skin that is deep and not the light that is dim:
#: nine of ten of those faces stay below.
_DEEP = 1.8
#: Share of the whites in what is told of red and of blue: those with which these faces differ least.
_WHITES_SHARE = np.array([0.4, 0.9])
#: Pixels of a crop that are asked for at least, of the skin and of an eye.
_LEAST_SKIN, _LEAST_EYE = 100, 16
#: Of more pixels than so many, evenly spread ones tell as much.
_ENOUGH = 4096
#: Linear light below which a camera's eight bits tell no colour, and above which they tell none either.
_BLACK, _BURNT_OUT = 1 / 4096, 0.95


def light_on(crop: np.ndarray, parsing: FaceParsing) -> np.ndarray:
    """How strong the light is that a face is seen in, for red, green and blue: (3,) float64, 1 for white light of normal exposure.

    How bright it is the skin tells, whose lit part differs less from face to face than the whites of eyes, which lie in the shade
    of lids and lashes. But where these are much brighter than the skin beside them, the skin is deep, and they tell. Its colour
    both tell.

    Parameters
    ----------
    crop : (S, S, 3) float32 sRGB in [0, 1], what the segmenter saw.
    parsing : what it answered to that; one whose scheme has no skin tells nothing.
    """
    skin = _typical(crop, parsing, Label.SKIN, 0.9, _LEAST_SKIN, (0.35, 0.75))
    if skin is None:
        return WHITE
    green, *tint = skin / _SKIN
    eyes = (_typical(crop, parsing, eye, 0.8, _LEAST_EYE, (0.82, 0.97)) for eye in (Label.LEFT_EYE, Label.RIGHT_EYE))
    seen = [eye for eye in eyes if eye is not None]
    if seen:
        brighter = max(seen, key=lambda eye: eye[0])
        by_white, *white_tint = brighter / _EYE_WHITE
        green = max(green, by_white / _DEEP)
        tint = np.array(tint) ** (1 - _WHITES_SHARE) * np.array(white_tint) ** _WHITES_SHARE
    red, blue = tint
    return np.array([green * red, green, green * blue])


def _typical(
    crop: np.ndarray, parsing: FaceParsing, label: Label, sure: float, least: int, part: tuple[float, float]
) -> np.ndarray | None:
    """Linear green of a part of what is surely of that label, between two quantiles of it, and red and blue over it: (3,).

    None if there is little of that label. Red that is burnt out in the light of a lamp tells nothing, and is told by darker places.
    """
    if not parsing.scheme.indices_of(label):
        return None
    places = np.flatnonzero(parsing.region(label) > sure)
    if len(places) < least:
        return None
    pixels = np.take(crop.reshape(-1, 3), places[:: len(places) // _ENOUGH + 1], axis=0)
    pixels = np.maximum(colors.linear(pixels).astype(float), _BLACK)
    green = pixels[:, 1]
    low, high = np.quantile(green, part)
    lit = (green >= low) & (green <= high)
    whole = (green >= low / 4) & (green <= high) & (pixels.max(axis=1) < _BURNT_OUT)
    tint = pixels[whole if whole.sum() >= least / 2 else lit]
    return np.array([np.median(green[lit]), *np.median(tint[:, [0, 2]] / tint[:, [1]], axis=0)])
