"""The picture that the work is done on: float RGB of the windows that are asked for, and what was painted into them.

As floats a photo of 12 megapixels takes 144 MB, and making them as long as many an edit; the lips in it are a thousandth of that.
"""

from __future__ import annotations

import weakref
from copy import copy
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .modes import Native, has_8_bits, native_rgb, part_of, three_times

__all__ = ["Canvas", "Stored", "Window"]

#: (x0, y0, x1, y1) in whole pixels, half-open, inside the picture.
Window = tuple[int, int, int, int]

#: What was painted at two places is kept as one where that takes at most this much more than the larger of them alone.
_MERGED = 1.25


#: Who asks for more than this share of the picture gets a part of all of it, and so do others as long as anybody holds that: an
#: effect on the background asks several times.
_MOST = 0.5

#: From this factor on Pillow makes its own images smaller, in a third of the time that handing them over takes.
_MUCH = 4


class Canvas:
    """A picture as sRGB floats, window by window. Never changes: `painted` gives another one.

    ``canvas[y0:y1, x0:x1]`` and ``canvas.shape`` are those of the array `image`, but only that window is converted.

    Parameters
    ----------
    native : what the picture is kept as, (H, W, 3) float32 RGB in [0, 1] for one.
    icc : the colour profile that explains the numbers of `native`.
    """

    def __init__(self, native: Native, icc: bytes | None = None) -> None:
        self._native, self._icc = native, icc
        self._origin: Canvas | None = None  # what was painted on; a canvas that held itself would outlive its last use
        self._patches: tuple[tuple[Window, NDArray[np.float32]], ...] = ()
        is_ready = isinstance(native, np.ndarray) and native.dtype == np.float32 and native.shape[2:] == (3,) and not icc
        self._lent: weakref.ref[NDArray[np.float32]] | None = None
        self._image: NDArray[np.float32] | None = _read_only(native) if is_ready else None  # type: ignore[arg-type]

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_lent": None}  # which another process cannot have

    @classmethod
    def of(cls, picture: Canvas | NDArray[np.float32]) -> Canvas:
        """The canvas itself, or one of an array, (H, W, 3) float32 RGB in [0, 1]."""
        return picture if isinstance(picture, Canvas) else cls(picture)

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, 3)"""
        return _shape(self._native)

    @property
    def image(self) -> NDArray[np.float32]:
        """All of it: (H, W, 3) float32 RGB in [0, 1], read-only; made when first asked for."""
        if self._image is None:
            height, width, _ = self.shape
            everything = 0, 0, width, height
            self._image = self._converted(everything) if self._origin is None else self._assembled(everything)
        return self._image

    def __getitem__(self, where: tuple[slice, slice]) -> NDArray[np.float32]:
        """A window: (h, w, 3) float32 RGB in [0, 1], read-only."""
        if self._image is not None:
            return self._image[where]
        (y0, y1, _), (x0, x1, _) = (axis.indices(length) for axis, length in zip(where, self.shape, strict=False))
        window = x0, y0, x1, y1
        return self._converted(window) if self._origin is None else self._assembled(window)

    @property
    def origin(self) -> Canvas:
        """What was painted on; itself if nothing was."""
        return self._origin or self

    @property
    def stored(self) -> Stored | None:
        """The numbers as they are stored, whatever their profile; None if they are not 8-bit, or were painted on."""
        return Stored(self._native) if self._origin is None and has_8_bits(self._native) else None

    def reduced(self, window: Window, size: tuple[int, int]) -> NDArray[np.float32]:
        """A window at a smaller size, (width, height): (height, width, 3) float32, each pixel the mean of those it stands for."""
        x0, y0, x1, y1 = window
        if self.stored is None or self._image is not None:
            return np.asarray(cv2.resize(self[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA), np.float32)
        return native_rgb(self.stored.reduced(window, size), self._icc)

    def painted(self, window: Window, pixels: NDArray[np.float32]) -> Canvas:
        """This picture with other pixels in a window: (y1 - y0, x1 - x0, 3) float32 RGB in [0, 1], which are kept, not copied."""
        apart = []
        for place, patch in self._patches:
            both = _union(place, window)
            if both == window:  # it is painted over
                continue
            if _area(both) > _MERGED * max(_area(place), _area(window)):
                apart.append((place, patch))
                continue
            merged = self.copied(both)
            _lay(pixels, window, merged, both)
            window, pixels = both, merged
        result = copy(self)
        result._image = result._lent = None
        result._origin = self.origin
        result._patches = (*apart, (window, _read_only(pixels)))
        return result

    @property
    def patches(self) -> tuple[tuple[Window, NDArray[np.float32]], ...]:
        """What was painted, later ones above earlier ones."""
        return self._patches

    def painted_on(self, origin: Canvas) -> tuple[tuple[Window, NDArray[np.float32]], ...] | None:
        """What was painted on `origin` to make this one, later ones above earlier ones; None if this was not made from it."""
        return self._patches if self.origin is origin else None

    def _assembled(self, window: Window) -> NDArray[np.float32]:
        """A window of what was painted on, with what was."""
        x0, y0, x1, y1 = window
        above = self._above(window)
        if above and _shared(above[-1][0], window) == window:
            (left, top, _, _), pixels = above[-1]
            return pixels[y0 - top : y1 - top, x0 - left : x1 - left]
        assert self._origin is not None
        return _read_only(self.copied(window)) if above else self._origin[y0:y1, x0:x1]

    def copied(self, window: Window) -> NDArray[np.float32]:
        """A window that is the caller's own, to be changed: (h, w, 3) float32 RGB in [0, 1]."""
        x0, y0, x1, y1 = window
        above = self._above(window)
        if self._origin is not None and not (above and _shared(above[-1][0], window) == window):
            part = self._origin.copied(window)
            for place, pixels in above:
                _lay(pixels, place, part, window)
            return part
        is_there = self._origin is not None or self._image is not None or (self._lent and self._lent() is not None)
        numbers = None if is_there else part_of(self._native, window)
        part = self[y0:y1, x0:x1] if numbers is None else native_rgb(numbers, self._icc)
        if numbers is None or part.base is not None:
            return part.copy()
        part.flags.writeable = True  # nobody else has it
        return part

    def _above(self, window: Window) -> list[tuple[Window, NDArray[np.float32]]]:
        """What was painted there."""
        return [patch for patch in self._patches if _area(_shared(patch[0], window))]

    def _converted(self, window: Window) -> NDArray[np.float32]:
        x0, y0, x1, y1 = window
        lent = self._lent() if self._lent else None
        if lent is None and _area(window) <= _MOST * self.shape[0] * self.shape[1]:
            part = part_of(self._native, window)
            if part is not None:
                return native_rgb(part, self._icc)
            lent = self._image = native_rgb(self._native, self._icc)  # a palette, CMYK and the like
        if lent is None:
            lent = native_rgb(self._native, self._icc)
            self._lent = weakref.ref(lent)
        return lent[y0:y1, x0:x1]


class Stored:
    """An 8-bit picture as it is stored, whatever its profile, grey three times: windows of it are (h, w, 3) uint8."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self.shape = _shape(native)

    def __getitem__(self, where: tuple[slice, slice]) -> NDArray[np.uint8]:
        (y0, y1, _), (x0, x1, _) = (axis.indices(length) for axis, length in zip(where, self.shape, strict=False))
        part = part_of(self._native, (x0, y0, x1, y1))
        assert part is not None
        return three_times(part)

    def reduced(self, window: Window, size: tuple[int, int]) -> NDArray[np.uint8]:
        """A window at another size, (width, height), which may not be larger: each pixel the mean of those that it stands for."""
        x0, y0, x1, y1 = window
        much = (x1 - x0) >= _MUCH * size[0] and (y1 - y0) >= _MUCH * size[1]
        if much and isinstance(self._native, Image.Image) and self._native.mode in ("RGB", "L"):  # alpha would be weighed by
            return three_times(np.asarray(self._native.resize(size, Image.Resampling.HAMMING, window, reducing_gap=2.0)))
        return np.asarray(cv2.resize(self[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA), np.uint8)


def _shape(native: Native) -> tuple[int, int, int]:
    height, width = native.shape[:2] if isinstance(native, np.ndarray) else native.size[::-1]
    return int(height), int(width), 3


def _shared(first: Window, second: Window) -> Window:
    x0, y0 = max(first[0], second[0]), max(first[1], second[1])
    return x0, y0, max(min(first[2], second[2]), x0), max(min(first[3], second[3]), y0)


def _union(first: Window, second: Window) -> Window:
    return min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3])


def _area(window: Window) -> int:
    return (window[2] - window[0]) * (window[3] - window[1])


def _lay(pixels: NDArray[np.float32], place: Window, onto: NDArray[np.float32], there: Window) -> None:
    """Copy `pixels` of the window `place` into `onto`, of the window `there`, as far as it reaches."""
    x0, y0, x1, y1 = _shared(place, there)
    onto[y0 - there[1] : y1 - there[1], x0 - there[0] : x1 - there[0]] = pixels[
        y0 - place[1] : y1 - place[1], x0 - place[0] : x1 - place[0]
    ]


def _read_only(array: NDArray[np.float32]) -> NDArray[np.float32]:
    view = array.view()
    view.flags.writeable = False
    return view
