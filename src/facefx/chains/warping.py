"""Moving parts of a face: a displacement field, applied to the picture and to every face's regions alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from ..face.face import Face
from ..face.scene import Move, Scene
from ..face.values import FaceParsing, Probabilities
from ..pixels import geometry

__all__ = ["faded", "warped"]

#: Share of a window's shorter side over which a displacement fades out towards its border.
_FADE = 0.08


def warped(scene: Scene, window: tuple[int, int, int, int], displacement: np.ndarray) -> Scene:
    """The scene with a window of it moved.

    Parameters
    ----------
    window : (x0, y0, x1, y1) in whole pixels, inside the picture.
    displacement : (y1 - y0, x1 - x0, 2) float32: the new colour of a pixel lies so many pixels (x, y) away from it. Where it is 0
        the picture keeps its bits.
    """
    x0, y0, x1, y1 = window
    field = faded(displacement, window, scene.size)
    height, width = scene.size
    # Plane by plane: with x and y side by side, numpy takes five times as long to look through them.
    across, down = (np.ascontiguousarray(plane) for plane in cv2.split(field))
    still = (across == 0) & (down == 0)
    from_x = np.clip(across + np.arange(x0, x1, dtype=np.float32), 0, width - 1)
    from_y = np.clip(down + np.arange(y0, y1, dtype=np.float32)[:, None], 0, height - 1)
    # Only what the window can take its colours from: a remap of all of a large picture costs as much as all else together.
    left, top = (max(int(np.floor(places.min())) - 3, 0) for places in (from_x, from_y))
    right, bottom = (int(np.ceil(places.max())) + 4 for places in (from_x, from_y))
    part = np.ascontiguousarray(scene.canvas[top:bottom, left:right])
    from_x -= np.float32(left)
    from_y -= np.float32(top)
    places = from_x, from_y
    moved, alpha = _remapped(part, places, cv2.INTER_CUBIC), scene.alpha
    if alpha is not None and (there := np.ascontiguousarray(alpha[top:bottom, left:right])).min() < 1:
        moved, seen = _seen_through(part, there, places, moved)
        alpha = np.array(alpha)
        alpha[y0:y1, x0:x1] = np.where(still, alpha[y0:y1, x0:x1], seen)
    np.clip(moved, 0, 1, out=moved)
    cv2.copyTo(scene.canvas[y0:y1, x0:x1], still.astype(np.uint8), moved)
    canvas = scene.canvas.painted(window, moved)
    faces = tuple(face.moved_to(canvas, _moved(face, window, field)) for face in scene.faces)
    hidden = scene.hidden
    if hidden is not None:
        hidden = hidden.copy()
        there = hidden[top:bottom, left:right].astype(np.float32)
        hidden[y0:y1, x0:x1] |= _remapped(there, places, cv2.INTER_LINEAR) > 0
    return Scene(canvas, faces, alpha, scene.seen, (*scene.moves, Move(window, field)), scene.people, scene.others, hidden)


def _seen_through(
    part: np.ndarray, alpha: np.ndarray, places: tuple[np.ndarray, np.ndarray], moved: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Colours and alpha at `places`, of a part that is transparent here and there; `moved` are its colours as if it were not.

    Where what is seen and what is not seen meet, only what is seen gives the colour, by its share: nobody has looked at the rest.
    """
    left = _remapped(alpha, places, cv2.INTER_LINEAR)
    whole = cv2.erode(alpha, np.ones((5, 5), np.uint8), borderType=cv2.BORDER_REPLICATE)  # as far as the cubic kernel looks
    mixed = (_remapped(whole, places, cv2.INTER_LINEAR) < 1) & (left > 0)
    shares = _remapped(part * alpha[..., None], places, cv2.INTER_LINEAR)
    return np.where(mixed[..., None], shares / np.maximum(left, np.float32(1e-6))[..., None], moved), left


def faded(displacement: np.ndarray, window: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
    """The displacement brought to zero at those borders of its window that do not coincide with the picture's."""
    height, width = displacement.shape[:2]
    reach = max(_FADE * min(height, width), 1.0)
    x0, y0, x1, y1 = window
    column = _ramp(width, reach, x0 > 0, x1 < size[1])
    row = _ramp(height, reach, y0 > 0, y1 < size[0])
    return (displacement * (row[:, None] * column[None, :])[..., None]).astype(np.float32)


def _ramp(length: int, reach: float, start: bool, end: bool) -> np.ndarray:
    place = np.arange(length, dtype=np.float32)
    rise = np.minimum(place / reach if start else np.inf, (length - 1 - place) / reach if end else np.inf)
    step = np.clip(np.broadcast_to(rise, (length,)), 0, 1)
    return np.asarray(step * step * (3 - 2 * step))


def _moved(face: Face, window: tuple[int, int, int, int], field: np.ndarray) -> FaceParsing:
    """The face's probabilities moved as the picture was: each pixel of the crop looks where its picture point now comes from."""
    parsing = face.parsing
    size = parsing.size
    rows, columns = np.indices((size, size))
    points = geometry.apply(geometry.invert(parsing.affine), np.column_stack([columns.ravel(), rows.ravel()]) + 0.5)
    x0, y0, _, _ = window
    place = (points - (x0 + 0.5, y0 + 0.5)).astype(np.float32).reshape(size, size, 2)
    shift = _remapped(field, (place[..., 0], place[..., 1]), cv2.INTER_LINEAR, cv2.BORDER_CONSTANT)
    if not shift.any():
        return parsing
    source = geometry.apply(parsing.affine, points + shift.reshape(-1, 2)).astype(np.float32).reshape(size, size, 2) - 0.5
    return replace(parsing, probabilities=_Moved(parsing.probabilities, source))


class _Moved:
    """`Probabilities`, (C, S, S), each where it was moved to: of the classes that are asked for, when they are."""

    def __init__(self, before: Probabilities, source: np.ndarray) -> None:
        self._before, self._source = before, source
        self.shape = before.shape

    def __getitem__(self, classes: Any) -> np.ndarray:
        if isinstance(classes, int | np.integer):
            return np.asarray(self[[classes]][0])
        # Absolute places in both, so where nothing moves nothing is blurred.
        source = self._source[..., 0], self._source[..., 1]
        planes = [_remapped(plane, source, cv2.INTER_LINEAR) for plane in self._before[classes]]
        return np.stack(planes) if planes else np.zeros((0, *self.shape[1:]), np.float32)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(self.shape[0]))

    def copy(self) -> np.ndarray:
        """All classes, as an array."""
        return self[list(range(self.shape[0]))]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.copy(), dtype)


def _remapped(
    values: np.ndarray, places: tuple[np.ndarray, np.ndarray], interpolation: int, border: int = cv2.BORDER_REPLICATE
) -> np.ndarray:
    """`values` at `places`, x and y, (h, w) float32 each, with pixel centres at whole numbers."""
    return np.asarray(cv2.remap(values, *places, interpolation, borderMode=border), np.float32)
