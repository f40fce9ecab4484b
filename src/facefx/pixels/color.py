"""Colour: names and hex codes, sRGB, OKLab, and the CIEDE2000 difference. Arrays are (..., 3); sRGB is in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import cv2
import numpy as np
from PIL import ImageColor

from ..errors import ParameterError
from ..shown import shown
from .cells import InParts, tiles

__all__ = [
    "bands",
    "by_bands",
    "delta_e",
    "from_linear",
    "from_oklab",
    "hex_code",
    "in_gamut",
    "linear",
    "parse",
    "power",
    "to_lab",
    "to_oklab",
    "within",
]

# Björn Ottosson, "A perceptual color space for image processing", 2020: https://bottosson.github.io/posts/oklab/
_LINEAR_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_LMS_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_OKLAB_TO_LMS = np.linalg.inv(_LMS_TO_OKLAB.astype(float)).astype(np.float32)
_LMS_TO_LINEAR = np.linalg.inv(_LINEAR_TO_LMS.astype(float)).astype(np.float32)


def parse(color: str) -> tuple[float, float, float]:
    """sRGB in [0, 1] of a hex code (``"#c00"``, ``"#cc0000"``) or a CSS colour name or function."""
    try:
        r, g, b = ImageColor.getrgb(color)[:3]
    except (ValueError, AttributeError, TypeError):
        raise ParameterError(
            f"not a colour: {shown(color)}; write a hex code such as '#c00' or '#cc0000', or a CSS name such as 'plum'"
        ) from None
    return r / 255, g / 255, b / 255


def hex_code(rgb: tuple[float, float, float] | np.ndarray) -> str:
    """The colour as ``"#rrggbb"``."""
    r, g, b = (round(float(np.clip(v, 0, 1)) * 255) for v in rgb)
    return f"#{r:02x}{g:02x}{b:02x}"


def by_bands(function: Callable[..., np.ndarray], *pictures: np.ndarray) -> np.ndarray:
    """Apply a function of pixels to a few rows at a time, so that its intermediate values stay small.

    ``function`` takes as many (h, W, ...) arrays as there are pictures and returns one of (h, W, ...); float32.
    """
    result: np.ndarray | None = None
    for band in bands(*pictures[0].shape[:2]):
        part = function(*(picture[band] for picture in pictures))
        if result is None:
            result = np.empty((pictures[0].shape[0], *part.shape[1:]), np.float32)
        result[band] = part
    return np.array(pictures[0], np.float32) if result is None else result


def within(
    where: np.ndarray,
    function: Callable[..., np.ndarray],
    picture: np.ndarray,
    *others: InParts,
    into: np.ndarray | None = None,
) -> np.ndarray:
    """Apply a function of pixels to those that ``where``, (H, W) bool, picks; all others stay as they are in the first picture.

    As `by_bands`, but tile by tile, so that ``function`` sees pixels beside the chosen ones, and others may come in cells, or be
    made tile by tile. `into` is a copy of the picture that is to be changed; by default a new one.
    """
    result = np.array(picture, np.float32) if into is None else into
    for tile in tiles(where):
        changed = function(picture[tile], *(other[tile] for other in others))
        cv2.copyTo(np.asarray(changed, np.float32), where[tile].view(np.uint8), result[tile])
    return result


def bands(height: int, width: int, pixels: int = 1 << 14) -> Iterator[slice]:
    """A few rows at a time, of about so many pixels."""
    rows = max(pixels // max(width, 1), 1)
    return (slice(top, top + rows) for top in range(0, height, rows))


#: So many values at a time: few enough for all of a conversion's steps to stay in the processor's cache.
_CHUNK = 3 << 13
#: Takes values, (1, N), to other ones, which it fills the second with; the third, of two rows, is for what comes in between.
_Conversion = Callable[[np.ndarray, np.ndarray, np.ndarray], None]


def _in_chunks(convert: _Conversion, values: np.ndarray) -> np.ndarray:
    """The values, as float32, converted a cacheful at a time, in memory that is asked for once."""
    source = np.ascontiguousarray(values, np.float32).reshape(1, -1)
    result = np.empty_like(source)
    spare = np.empty((2, min(source.size, _CHUNK)), np.float32)
    for start in range(0, source.size, _CHUNK):
        chunk = np.s_[:, start : start + _CHUNK]
        convert(source[chunk], result[chunk], spare[:, : source[chunk].size])
    return result.reshape(np.shape(values))


def _power(base: np.ndarray, exponent: float) -> None:
    """Take `base`, (1, N) and positive, to a power, in place: right to 4e-7 of itself, as by `cv2.pow`, and twice as fast."""
    cv2.log(base, base)
    base *= np.float32(exponent)
    cv2.exp(base, base)


def _transform(values: np.ndarray, matrix: np.ndarray, result: np.ndarray) -> None:
    """Fill the result with `matrix` times every colour; both (1, N)."""
    cv2.transform(values.reshape(1, -1, 3), matrix, result.reshape(1, -1, 3))


#: Where the line at the dark end of sRGB's curve stops, as a code value and as light.
_KNEE, _KNEE_LIGHT = 0.04045, 0.04045 / 12.92


def _to_light(srgb: np.ndarray, light: np.ndarray, spare: np.ndarray) -> None:
    # To choose between line and curve pixel by pixel would take as long as all the rest. So the curve stands still below the knee,
    # the line gets steeper than it above, and the lower of the two counts.
    above, curve = spare[:1], spare[1:]
    cv2.threshold(srgb, _KNEE, 0, cv2.THRESH_TRUNC, light)
    np.subtract(srgb, light, out=above)
    np.multiply(above, np.float32(1 / 1.055), out=curve)
    curve += np.float32((_KNEE + 0.055) / 1.055)
    _power(curve, 2.4)
    above *= np.float32(3)
    light *= np.float32(1 / 12.92)
    light += above
    np.minimum(light, curve, out=light)


def _to_code(light: np.ndarray, srgb: np.ndarray, spare: np.ndarray) -> None:
    curve = spare[1:]
    np.clip(light, np.float32(0), np.float32(1), out=srgb)
    np.clip(srgb, np.float32(_KNEE_LIGHT), np.float32(1), out=curve)
    _power(curve, 1 / 2.4)
    curve *= np.float32(1.055)
    curve -= np.float32(0.055)
    srgb *= np.float32(12.92)
    np.minimum(srgb, curve, out=srgb)  # the curve, which goes on below the knee, lies below the line all along


#: Less than this is no light: its root, 1e-6, can be told from 0 by nobody, and logarithms of 0 are slow.
_FAINT = 1e-18


def _to_lab(srgb: np.ndarray, lab: np.ndarray, spare: np.ndarray) -> None:
    _to_light(srgb, lab, spare)
    roots = spare[:1]
    _transform(lab, _LINEAR_TO_LMS, roots)
    np.clip(roots, np.float32(_FAINT), np.float32(np.inf), out=roots)  # twice as fast as np.maximum
    _power(roots, 1 / 3)
    _transform(roots, _LMS_TO_OKLAB, lab)


def _from_lab(lab: np.ndarray, light: np.ndarray, spare: np.ndarray) -> None:
    roots = spare[1:]
    _transform(lab, _OKLAB_TO_LMS, roots)
    np.multiply(roots, roots, out=light)
    roots *= light
    _transform(roots, _LMS_TO_LINEAR, light)


#: Light that sRGB can show, but for a slack.
_DARKEST, _BRIGHTEST = -1e-4, 1 + 1e-4


#: Rows and columns of the table below: steps of lightness and of hue. Between them it is interpolated.
_ROWS, _COLUMNS = 128, 180


@cache
def _most_chroma() -> np.ndarray:
    """The most chroma that sRGB can show at each lightness, 0 to 1, and hue, 0 to 360°: (129, 181) float32, by bisection."""
    lightness, hue = np.linspace(0, 1, _ROWS + 1), np.linspace(0, 2 * np.pi, _COLUMNS + 1)
    grid = np.stack(np.broadcast_arrays(lightness[:, None], np.cos(hue), np.sin(hue)), axis=-1).astype(np.float32)
    most, spare = np.zeros(grid.shape[:2], np.float32), grid.copy()
    for step in range(1, 13):
        trial = most + np.float32(0.5**step)
        np.multiply(grid[..., 1:], trial[..., None], out=spare[..., 1:])
        most += np.float32(0.5**step / 255) * cv2.inRange(_in_chunks(_from_lab, spare), (_DARKEST,) * 3, (_BRIGHTEST,) * 3)
    return most


def _less_chroma(oklab: np.ndarray) -> np.ndarray:
    """Colours, (N, 3), with no more chroma than sRGB can show at their lightness and hue."""
    result = np.array(oklab, np.float32)
    for start in range(0, len(result), _CHUNK):  # OpenCV's maps are at most 32,767 long
        lightness, a, b = (np.ascontiguousarray(plane)[None] for plane in result[start : start + _CHUNK].T)
        chroma, hue = cv2.cartToPolar(a, b, angleInDegrees=True)
        row = np.clip(lightness, np.float32(0), np.float32(1)) * np.float32(_ROWS)
        most = cv2.remap(_most_chroma(), hue * np.float32(_COLUMNS / 360), row, cv2.INTER_LINEAR)
        kept = np.minimum(most / np.maximum(chroma, np.float32(1e-6)), np.float32(1))
        result[start : start + _CHUNK, 1:] *= kept.T
    return result


def power(base: np.ndarray, exponent: float) -> np.ndarray:
    """Values of at least 0 to a positive power. Same shape, float32, right to 4e-7 of itself; numpy takes ten times as long."""
    result = np.array(base, np.float32, order="C")
    np.clip(result, np.float32(_FAINT), np.float32(np.inf), out=result)
    _power(result.reshape(1, -1), exponent)
    return result


def linear(srgb: np.ndarray) -> np.ndarray:
    """Light intensity from sRGB code values (IEC 61966-2-1). Same shape, float32, right to 4e-7."""
    return _in_chunks(_to_light, srgb)


def from_linear(light: np.ndarray) -> np.ndarray:
    """sRGB code values from light intensity, which is clipped to [0, 1]. Same shape, float32, right to 4e-7."""
    return _in_chunks(_to_code, light)


def to_oklab(srgb: np.ndarray) -> np.ndarray:
    """OKLab of sRGB: lightness in [0, 1], and two opponent colours of about -0.4 to 0.4. Same shape, float32, right to 4e-6."""
    return _in_chunks(_to_lab, srgb)


def from_oklab(oklab: np.ndarray) -> np.ndarray:
    """sRGB in [0, 1] of OKLab; colours that no screen can show lose chroma, not lightness or hue. Same shape, float32."""
    light = _in_chunks(_from_lab, oklab)
    colors = light.reshape(-1, 3)
    outside = _not_shown(colors)
    if outside.size:
        colors[outside] = _in_chunks(_from_lab, _less_chroma(np.reshape(oklab, (-1, 3))[outside]))
    return _in_chunks(_to_code, light)


def in_gamut(oklab: np.ndarray) -> np.ndarray:
    """The nearest colour of the same lightness and hue that sRGB can show. Same shape, float32."""
    shown = np.array(oklab, np.float32)
    shown[..., 0] = np.clip(shown[..., 0], 0, 1)
    colors = shown.reshape(-1, 3)
    outside = _not_shown(_in_chunks(_from_lab, colors))
    colors[outside] = _less_chroma(colors[outside])
    return shown


def _not_shown(light: np.ndarray) -> np.ndarray:
    """Places of those colours, light of (N, 3), that sRGB cannot show."""
    if not light.size or (light.min() >= _DARKEST and light.max() <= _BRIGHTEST):
        return np.zeros(0, int)
    return np.flatnonzero(cv2.inRange(light[None], (_DARKEST,) * 3, (_BRIGHTEST,) * 3) == 0)


_RGB_TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
_D65 = _RGB_TO_XYZ.sum(axis=1)


def to_lab(srgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65 (CIE 15:2004) of sRGB in [0, 1]. Same shape, float64."""
    xyz = linear(srgb).astype(float) @ _RGB_TO_XYZ.T / _D65
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def delta_e(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """CIEDE2000 difference of two sRGB colours or pictures; 1 is about just noticeable. Shape (...), float64."""
    return delta_e_lab(to_lab(first), to_lab(second))


def delta_e_lab(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """CIEDE2000 of L*a*b* colours: Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula", CR&A 30(1), 2005."""
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(np.asarray(first, float), -1, 0), np.moveaxis(np.asarray(second, float), -1, 0)
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360

    grey = c1 * c2 == 0
    dh = (h2 - h1 + 180) % 360 - 180
    dh = np.where(grey, 0, dh)
    d_l, d_c = l2 - l1, c2 - c1
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))

    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    total = h1 + h2
    mean_h = np.where(np.abs(h1 - h2) <= 180, total / 2, np.where(total < 360, total / 2 + 180, total / 2 - 180))
    mean_h = np.where(grey, total, mean_h)
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    r_c = 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    r_t = -np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))) * r_c
    terms = (d_l / s_l) ** 2 + (d_c / s_c) ** 2 + (d_h / s_h) ** 2 + r_t * (d_c / s_c) * (d_h / s_h)
    return np.asarray(np.sqrt(np.maximum(terms, 0)))
