"""Where in the frame before things were that are seen now, on faces that were followed and not parsed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ..face.values import Box
from ..image.canvas import Window
from ..pixels import geometry
from .mask_smoothing import Change

__all__ = ["Move", "Moves"]

#: Over what share of the crop's side, at its border, what moves in itself gives way to the head's own motion, which goes on beyond.
_FADE = 0.12
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
        on_crop = cv2.transform(points, self.now)
        own = cv2.remap(self._own, on_crop - np.float32(0.5), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # type: ignore[call-overload]
        return np.asarray(cv2.transform(cv2.add(on_crop, own), geometry.chained(geometry.invert(self.before), there)))

    def forth(self, points: np.ndarray) -> np.ndarray:
        """Points of the frame before, (N, 2), where the head took them."""
        return geometry.apply(geometry.invert(self.now), geometry.apply(self.before, points))

    @cached_property
    def _own(self) -> np.ndarray:
        """How far away on the crop before each pixel of this one was, (S, S, 2) float32, with nothing at the border."""
        size = self.change.maps.shape[0]
        place = np.arange(size, dtype=np.float32)
        fade = np.clip(np.minimum(place + 0.5, size - place - 0.5) / np.float32(_FADE * size), 0, 1)
        inner = np.minimum(fade[:, None], fade)
        x, y = cv2.split(self.change.maps)
        return np.asarray(cv2.merge([(x - place) * inner, (y - place[:, None]) * inner]))


@dataclass(frozen=True, eq=False)
class Moves:
    """How all faces of a frame moved; what lies nearest to one, in its sides, moves with it."""

    faces: Sequence[Move]

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
