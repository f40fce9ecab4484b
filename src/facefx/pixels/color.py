"""Colour: names and hex codes, sRGB, OKLab, and the CIEDE2000 difference. Arrays are (..., 3); sRGB is in [0, 1]."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from PIL import ImageColor

from ..errors import ParameterError

__all__ = [
    "by_bands",
    "delta_e",
    "from_linear",
    "from_oklab",
    "hex_code",
    "in_gamut",
    "linear",
    "parse",
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
            f"not a colour: {color!r}; write a hex code such as '#c00' or '#cc0000', or a CSS name such as 'plum'"
        ) from None
    return r / 255, g / 255, b / 255


def hex_code(rgb: tuple[float, float, float] | np.ndarray) -> str:
    """The colour as ``"#rrggbb"``."""
    r, g, b = (round(float(np.clip(v, 0, 1)) * 255) for v in rgb)
    return f"#{r:02x}{g:02x}{b:02x}"


def _transform(pixels: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """`matrix` times every colour; for pictures by OpenCV, which is several times faster at it than numpy."""
    if pixels.ndim == 3 and pixels.dtype == np.float32 and pixels.size:
        return np.asarray(cv2.transform(pixels, matrix))
    return pixels @ matrix.T.astype(pixels.dtype)


def by_bands(function: Callable[..., np.ndarray], *pictures: np.ndarray) -> np.ndarray:
    """Apply a function of pixels to a few rows at a time, so that its intermediate values stay small.

    ``function`` takes as many (h, W, ...) arrays as there are pictures and returns one of (h, W, ...); float32.
    """
    result: np.ndarray | None = None
    for band in _bands(*pictures[0].shape[:2]):
        part = function(*(picture[band] for picture in pictures))
        if result is None:
            result = np.empty((pictures[0].shape[0], *part.shape[1:]), np.float32)
        result[band] = part
    return np.array(pictures[0], np.float32) if result is None else result


def within(where: np.ndarray, function: Callable[..., np.ndarray], *pictures: np.ndarray) -> np.ndarray:
    """Apply a function of pixels to those that ``where``, (H, W) bool, picks; the others are the first picture's. As `by_bands`."""
    result = np.array(pictures[0], np.float32)
    for band in _bands(*where.shape):
        chosen = where[band]
        if chosen.any():
            result[band][chosen] = function(*(picture[band][chosen][:, None] for picture in pictures))[:, 0]
    return result


def _bands(height: int, width: int, pixels: int = 1 << 16) -> Iterator[slice]:
    rows = max(pixels // max(width, 1), 1)
    return (slice(top, top + rows) for top in range(0, height, rows))


def linear(srgb: np.ndarray) -> np.ndarray:
    """Light intensity from sRGB code values (IEC 61966-2-1)."""
    srgb = np.asarray(srgb, np.float32)
    return np.where(srgb <= 0.04045, srgb / 12.92, _power((np.maximum(srgb, 0) + 0.055) / 1.055, 2.4))


def from_linear(light: np.ndarray) -> np.ndarray:
    """sRGB code values from light intensity."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * _power(light, 1 / 2.4) - 0.055)


def _power(base: np.ndarray, exponent: float) -> np.ndarray:
    """`base` to a power; OpenCV's is several times faster than numpy's for pictures."""
    return np.asarray(cv2.pow(base, exponent), np.float32) if base.ndim >= 2 and base.size else np.power(base, np.float32(exponent))


def to_oklab(srgb: np.ndarray) -> np.ndarray:
    """OKLab of sRGB: lightness in [0, 1], and two opponent colours of about -0.4 to 0.4. Same shape, float32."""
    lms = _transform(linear(srgb), _LINEAR_TO_LMS)
    return _transform(_power(np.maximum(lms, 0), 1 / 3), _LMS_TO_OKLAB)


def _to_linear(oklab: np.ndarray) -> np.ndarray:
    roots = _transform(np.asarray(oklab, np.float32), _OKLAB_TO_LMS)
    return _transform(roots * roots * roots, _LMS_TO_LINEAR)


def from_oklab(oklab: np.ndarray) -> np.ndarray:
    """sRGB in [0, 1] of OKLab; colours that no screen can show lose chroma, not lightness or hue. Same shape, float32."""
    return np.asarray(from_linear(_to_linear(in_gamut(oklab))), np.float32)


def in_gamut(oklab: np.ndarray, steps: int = 6) -> np.ndarray:
    """The nearest colour of the same lightness and hue that sRGB can show (bisection over chroma)."""
    oklab = np.array(oklab, np.float32)
    oklab[..., 0] = np.clip(oklab[..., 0], 0, 1)
    outside = _out_of_range(_to_linear(oklab))
    if not outside.any():
        return oklab
    colors = oklab[outside]
    low, high = np.zeros(len(colors), np.float32), np.ones(len(colors), np.float32)
    for _ in range(steps):
        middle = (low + high) / 2
        trial = colors * np.stack([np.ones_like(middle), middle, middle], axis=-1)
        too_far = _out_of_range(_to_linear(trial))
        high, low = np.where(too_far, middle, high), np.where(too_far, low, middle)
    colors[:, 1:] *= low[:, None]
    oklab[outside] = colors
    return oklab


def _out_of_range(light: np.ndarray, slack: float = 1e-4) -> np.ndarray:
    r, g, b = light[..., 0], light[..., 1], light[..., 2]  # several times faster than a reduction over the last axis
    return np.asarray((np.minimum(np.minimum(r, g), b) < -slack) | (np.maximum(np.maximum(r, g), b) > 1 + slack))


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
