"""Colours of skin, lips, hair and irises."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declare.declarations import analyzer
from ..face.face import Face
from ..face.iris import Iris
from ..labels import Label, Region
from ..pixels.color import hex_code, to_lab

__all__ = ["colors", "ita_class"]

#: Lower limits of the classes of skin colour by individual typology angle, in degrees: Chardon et al. 1991, see `colors`.
_ITA_CLASSES = ((55.0, "very light"), (41.0, "light"), (28.0, "intermediate"), (10.0, "tan"), (-30.0, "brown"))
#: So many pixels of a region are enough for its colour.
_MOST = 50_000
#: From where to where an iris shows its own colour, in radii, and the fewest pixels that tell it.
_RING, _LEAST = (0.5, 0.9), 12


@analyzer()
def colors(face: Face) -> dict[str, Any]:
    """Colours of skin, lips, hair and each iris, as the picture shows them: ``{"hex", "lab"}`` each, None for what cannot be seen.

    The mean sRGB of the middle half, by lightness, of the pixels that surely belong to the part, as a hex code and in CIE L*a*b*
    (D65, L* from 0 to 100): shadows and highlights do not count, and it does not jump between an upper and a lower lip of different
    shades, as a median would. Skin (face and nose; a beard is skin here) also has ``ita``, the individual typology angle
    arctan((L* - 50) / b*) in degrees, and ``ita_class``: very light above 55, light above 41, intermediate above 28, tan above 10,
    brown above -30, dark.

    An iris's colour is that of the ring from half to 0.9 of its radius as far as it shows between the lids: without the pupil, the
    dark rim and most reflections. Under about 6 pixels across there is none.

    The angle is defined for a colorimeter on the skin. In a photo it changes with exposure, the colour of the light and make-up,
    by more than a class: compare it only between photos that were taken alike.

    Chardon, Cretois, Hourseau, "Skin colour typology and suntanning pathways", Int. J. Cosmet. Sci. 13(4), 1991.
    """
    left, right = face.irises
    skin = _color_of(face, f"{Label.SKIN.value}+{Label.NOSE.value}")
    return {
        "skin": None if skin is None else {**_entry(skin), **_ita(skin)},
        "lips": _color(_color_of(face, Region.LIPS.value)),
        "hair": _color(_color_of(face, Label.HAIR.value)),
        "left_iris": _color(_ring(face, left, Label.LEFT_EYE)),
        "right_iris": _color(_ring(face, right, Label.RIGHT_EYE)),
    }


def ita_class(angle: float) -> str:
    """The class of a skin colour by its individual typology angle in degrees."""
    return next((name for limit, name in _ITA_CLASSES if angle > limit), "dark")


def _color_of(face: Face, region: str) -> np.ndarray | None:
    """The sRGB colour, (3,), of what surely belongs to a region."""
    if not face.parsing.scheme.indices_of(region):
        return None
    (x0, y0, x1, y1), mask = face.patch(region)
    if not mask.size or mask.max() < 0.5:
        return None
    inside = face.picture[y0:y1, x0:x1][mask >= min(0.95, float(mask.max()))]
    return _middle(inside[:: len(inside) // _MOST + 1])


def _middle(rgb: np.ndarray) -> np.ndarray:
    """The mean, (3,), of the middle half by lightness of (N, 3) colours."""
    light = rgb.sum(axis=1)
    low, high = np.quantile(light, 0.25, method="lower"), np.quantile(light, 0.75, method="higher")  # of two colours it is both
    return np.asarray(rgb[(light >= low) & (light <= high)].mean(axis=0))


def _ring(face: Face, iris: Iris | None, eye: Label) -> np.ndarray | None:
    """The sRGB colour, (3,), of an iris between pupil and rim, where the lids leave it bare."""
    if iris is None:
        return None
    (x0, y0, x1, y1), mask = face.patch(eye)
    rows, columns = np.mgrid[y0:y1, x0:x1] + 0.5
    away = np.hypot(columns - iris.center[0], rows - iris.center[1]) / iris.radius
    inside = face.picture[y0:y1, x0:x1][(away > _RING[0]) & (away < _RING[1]) & (mask > 0.9)]
    return _middle(inside) if len(inside) >= _LEAST else None


def _color(rgb: np.ndarray | None) -> dict[str, Any] | None:
    return None if rgb is None else _entry(rgb)


def _entry(rgb: np.ndarray) -> dict[str, Any]:
    return {"hex": hex_code(rgb), "lab": [round(float(v), 2) for v in to_lab(rgb)]}


def _ita(rgb: np.ndarray) -> dict[str, Any]:
    lightness, _, yellow = to_lab(rgb)
    # Skin is yellowish: b* > 0. Under blue light it may not be; the angle then still tells light from dark.
    angle = float(np.degrees(np.arctan2(lightness - 50, max(yellow, 1e-3))))
    return {"ita": round(angle, 1), "ita_class": ita_class(angle)}
