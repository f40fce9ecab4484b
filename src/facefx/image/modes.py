"""From what a picture is kept as (an array or a PIL image of some mode) to RGB and alpha, and back.

One rule makes every way back exact: a pixel whose RGB value has not changed keeps the value it came with, whatever its kind.
Only changed pixels are converted, so CMYK, palettes and 64-bit floats, which no trip through RGB would survive, come back bit
for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import ImageError
from .profiles import Profile, profile_space, read_profile

__all__ = [
    "ARRAY_MODES",
    "COLOR_MODES",
    "LUMA",
    "Native",
    "check_array",
    "fits",
    "has_8_bits",
    "image_array",
    "in_srgb",
    "native_alpha",
    "native_rgb",
    "native_with_alpha",
    "native_with_painted",
    "native_with_rgb",
    "part_of",
    "profile_of",
    "three_times",
]

#: What a picture is kept as: an array (H, W), (H, W, 1 | 2 | 3 | 4), or a PIL image.
Native = NDArray[Any] | Image.Image

#: Modes whose `numpy.asarray` is an array picture.
ARRAY_MODES = ("L", "LA", "RGB", "RGBA", "I;16", "I", "F")
#: Those of 8 bits, parts of which can be converted and written back alone.
_WINDOWED_MODES = ("L", "LA", "RGB", "RGBA")
#: Modes that Pillow converts to RGB and back, with rounding, so only changed pixels make that trip.
COLOR_MODES = ("1", "CMYK", "YCbCr", "HSV")

#: Rec. 601 luma of encoded RGB, the grey of Pillow and OpenCV.
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_DTYPES = ("uint8", "uint16", "float32", "float64")


def check_array(array: NDArray[Any], what: str) -> None:
    """Raise `ImageError` unless `array` is (H, W) or (H, W, 1 to 4) of uint8, uint16, or float32 or float64 in [0, 1]."""
    if array.dtype.newbyteorder("=").name not in _DTYPES:
        raise ImageError(f"{what} has dtype {array.dtype}; allowed are {', '.join(_DTYPES)} (floats in [0, 1]).")
    if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= array.shape[2] <= 4):
        hint = (
            " It looks channels-first: move them last with numpy.moveaxis(array, 0, -1)."
            if array.ndim == 3 and array.shape[0] <= 4
            else ""
        )
        raise ImageError(f"{what} has shape {array.shape}; allowed are (H, W) and (H, W, C) with C = 1, 2, 3 or 4.{hint}")
    if array.size == 0:
        raise ImageError(f"{what} has shape {array.shape}, so it has no pixels; height and width must be at least 1.")
    if array.dtype.kind == "f":
        low, high = array.min(), array.max()
        if not (np.isfinite(low) and np.isfinite(high)):
            raise ImageError(f"{what} holds NaN or infinity; floats must be in [0, 1].")
        if low < 0 or high > 1:
            raise ImageError(f"{what} holds floats from {low:g} to {high:g}; they must be in [0, 1]: scale or clip them first.")


def image_array(image: Image.Image, what: str = "the PIL image") -> NDArray[Any]:
    """The array picture that a PIL image of one of the `ARRAY_MODES` holds; mode I as uint16, and F, checked for their range."""
    array: NDArray[Any] = np.asarray(image)
    if image.mode == "I":
        low, high = array.min(), array.max()
        if low < 0 or high > 65535:
            raise ImageError(f"{what} has mode I with values from {low} to {high}; they must be 16-bit, 0 to 65535.")
        return array.astype(np.uint16)
    if image.mode == "F":
        check_array(array, what)
    return array


def fits(icc: bytes, native: Native) -> bool:
    """Whether a colour profile explains numbers of this kind."""
    if isinstance(native, Image.Image):
        space = {"CMYK": "CMYK", "1": "GRAY", "L": "GRAY", "LA": "GRAY", "I;16": "GRAY", "I": "GRAY", "F": "GRAY"}.get(native.mode)
        return profile_space(icc) == (space or "RGB")
    return profile_space(icc) == ("RGB" if _color_planes(_planes(native)) == 3 else "GRAY")


def profile_of(native: Native, icc: bytes | None) -> Profile | None:
    """The way to sRGB of these numbers; None where they are sRGB, or the colour profile is of no use."""
    profile = read_profile(icc) if icc and fits(icc, native) else None
    return None if profile is None or profile.is_srgb else profile


def native_rgb(native: Native, icc: bytes | None = None) -> NDArray[np.float32]:
    """(H, W, 3) float32 sRGB in [0, 1], read-only: integers over their largest value, grey three times, by the colour profile."""
    profile = profile_of(native, icc)
    if isinstance(native, Image.Image):
        if profile and profile.image_to_srgb:
            native = profile.image_to_srgb(native)
        native = (
            image_array(native)
            if native.mode in ARRAY_MODES
            else np.asarray(native.convert("RGBA" if native.mode == "P" else "RGB"))
        )
    planes = _planes(native)
    rgb = np.empty((*planes.shape[:2], 3), np.float32)
    color = planes[..., : _color_planes(planes)]
    if native.dtype.kind == "f":
        rgb[...] = color
    elif native.dtype == np.uint8:
        rgb[...] = color  # apart from the division, which is faster by half than both at once
        rgb /= np.float32(255)
    else:
        np.divide(color, np.iinfo(native.dtype).max, out=rgb, dtype=np.float32)
    if profile and not profile.image_to_srgb:
        rgb = profile.to_srgb(rgb)
    rgb.flags.writeable = False
    return rgb


def part_of(native: Native, window: tuple[int, int, int, int]) -> NDArray[Any] | None:
    """The numbers in a window, (x0, y0, x1, y1), as an array picture; None for kinds that are converted as a whole only."""
    x0, y0, x1, y1 = window
    if isinstance(native, np.ndarray):
        return native[y0:y1, x0:x1]
    return np.asarray(native.crop(window)) if native.mode in _WINDOWED_MODES else None


def has_8_bits(native: Native) -> bool:
    """Whether `part_of` gives uint8."""
    return native.dtype == np.uint8 if isinstance(native, np.ndarray) else native.mode in _WINDOWED_MODES


def three_times(array: NDArray[Any]) -> NDArray[Any]:
    """The colour of an array picture, (H, W, 3) of its dtype: without alpha, grey three times."""
    planes = _planes(array)
    return planes[..., :3] if _color_planes(planes) == 3 else np.repeat(planes[..., :1], 3, axis=2)


def in_srgb(native: Native, icc: bytes) -> Native:
    """The picture in sRGB, as RGB or RGBA of the same depth: for where its profile cannot follow."""
    rgb, alpha = native_rgb(native, icc), native_alpha(native)
    array = image_array(native) if isinstance(native, Image.Image) and native.mode in ARRAY_MODES else native
    dtype = array.dtype if isinstance(array, np.ndarray) else np.dtype(np.uint8)
    planes = _rounded(rgb if alpha is None else np.dstack([rgb, alpha]), dtype)
    if dtype != np.uint8 or isinstance(native, np.ndarray):
        return planes
    out = Image.fromarray(planes)
    out.info = {key: value for key, value in native.info.items() if key not in ("icc_profile", "transparency")}
    return out


def native_alpha(native: Native) -> NDArray[np.float32] | None:
    """(H, W) float32 alpha in [0, 1], read-only; None where every pixel is opaque by its kind."""
    if isinstance(native, Image.Image):
        if not native.has_transparency_data or native.mode in ("I", "I;16", "F"):
            return None
        native = np.asarray(native.convert("RGBA"))
    planes = _planes(native)
    if planes.shape[2] in (1, 3):
        return None
    alpha = planes[..., -1].astype(np.float32)
    if native.dtype.kind != "f":
        alpha /= np.iinfo(native.dtype).max
    alpha.flags.writeable = False
    return alpha


def native_with_rgb(native: Native, old: NDArray[np.float32], new: NDArray[np.float32], icc: bytes | None = None) -> Native:
    """A copy of `native` in which the pixels where `new` differs from `old` get the new colour, as near as the kind can.

    Old and new are sRGB; what is written is in the space of the colour profile.
    """
    profile = profile_of(native, icc)
    if not np.isfinite(new).all():
        raise ImageError("the new colours hold NaN or infinity; an effect must return finite RGB in [0, 1].")
    if isinstance(native, np.ndarray):
        return _array_with_rgb(native, old, new, profile)
    if native.mode in ARRAY_MODES:
        array = _array_with_rgb(image_array(native), old, new, profile)
        out = Image.fromarray(array.astype(np.int32) if native.mode == "I" else array)
    elif native.mode == "P":
        out = _palette_with_rgb(native, old, new, profile)
    else:
        colors = np.clip(new, 0, 1)
        if profile and not profile.image_from_srgb:
            colors = profile.from_srgb(colors)
        rgb = Image.fromarray(_rounded(colors, np.dtype(np.uint8)))
        converted = (
            profile.image_from_srgb(rgb)
            if profile and profile.image_from_srgb
            else rgb.convert(native.mode, dither=Image.Dither.NONE)
        )
        out = native.copy()
        out.paste(converted, mask=Image.fromarray(_changed(old, new)))
    out.info = dict(native.info)
    return out


#: So many rows are written at a time: a large picture needs no second float copy then.
_BAND = 256


def native_with_painted(
    native: Native, painted: Sequence[tuple[tuple[int, int, int, int], NDArray[np.float32]]], icc: bytes | None = None
) -> Native | None:
    """`native_with_rgb` for a picture that differs in some windows only, (x0, y0, x1, y1), from which colours are taken in order.

    None for kinds that can only be written as a whole.
    """
    profile = profile_of(native, icc)
    out = native.copy()
    for (x0, y0, x1, y1), colors in painted:
        for top in range(y0, y1, _BAND):
            bottom = min(top + _BAND, y1)
            part = part_of(native, (x0, top, x1, bottom))
            if part is None:
                return None
            written = _array_with_rgb(part, native_rgb(part, icc), colors[top - y0 : bottom - y0], profile)
            if isinstance(out, Image.Image):
                out.paste(Image.fromarray(written), (x0, top))
            else:
                out[top:bottom, x0:x1] = written
    return out


def native_with_alpha(native: Native, alpha: NDArray[np.float32]) -> Native:
    """A copy of `native` with that alpha, (H, W) in [0, 1], in the nearest kind that has one.

    Arrays and the array modes keep their dtype and get an alpha channel if they have none (16-bit and float PIL images become
    arrays, since Pillow has no such modes); other PIL images become RGBA.
    """
    if isinstance(native, Image.Image):
        if native.mode in ("I;16", "I", "F"):
            return native_with_alpha(image_array(native), alpha)
        out = native.convert("LA" if native.mode in ("1", "L", "LA") and "transparency" not in native.info else "RGBA")
        out.putalpha(Image.fromarray(_rounded(alpha, np.dtype(np.uint8))))
        out.info = {key: value for key, value in native.info.items() if key != "transparency"}
        return out
    planes = _planes(native)
    return np.concatenate([planes[..., : _color_planes(planes)], _rounded(alpha, native.dtype)[..., None]], axis=-1)


def _planes(array: NDArray[Any]) -> NDArray[Any]:
    return array[..., None] if array.ndim == 2 else array


def _color_planes(planes: NDArray[Any]) -> int:
    return 3 if planes.shape[2] >= 3 else 1


def _rounded(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    """[0, 1] to `dtype`: floats as they are, integers rounded to the nearest."""
    if dtype.kind == "f":
        return values.astype(dtype)
    scaled = values * np.float32(np.iinfo(dtype).max)
    scaled += np.float32(0.5)
    return scaled.astype(dtype)


def _changed(old: NDArray[np.float32], new: NDArray[np.float32]) -> NDArray[np.bool_]:
    changed: NDArray[np.bool_] = new[..., 0] != old[..., 0]  # channel by channel is many times faster than any(axis=-1)
    for channel in (1, 2):
        changed |= new[..., channel] != old[..., channel]
    return changed


def _array_with_rgb(
    native: NDArray[Any], old: NDArray[np.float32], new: NDArray[np.float32], profile: Profile | None
) -> NDArray[Any]:
    if native.dtype == np.uint8 and native.shape[2:] == (3,) and profile is None:  # what has not changed is rounded to what it was
        return _rounded(np.clip(new, 0, 1), native.dtype)
    out = native.copy()
    planes = _planes(out)
    for top in range(0, len(planes), _BAND):
        rows = slice(top, top + _BAND)
        changed = _changed(old[rows], new[rows])
        if changed.any():
            colors = np.clip(new[rows], 0, 1)
            if profile:
                colors[changed] = profile.from_srgb(colors[changed][None])[0]
            if _color_planes(planes) == 1:
                colors = (colors @ LUMA)[..., None]
            np.copyto(planes[rows, :, : colors.shape[2]], _rounded(colors, out.dtype), where=changed[..., None])
    return out


def _palette_with_rgb(
    native: Image.Image, old: NDArray[np.float32], new: NDArray[np.float32], profile: Profile | None
) -> Image.Image:
    """A palette image with the new colours at its changed pixels; the others keep their index and colour, and all their alpha.

    Pixels of each alpha by themselves: palette entries that no kept pixel uses are given to the new colours (median cut); then each
    changed pixel takes the nearest entry.
    """
    index = np.array(native)
    strip = native.resize((256, 1))
    strip.frombytes(bytes(range(256)))
    table = np.array(strip.convert("RGBA"))[0]

    changed = _changed(old, new)
    out = native.copy()
    if not changed.any():
        return out
    alpha = table[:, 3].copy()
    kept = np.bincount(index[~changed], minlength=256) > 0
    last = 0
    for level in np.unique(alpha[index[changed]]):
        here = changed & (alpha[index] == level)
        fresh_colors = np.clip(new[here], 0, 1)
        if profile:
            fresh_colors = profile.from_srgb(fresh_colors[None])[0]
        colors = _rounded(fresh_colors, np.dtype(np.uint8))
        free = np.flatnonzero((alpha == level) & ~kept)
        if len(free):
            fresh = Image.fromarray(colors[None]).quantize(len(free), Image.Quantize.MEDIANCUT)
            added = np.array(fresh.getpalette(), np.uint8).reshape(-1, 3)[: len(free)]
            table[free[len(added) :], :3] = 0  # nothing of the old colours stays in an entry that nobody uses any more
            free = free[: len(added)]
            table[free, :3] = added
        candidates = np.union1d(np.flatnonzero((alpha == level) & kept), free)
        index[here] = candidates[_nearest(colors, table[candidates, :3])]
        last = max(last, int(candidates.max()))

    length = max(len(native.getpalette() or []) // 3, last + 1)
    rawmode = "RGBA" if native.palette is not None and native.palette.mode == "RGBA" else "RGB"
    out.putpalette(table[:length, : len(rawmode)].tobytes(), rawmode)
    out.frombytes(index.tobytes())
    return out


def _nearest(colors: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The index of the nearest row of `table`, by squared distance, for each row of `colors`."""
    distinct, where = np.unique(colors, axis=0, return_inverse=True)
    points, entries = distinct.astype(np.float32), table.astype(np.float32)
    nearest = np.empty(len(points), np.intp)
    for start in range(0, len(points), 65536):  # 64 MiB of distances at a time
        part = points[start : start + 65536]
        nearest[start : start + 65536] = np.argmin((entries**2).sum(1) - 2 * part @ entries.T, axis=1)
    return nearest[where.reshape(-1)]
