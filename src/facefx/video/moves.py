"""Where in the frame before, or in one before that, things were that are seen now, on faces that were followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np

from ..face.values import Box
from ..image.canvas import Window
from ..pixels import geometry
from .mask_smoothing import Change

__all__ = ["Journey", "Move", "Moves"]

#: Over what share of the crop's side, at its border, what moves in itself gives way to the head's own motion, which goes on beyond.
_FADE = 0.12
#: OpenCV's points are counted from the middle of the first pixel.
_TO_OPENCV = np.array([[0, 0, -0.5], [0, 0, -0.5]])
#: How far what moves in itself may come out of a window that was carried along with the head, in face units.
_OUT = 0.05


@dataclass(frozen=True, eq=False)
class Move:
    """How one face moved.

    Attributes
    ----------
    box : the face, now.
    before, now : affines to its crops, on which the head stands still.
    change : what became of the one on the other.
    """

    box: Box
    before: np.ndarray
    now: np.ndarray
    change: Change

    def back(self, points: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Points of this frame, (h, w, 2) float32, where they were in the frame before, as the affine `there` takes its points."""
        on_crop = cv2.transform(points, self.now + _TO_OPENCV)
        own = cv2.remap(self._own, on_crop, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
        back = geometry.invert(self.before + _TO_OPENCV)
        return np.asarray(cv2.transform(cv2.add(on_crop, cv2.merge(cv2.split(own)[:2])), geometry.chained(back, there)))

    def forth(self, points: np.ndarray) -> np.ndarray:
        """Points of the frame before, (N, 2), where the head took them."""
        return geometry.apply(geometry.invert(self.now), geometry.apply(self.before, points))

    @cached_property
    def _own(self) -> np.ndarray:
        """How far away on the crop before each pixel of this one was, with nothing at the border: (S, S, 4) float32.

        The last two are nothing at all: OpenCV takes three times as long to look up two.
        """
        x, y = cv2.split(self.change.moved * _faded(self.change.moved.shape[0]))
        return np.asarray(cv2.merge([x, y, *[np.zeros_like(x)] * 2]))


@lru_cache(maxsize=4)
def _faded(size: int) -> np.ndarray:
    """How far what moves in itself goes, (size, size, 2) float32: all of the way but at the border."""
    place = np.arange(size, dtype=np.float32)
    fade = np.clip(np.minimum(place + 0.5, size - place - 0.5) / np.float32(_FADE * size), 0, 1)
    return np.stack([np.minimum(fade[:, None], fade)] * 2, -1)


@dataclass(frozen=True, eq=False)
class Moves:
    """How all faces of a frame moved; what lies nearest to one, in its sides, moves with it.

    Attributes
    ----------
    faces : each one's own.
    parsed : whether one of them was looked at anew, so that its masks may have another shape.
    """

    faces: Sequence[Move]
    parsed: bool = False

    def back(self, points: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Points of this frame, (h, w, 2) float32, where they were in the frame before, as the affine `there` takes its points."""
        if len(self.faces) == 1:
            return self.faces[0].back(points, there)
        far = [np.hypot(*cv2.split(points - np.array(face.box.center, np.float32))) / face.box.side for face in self.faces]
        nearest = np.argmin(far, axis=0)[..., None]
        return np.asarray(np.choose(nearest, [face.back(points, there) for face in self.faces]), np.float32)

    def forth(self, window: Window, shape: tuple[int, ...]) -> Window:
        """A window of the frame before, as large in this one, of a shape (H, W, ...), as what is in it can have come."""
        x0, y0, x1, y1 = window
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)
        there = np.concatenate([face.forth(corners) for face in self.faces])
        reach = _OUT * max(face.box.side for face in self.faces)
        low, high = np.floor(there.min(axis=0) - reach), np.ceil(there.max(axis=0) + reach)
        limits = shape[1], shape[0]
        (left, top), (right, bottom) = ((int(np.clip(v, 0, n)) for v, n in zip(end, limits, strict=True)) for end in (low, high))
        return left, top, right, bottom


@dataclass(frozen=True, eq=False)
class Journey:
    """How all faces moved over several frames, one after the other; what comes first is the oldest."""

    legs: tuple[Moves, ...] = ()

    @property
    def parses(self) -> int:
        """In how many of the frames a face was looked at anew."""
        return sum(leg.parsed for leg in self.legs)

    def further(self, leg: Moves) -> Journey:
        """And on to the next frame."""
        return Journey((*self.legs, leg))

    def back(self, points: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Points of the last frame, (h, w, 2) float32, where they were before the first leg, as the affine `there` has it."""
        first, *others = self.legs
        for leg in reversed(others):
            points = leg.back(points, _AS_THEY_ARE)
        return first.back(points, there)

    def forth(self, window: Window, shape: tuple[int, ...]) -> Window:
        """A window of the frame before the first leg, as large in the last frame as what is in it can have come."""
        for leg in self.legs:
            window = leg.forth(window, shape)
        return window


_AS_THEY_ARE = np.eye(2, 3)
