"""The light that a face is seen in, told from its skin and the whites of its eyes, and that at the mouth, the eyes and the
brows, which may lie in a shadow.

A colour is meant as it looks in white light of normal exposure; painted as such on a face in the dusk it would glow, and so would
lips in the shadow of a nose. Skin and whites send back the same share of any light, so what they tell of a picture that is darker
or warmer is darker and warmer by as much.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..labels import Label, Region, labels_of
from ..pixels import color as colors
from .values import FaceParsing

__all__ = ["EVENLY_WHITE", "WHITE", "lights_on", "row_of"]


@dataclass(frozen=True)
class _Place:
    """A part of a face that may be in another light than the rest, and how bright it usually is beside the face's lit skin.

    Attributes
    ----------
    region : what is painted there, and what lies between.
    within : the regions round which skin tells of its light; where they differ, the brightest does, since paint that is too light
        looks better in the shade than paint that is too dark in the sun.
    reach : how far round them, in roots of the area of each.
    skin : how bright that skin may be before the light counts as weaker, or as stronger: a fourth of the faces have less, a tenth
        more.
    own : its own part that tells too, and how bright that may be; skin may be dark under a beard, and lips are not.
    """

    region: str
    within: tuple[str, ...]
    reach: float
    skin: tuple[float, float]
    own: tuple[str, float] | None = None


#: By 1,426 faces of CelebAMask-HQ.
_PLACES = (
    _Place("mouth", ("mouth",), 0.35, (0.801, 1.095), ("lips", 0.348)),
    _Place("eyes", ("eyes+eyebrows",), 0.25, (0.595, 0.947)),
    _Place("eyebrows", ("left_eyebrow", "right_eyebrow"), 0.35, (0.728, 1.055)),
)
#: White light of normal exposure: what a colour is meant in, and what there is where nothing tells; and everywhere on a face.
WHITE, EVENLY_WHITE = np.ones(3), np.ones((1 + len(_PLACES), 3))
WHITE.flags.writeable = EVENLY_WHITE.flags.writeable = False  # they are everybody's
#: Linear green of lit skin and of the whites of eyes as photos have them, and red and blue over it: medians of 442 faces of
#: CelebAMask-HQ.
_SKIN = np.array([0.307, 2.016, 0.632])
_EYE_WHITE = np.array([0.319, 1.354, 0.863])
#: How much brighter than usual the whites may be beside the skin, before it is the skin that is deep and not the light that is dim:
#: nine of ten of those faces stay below.
_DEEP = 1.8
#: Share of the whites in what is told of red and of blue: those with which these faces differ least.
_WHITES_SHARE = np.array([0.4, 0.9])
#: Pixels of a crop that are asked for at least, of the skin, of an eye, and of the skin round a place.
_LEAST_SKIN, _LEAST_EYE, _LEAST_AROUND = 100, 16, 30
#: No place is darker than the face by more.
_DARKEST = 0.02
#: Of more pixels than so many, evenly spread ones tell as much.
_ENOUGH = 4096
#: Linear light below which a camera's eight bits tell no colour, and above which they tell none either.
_BLACK, _BURNT_OUT = 1 / 4096, 0.95


def lights_on(crop: np.ndarray, parsing: FaceParsing) -> np.ndarray:
    """How strong the light is that a face is seen in, and its mouth, its eyes and its brows, for red, green and blue.

    How bright it is the skin tells, whose lit part differs less from face to face than the whites of eyes, which lie in the shade
    of lids and lashes. But where these are much brighter than the skin beside them, the skin is deep, and they tell. Its colour
    both tell. At the mouth, the eyes and the brows it is as much weaker or stronger as the skin round them is darker or brighter
    than lit skin beyond what is usual there.

    Parameters
    ----------
    crop : (S, S, 3) float32 sRGB in [0, 1], what the segmenter saw.
    parsing : what it answered to that; one whose scheme has no skin tells nothing.

    Returns
    -------
    (4, 3) float64, rows for the face, the mouth, the eyes and the brows (see `row_of`), columns for red, green and blue; 1 is white
    light of normal exposure.
    """
    skin = _typical(crop, parsing, Label.SKIN, 0.9, _LEAST_SKIN, (0.35, 0.75))
    if skin is None:
        return EVENLY_WHITE
    face, sure = _on_face(crop, parsing, skin), parsing.region(Label.SKIN) > 0.9
    told = ([_shade(crop, parsing, sure, place, part, skin[0], face[1]) for part in place.within] for place in _PLACES)
    return np.outer([1.0, *(max((shade for shade in shades if shade is not None), default=1.0) for shades in told)], face)


def row_of(region: Region | Label | str) -> int:
    """Which of `lights_on` a region is seen in: what is painted at the mouth, say, on the skin round it too, in that there."""
    painted = labels_of(region) - {Label.SKIN}
    return next((row for row, place in enumerate(_PLACES, 1) if painted and painted <= labels_of(place.region)), 0)


def _on_face(crop: np.ndarray, parsing: FaceParsing, skin: np.ndarray) -> np.ndarray:
    """Of the face as a whole, (3,), by what is typical of its skin."""
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


def _shade(
    crop: np.ndarray, parsing: FaceParsing, skin: np.ndarray, place: _Place, part: str, lit: float, face: float
) -> float | None:
    """How many times as strong as on the face as a whole the light is at that part of a place; None if little skin is there.

    Parameters
    ----------
    skin : (S, S) bool, what is surely skin.
    lit : linear green of typical skin.
    face : green of the light on the face. Where the whites told that it is stronger than the skin says, most of the skin may lie in
        a shadow that a brighter place does not, and the whites told of that already.
    """
    if not parsing.scheme.indices_of(part):
        return None
    inside = (parsing.region(part) > 0.5).astype(np.uint8)
    area = cv2.countNonZero(inside)
    if not area:
        return None
    reach = round(place.reach * float(np.sqrt(area)))
    x, y, width, height = cv2.boundingRect(inside)
    near = np.s_[max(y - reach, 0) : y + height + reach, max(x - reach, 0) : x + width + reach]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    around = (cv2.dilate(inside[near], disc) > inside[near]) & skin[near]
    if np.count_nonzero(around) < _LEAST_AROUND:
        return None
    least, most = place.skin
    brightness = _median_green(crop[near][around]) / lit
    if brightness > most:
        return max(brightness / most * lit / _SKIN[0] / face, 1.0)
    shade = brightness / least
    if place.own is not None and (own := parsing.region(place.own[0])[near] > 0.8).any():
        itself = min(_median_green(crop[near][own]) / lit / place.own[1], 1.0)
        if shade < itself:  # the darker that is, the less it is a beard
            shade = itself * (shade / itself) ** ((1 - itself) ** 1.5)
    return min(max(shade, _DARKEST), 1.0)


def _median_green(pixels: np.ndarray) -> float:
    """Of (N, 3) float32 sRGB, linear."""
    return float(colors.linear(np.median(pixels[:, 1:2], axis=0))[0])


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
