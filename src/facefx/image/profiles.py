"""Colour profiles (ICC.1:2010): from what a picture's numbers mean to sRGB, which all the work is done in, and back.

RGB profiles made of three primaries and a curve each (Display P3, Adobe RGB, ProPhoto, those of cameras and phones) and grey ones
of a curve are computed here, so that 16 bits stay 16 bits. The others, CMYK among them, are tables, which LittleCMS looks up in 8
bits. Colorimetric intent throughout; colours that sRGB cannot show are cut to it.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ..pixels.color import by_bands, from_linear, linear

__all__ = ["Profile", "profile_name", "profile_space", "read_profile", "tags_of"]

Curve = Callable[[NDArray[np.float32]], NDArray[np.float32]]

#: XYZ under D50 of linear sRGB, as sRGB's own profiles hold it (Bradford-adapted, rounded as ICC numbers are).
_SRGB_TO_XYZ = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
#: A profile that moves no colour further than this is one of the many that call themselves sRGB.
_SAME = 0.004
_STEPS = np.linspace(0, 1, 65536, dtype=np.float32)
_INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION


@dataclass(frozen=True, eq=False)
class Profile:
    """A way to sRGB and back.

    Attributes
    ----------
    space : "RGB", "GRAY" or "CMYK", the numbers that it explains.
    to_srgb, from_srgb : (h, w, 3) float32 RGB in [0, 1] to the same; grey three times for "GRAY"; unused for "CMYK".
    is_srgb : whether it is sRGB itself, as many profiles are by one name or another.
    image_to_srgb, image_from_srgb : a PIL image of mode CMYK to one of mode RGB, and back; None but for "CMYK".
    """

    space: str
    to_srgb: Curve
    from_srgb: Curve
    image_to_srgb: Callable[[Image.Image], Image.Image] | None = None
    image_from_srgb: Callable[[Image.Image], Image.Image] | None = None
    is_srgb: bool = False


def profile_space(icc: bytes) -> str:
    """What numbers a profile explains: "RGB", "GRAY", "CMYK", or whatever else stands there."""
    return icc[16:20].decode("latin-1").strip()


@lru_cache(maxsize=16)
def profile_name(icc: bytes) -> str:
    """What a profile calls itself."""
    try:
        return ImageCms.getProfileDescription(_opened(icc)).strip() or "unnamed"
    except (ImageCms.PyCMSError, OSError, ValueError):
        return "damaged"


@lru_cache(maxsize=16)
def read_profile(icc: bytes) -> Profile | None:
    """The way to sRGB that a profile tells; None if it is damaged, or of another kind than RGB, grey and CMYK."""
    space = profile_space(icc)
    try:
        profile = {"RGB": _rgb, "GRAY": _grey, "CMYK": _cmyk}[space](icc)
    except (KeyError, ValueError, ArithmeticError, struct.error, np.linalg.LinAlgError, ImageCms.PyCMSError, OSError):
        return None
    if space == "CMYK":
        return profile
    steps = np.linspace(0, 1, 9, dtype=np.float32)
    colors = (
        np.repeat(steps[:, None, None], 3, 2)
        if space == "GRAY"
        else np.stack(np.meshgrid(steps, steps, steps), -1).reshape(81, 9, 3)
    )
    return replace(profile, is_srgb=bool(np.abs(profile.to_srgb(colors) - colors).max() < _SAME))


def _opened(icc: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(icc))


def tags_of(icc: bytes) -> dict[str, bytes]:
    """The tagged data of a profile (ICC.1:2010, 7.3)."""
    (count,) = struct.unpack_from(">I", icc, 128)
    entries = [struct.unpack_from(">4sII", icc, 132 + 12 * i) for i in range(min(count, 100))]
    return {name.decode("latin-1"): icc[start : start + size] for name, start, size in entries}


def _rgb(icc: bytes) -> Profile:
    tags = tags_of(icc)
    if "A2B0" in tags or "rXYZ" not in tags:
        return _table(icc)
    primaries = np.array([struct.unpack_from(">3i", tags[f"{c}XYZ"], 8) for c in "rgb"]).T / 65536
    matrix = (np.linalg.inv(_SRGB_TO_XYZ) @ primaries).astype(np.float32)
    back = np.linalg.inv(matrix)
    tables = [_tabled(*_curve(tags[f"{c}TRC"])) for c in "rgb"]

    def to_srgb(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        light = np.stack([_at(there, pixels[..., i]) for i, (there, _) in enumerate(tables)], axis=-1)
        return _at(_srgb_of_root(), np.sqrt(np.clip(cv2.transform(light, matrix), 0, 1)))

    def from_srgb(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        root = np.sqrt(np.clip(cv2.transform(linear(pixels), back), 0, 1))
        return np.stack([_at(inverse, root[..., i]) for i, (_, inverse) in enumerate(tables)], axis=-1)

    return Profile("RGB", lambda p: by_bands(to_srgb, p), lambda p: by_bands(from_srgb, p))


def _grey(icc: bytes) -> Profile:
    there, inverse = _tabled(*_curve(tags_of(icc)["kTRC"]))
    return Profile(
        "GRAY",
        lambda p: by_bands(lambda band: _at(_srgb_of_root(), np.sqrt(_at(there, band))), p),
        lambda p: by_bands(lambda band: _at(inverse, np.sqrt(linear(band))), p),
    )


def _tabled(curve: Curve, inverse: Curve) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A curve at all 16-bit values, and its inverse at their squares: roots of light are even to the eye, and so to rounding."""
    with np.errstate(all="ignore"):
        tables = np.clip(curve(_STEPS), 0, 1), np.clip(inverse(_STEPS**2), 0, 1)
    if not all(np.isfinite(table).all() for table in tables):
        raise ValueError("a curve that leaves the numbers")
    return tables


@cache
def _srgb_of_root() -> NDArray[np.float32]:
    return np.asarray(from_linear(_STEPS**2), np.float32)


def _at(table: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A table of `_STEPS` at the nearest of them: ten times as fast as a power, and exact for integer pictures."""
    return table.take((values * np.float32(65535) + np.float32(0.5)).astype(np.uint16))


def _curve(data: bytes) -> tuple[Curve, Curve]:
    """A curve of values in [0, 1] and its inverse: a gamma, a table, or the formula with up to seven numbers (10.5 and 10.15)."""
    if data[:4] == b"curv":
        (count,) = struct.unpack_from(">I", data, 8)
        if count <= 1:
            return _formula(struct.unpack_from(">H", data, 12)[0] / 256 if count else 1.0)
        heights = np.maximum.accumulate(np.frombuffer(data, ">u2", count, 12) / 65535)
        places = np.linspace(0, 1, count)
        return (
            lambda x: np.interp(x, places, heights).astype(np.float32),
            lambda y: np.interp(y, heights, places).astype(np.float32),
        )
    if data[:4] == b"para":
        (kind,) = struct.unpack_from(">H", data, 8)
        numbers = [n / 65536 for n in struct.unpack_from(f">{(1, 3, 4, 5, 7)[min(kind, 4)]}i", data, 12)]
        g, a, b, c, d, e, f = numbers + [0.0] * (7 - len(numbers))
        match kind:
            case 0:
                return _formula(g)
            case 1:
                return _formula(g, a, b, 0, -b / a)
            case 2:
                return _formula(g, a, b, 0, -b / a, c, c)
            case 3:
                return _formula(g, a, b, c, d)
            case 4:
                return _formula(g, a, b, c, d, e, f)
    raise ValueError(f"no curve of the kind {data[:4]!r}")


def _formula(
    g: float, a: float = 1.0, b: float = 0.0, c: float = 0.0, d: float = 0.0, e: float = 0.0, f: float = 0.0
) -> tuple[Curve, Curve]:
    """y = (ax + b)^g + e from x = d on, and cx + f below."""
    if g <= 0 or a <= 0:
        raise ValueError("a curve that does not rise")

    def curve(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.where(x >= d, np.maximum(a * x + b, 0) ** np.float32(g) + e, c * x + f).astype(np.float32)

    knee = max(a * d + b, 0) ** g + e

    def inverse(y: NDArray[np.float32]) -> NDArray[np.float32]:
        below = (y - f) / c if c > 0 else np.zeros_like(y)
        return np.where(y >= knee, (np.maximum(y - e, 0) ** np.float32(1 / g) - b) / a, below).astype(np.float32)

    return curve, inverse


def _table(icc: bytes) -> Profile:
    there, back = _transforms(icc, "RGB")

    def through(transform: Callable[[Image.Image], Image.Image]) -> Curve:
        def convert(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
            image = Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))
            return np.asarray(transform(image), np.float32) / np.float32(255)

        return lambda pixels: by_bands(convert, pixels)

    return Profile("RGB", through(there), through(back))


def _cmyk(icc: bytes) -> Profile:
    def unused(_: NDArray[np.float32]) -> NDArray[np.float32]:
        raise TypeError("CMYK pictures are converted as images")

    return Profile("CMYK", unused, unused, *_transforms(icc, "CMYK"))


def _transforms(icc: bytes, mode: str) -> tuple[Callable[[Image.Image], Image.Image], Callable[[Image.Image], Image.Image]]:
    """LittleCMS's ways from images of a mode to sRGB ones, and back."""
    own, srgb = _opened(icc), ImageCms.createProfile("sRGB")
    there = ImageCms.buildTransform(own, srgb, mode, "RGB", _INTENT, _FLAGS)
    back = ImageCms.buildTransform(srgb, own, "RGB", mode, _INTENT, _FLAGS)
    return there.apply, back.apply
