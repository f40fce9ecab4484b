"""A picture as it would look in white light, and what was painted on that in the light that there is.

sRGB's curve is a power of light but for its dark end, which is a line. So in so many times the light a code value is itself times a
factor plus a shift, or times a factor alone at the dark end, and no powers are taken: from a fourth to four times the light this
is right to half a step of 8 bits, in the few dark values between line and curve, and exact elsewhere; the way back is its inverse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from . import color as colors

__all__ = ["in_its_light", "in_white_light", "lit_by"]

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
    more, result = _Times.of(1 / light), np.empty(image.shape, np.float32)
    for band in colors.bands(*image.shape[:2]):
        more(image[band], result[band])
    return result


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

    return colors.within(where, lit_by(light), image, white, painted)


def lit_by(light: np.ndarray) -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """What gives a part of `in_its_light`, of parts of image, white and painted."""
    less = _Times.of(light)

    def lit(rgb: np.ndarray, white: np.ndarray, painted: np.ndarray) -> np.ndarray:
        shown = np.clip(painted, np.float32(0), np.float32(1))
        there = less(shown)
        if white.max() >= 1:  # what is brighter in this light than white there stays so by as much
            brighter = np.flatnonzero(white >= 1)
            own, new = (colors.linear(np.take(values, brighter)) for values in (rgb, shown))
            there.flat[brighter] = colors.from_linear(own + (new - 1) * light.astype(np.float32)[brighter % 3])
        return np.asarray(cv2.copyTo(there, (painted != white).view(np.uint8), rgb.copy()))

    return lit


@dataclass(frozen=True, eq=False)
class _Times:
    """sRGB in so many times the light, cut to white: the lowest of straight lines for each of red, green and blue.

    Attributes
    ----------
    lines : (3, 4) float32 each, of the three colours; of light below 1, where the highest counts, the lines less than nothing.
    signs : (3, 3) float32, takes those back; None if there are none.
    """

    lines: tuple[np.ndarray, ...]
    signs: np.ndarray | None

    @classmethod
    def of(cls, light: np.ndarray) -> _Times:
        signs = np.where(light < 1, -1, 1)
        pieces = np.array([_straight_pieces(float(share)) for share in light]) * signs[:, None, None]
        lines = tuple(np.column_stack([np.diag(piece[:, 0]), piece[:, 1]]).astype(np.float32) for piece in pieces.swapaxes(0, 1))
        return cls(lines, np.diag(signs).astype(np.float32) if (light < 1).any() else None)

    def __call__(self, image: np.ndarray, result: np.ndarray | None = None) -> np.ndarray:
        first, *others = self.lines
        result = np.asarray(cv2.transform(image, first, dst=result))
        for line in others:
            cv2.min(result, cv2.transform(image, line), dst=result)
        if self.signs is not None:
            cv2.transform(result, self.signs, dst=result)
        return np.asarray(cv2.threshold(result, 1, 0, cv2.THRESH_TRUNC, dst=result)[1])


def _straight_pieces(light: float) -> list[tuple[float, float]]:
    """Factors and shifts of straight lines of which the lowest, of light above 1, is the code value in so many times the light.

    From the dark end on: sRGB's line; a tangent in the middle of what is on the line in one light and on the curve in the other;
    sRGB's curve. Of light below 1 they are the way back from its inverse, and the highest counts.
    """
    more = max(light, 1 / light)
    factor = more ** (1 / _POWER)
    middle = _KNEE_LIGHT / np.sqrt(more)  # light, before; after it is as far above the knee
    after = (1 + _SHIFT) * (middle * more) ** (1 / _POWER)  # a code value, but for the shift
    slope = after / (_POWER * middle * _LINE)
    curve = factor, _SHIFT * (factor - 1)
    # Of nearly white light that tangent is no steeper than the curve, since sRGB's has a slight bend where line and curve meet.
    pieces = [(more, 0.0), (slope, after - _SHIFT - slope * middle * _LINE) if slope > factor else curve, curve]
    return [(1 / factor, -shift / factor) for factor, shift in pieces] if light < 1 else pieces
