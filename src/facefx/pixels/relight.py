"""A picture as it would look in white light, and what was painted on that in the light that there is.

sRGB's curve is a power of light but for its dark end, which is a line. So in so many times the light a code value is itself times a
factor plus a shift, or times a factor alone at the dark end, and no powers are taken: from a fourth to four times the light this
is right to half a step of 8 bits, in the few dark values between line and curve, and exact elsewhere; the way back is its inverse.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import color as colors

__all__ = ["in_its_light", "in_white_light"]

#: sRGB's curve is ``light = ((code + _SHIFT) / (1 + _SHIFT)) ** _POWER``, and below its knee ``code / _LINE`` (IEC 61966-2-1).
_SHIFT, _POWER, _LINE = 0.055, 2.4, 12.92
_KNEE_LIGHT = 0.04045 / _LINE


def in_white_light(image: np.ndarray, light: np.ndarray) -> np.ndarray:
    """The picture divided by the light, (h, w, 3) float32 sRGB; what is brighter than white there is white.

    Parameters
    ----------
    image : (h, w, 3) float32 sRGB in [0, 1].
    light : (3,), of red, green and blue; 1 is white light of normal exposure.
    """
    return colors.by_bands(lambda rgb: _times(rgb, 1 / light), image)


def in_its_light(image: np.ndarray, white: np.ndarray, painted: np.ndarray, light: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The picture with what was painted on it as it looks in white light: (h, w, 3) float32 sRGB.

    What was added or taken there is so in this light; so highlights that are brighter than white there stay, and pixels that
    nothing was painted on keep their bits.

    Parameters
    ----------
    image, light : as for `in_white_light`.
    white, painted : (h, w, 3) float32, what that gave, before and after.
    where : (h, w) bool, the pixels that are asked for; the others stay as they are.
    """

    def lit(rgb: np.ndarray, white: np.ndarray, painted: np.ndarray) -> np.ndarray:
        shown = np.clip(painted, np.float32(0), np.float32(1))
        result = _times(shown, light)
        if white.max() >= 1:  # what is brighter in this light than white there stays so by as much
            brighter = np.flatnonzero(white >= 1)
            own, there = (colors.linear(np.take(values, brighter)) for values in (rgb, shown))
            result.flat[brighter] = colors.from_linear(own + (there - 1) * light.astype(np.float32)[brighter % 3])
        return np.where(painted == white, rgb, result)

    return colors.within(where, lit, image, white, painted)


def _times(image: np.ndarray, light: np.ndarray) -> np.ndarray:
    """(h, w, 3) sRGB in so many times the light, cut to white."""
    return np.asarray(cv2.merge([_plane_times(plane, float(share)) for plane, share in zip(cv2.split(image), light, strict=True)]))


def _plane_times(codes: np.ndarray, light: float) -> np.ndarray:
    (factor, shift), *others = _straight_pieces(light)
    nearer = np.minimum if light > 1 else np.maximum
    result = codes * factor
    result += shift
    piece = np.empty_like(codes)
    for factor, shift in others:
        np.multiply(codes, factor, out=piece)
        piece += shift
        nearer(result, piece, out=result)
    return np.minimum(result, np.float32(1), out=result)


def _straight_pieces(light: float) -> list[tuple[np.float32, np.float32]]:
    """Factors and shifts of straight lines of which the lowest, of light above 1, is the code value in so many times the light.

    From the dark end on: sRGB's line; a tangent in the middle of what is on the line in one light and on the curve in the other;
    sRGB's curve. Of light below 1 they are the way back from its inverse, and the highest counts.
    """
    more = max(light, 1 / light)
    factor = more ** (1 / _POWER)
    middle = _KNEE_LIGHT / np.sqrt(more)  # light, before; after it is as far above the knee
    after = (1 + _SHIFT) * (middle * more) ** (1 / _POWER)  # a code value, but for the shift
    slope = after / (_POWER * middle * _LINE)
    pieces = [(more, 0.0), (slope, after - _SHIFT - slope * middle * _LINE), (factor, _SHIFT * (factor - 1))]
    if light < 1:
        pieces = [(1 / factor, -shift / factor) for factor, shift in pieces]
    return [(np.float32(factor), np.float32(shift)) for factor, shift in pieces]
