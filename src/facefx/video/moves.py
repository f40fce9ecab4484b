"""Where in the frame before, or in one before that, things were that are seen now, on faces that were followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
#: And back from points of a map that tells of every second one.
_TO_HALF, _FROM_HALF = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25]]), np.array([[2, 0, 0.5], [0, 2, 0.5]])
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

    @cached_property
    def own(self) -> np.ndarray:
        """How far away on the crop before each second pixel of this one was, nothing at the border: (S / 2, S / 2, 4) float32.

        The last two are nothing at all: OpenCV takes three times as long to look up two.
        """
        assert self.change.moved is not None
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


@dataclass(frozen=True, eq=False)
class _Way:
    """Where a face was some frames ago, all points OpenCV's.

    Attributes
    ----------
    box : the face, now.
    now, origin : affines to its crops, now and then.
    head, own : a point of the crop now was at ``head @ (x, y, 1) + own`` on that of then, `own` there as `Move.own` has it.
    """

    box: Box
    now: np.ndarray
    origin: np.ndarray
    head: np.ndarray
    own: np.ndarray

    @classmethod
    def of(cls, move: Move, earlier: Sequence[_Way]) -> _Way:
        """Of a frame, after those that the ways of all faces tell of."""
        before, now = move.before + _TO_OPENCV, move.now + _TO_OPENCV
        if not earlier:
            return cls(move.box, now, before, np.eye(2, 3), move.own)
        same = min(earlier, key=lambda way: float(np.abs(way.now - before).max()))
        recut = geometry.chained(geometry.invert(before), same.now)  # where the crop was cut anew in between
        to_half = geometry.chained(recut, _TO_HALF)
        places = _grid(geometry.chained(_FROM_HALF, to_half), move.own.shape) + _turned(move.own, to_half)
        further = cv2.remap(same.own, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
        head = geometry.chained(recut, same.head)
        own = cv2.transform(move.own, np.vstack([_of_four(head), np.zeros((2, 4))]))
        return cls(move.box, now, same.origin, head, cv2.add(own, further))

    def forth(self, points: np.ndarray) -> np.ndarray:
        """Points of the frame of then, (N, 2), where the head took them."""
        return geometry.apply(geometry.invert(geometry.chained(self.now, self.head)), geometry.apply(self.origin, points))

    def back(self, to_frame: np.ndarray, shape: tuple[int, int], there: np.ndarray) -> np.ndarray:
        """Where points of a grid of a shape, (h, w), were: (h, w, 2) float32. See `Journey.back`."""
        on_crop = geometry.chained(to_frame, self.now)
        to_own, flags = geometry.chained(on_crop, _TO_HALF), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        own = cv2.warpAffine(self.own, to_own, shape[::-1], flags=flags, borderMode=cv2.BORDER_CONSTANT)
        there = geometry.chained(geometry.invert(self.origin), there)
        return np.asarray(cv2.add(_grid(geometry.chained(geometry.chained(on_crop, self.head), there), shape), _turned(own, there)))


@dataclass(frozen=True, eq=False)
class Journey:
    """How all faces moved over several frames, one after the other; what comes first is the oldest."""

    legs: tuple[Moves, ...] = ()
    _shorter: Journey | None = field(default=None, repr=False)

    @property
    def parses(self) -> int:
        """In how many of the frames a face was looked at anew."""
        return sum(leg.parsed for leg in self.legs)

    def further(self, leg: Moves) -> Journey:
        """And on to the next frame."""
        return Journey((*self.legs, leg), self)

    def back(self, window: Window, cell: int, there: np.ndarray) -> np.ndarray:
        """Where the cells of a window of the last frame, of so many pixels a side, were before the first leg.

        Returns
        -------
        (h, w, 2) float32, x and y of their middles, as the affine `there` takes points of that frame.
        """
        x0, y0, x1, y1 = window
        shape = -(-(y1 - y0) // cell), -(-(x1 - x0) // cell)
        to_frame = np.array([[cell, 0, x0 + cell / 2], [0, cell, y0 + cell / 2]])
        if len(self._ways) == 1:
            return self._ways[0].back(to_frame, shape, there)
        points = _grid(to_frame, shape)
        far = [np.hypot(*cv2.split(points - np.array(way.box.center, np.float32))) / way.box.side for way in self._ways]
        nearest = np.argmin(far, axis=0)[..., None]
        return np.asarray(np.choose(nearest, [way.back(to_frame, shape, there) for way in self._ways]), np.float32)

    def forth(self, window: Window, shape: tuple[int, ...]) -> Window:
        """A window of the frame before the first leg, as large in the last frame as what is in it can have come."""
        x0, y0, x1, y1 = window
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)
        there = np.concatenate([way.forth(corners) for way in self._ways])
        reach = _OUT * len(self.legs) * max(way.box.side for way in self._ways)
        low, high = np.floor(there.min(axis=0) - reach), np.ceil(there.max(axis=0) + reach)
        limits = shape[1], shape[0]
        (left, top), (right, bottom) = ((int(np.clip(v, 0, n)) for v, n in zip(end, limits, strict=True)) for end in (low, high))
        return left, top, right, bottom

    @cached_property
    def _ways(self) -> tuple[_Way, ...]:
        """Of all faces. What the shorter journey found is used again: so each frame costs no more than the one before."""
        earlier = self._shorter._ways if self._shorter and self._shorter.legs else ()
        return tuple(_Way.of(face, earlier) for face in self.legs[-1].faces)


def _grid(affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Where an affine takes the points of a grid, (h, w, 2) float32."""
    rows, columns = np.arange(shape[0])[:, None], np.arange(shape[1])
    x, y = ((a * columns + c).astype(np.float32) + (b * rows).astype(np.float32) for a, b, c in affine)
    return np.asarray(cv2.merge([x, y]))


def _turned(own: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Differences, of which two of four channels are something, as an affine takes them: (h, w, 2) float32."""
    return np.asarray(cv2.transform(own, _of_four(affine)))


def _of_four(affine: np.ndarray) -> np.ndarray:
    return np.hstack([affine[:, :2], np.zeros((2, 2))])
