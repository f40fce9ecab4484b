"""Taking along what belongs to a picture whose parts were moved: label masks, points and boxes.

A warp says of each pixel how far away its new colour lies. Masks are read the same way; of points it is asked the other way round,
where what lay there has gone to.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..face.scene import Move

__all__ = ["move_boxes", "move_mask", "move_points"]

#: A displacement without folds is inverted by repeating x = p - d(x); each step divides the error by how steep the field is.
_STEPS, _CLOSE = 30, 1e-3
#: Points along each side of a box, whose bounds are the box that has been moved.
_ALONG = 17


def move_mask(mask: np.ndarray, moves: Sequence[Move]) -> np.ndarray:
    """A mask of labels, (H, W) or (H, W, C) of any dtype, moved as its picture was: each pixel is one that was there before."""
    moved = np.array(mask)
    for move in moves:
        x0, y0, x1, y1 = move.window
        rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        source_x = np.clip(np.rint(columns + move.field[..., 0]), 0, moved.shape[1] - 1).astype(int)
        source_y = np.clip(np.rint(rows + move.field[..., 1]), 0, moved.shape[0] - 1).astype(int)
        moved[y0:y1, x0:x1] = moved[source_y, source_x]
    return moved


def move_points(points: np.ndarray, moves: Sequence[Move]) -> np.ndarray:
    """Where (N, 2) float points (x, y), pixel centres at +0.5, have gone to."""
    moved = np.array(points, float)
    for move in moves:
        moved = _through(moved, move)
    return moved


def move_boxes(boxes: np.ndarray, moves: Sequence[Move]) -> np.ndarray:
    """The boxes round what was in (N, 4) float boxes (x0, y0, x1, y1), by their outline."""
    boxes = np.array(boxes, float)
    if not moves or not boxes.size:
        return boxes
    share = np.linspace(0, 1, _ALONG)
    flat, steep = np.zeros(_ALONG), np.ones(_ALONG)
    across = np.concatenate([share, share, flat, steep])
    down = np.concatenate([flat, steep, share, share])
    x = boxes[:, 0, None] + (boxes[:, 2] - boxes[:, 0])[:, None] * across
    y = boxes[:, 1, None] + (boxes[:, 3] - boxes[:, 1])[:, None] * down
    outline = move_points(np.stack([x, y], axis=-1).reshape(-1, 2), moves).reshape(len(boxes), -1, 2)
    return np.concatenate([outline.min(axis=1), outline.max(axis=1)], axis=1)


def _through(points: np.ndarray, move: Move) -> np.ndarray:
    found = points.copy()
    for _ in range(_STEPS):
        better = points - _displacement(found, move)
        done = bool(np.abs(better - found).max(initial=0) < _CLOSE)
        found = better
        if done:
            break
    return found


def _displacement(points: np.ndarray, move: Move) -> np.ndarray:
    """(N, 2) of the field at points, between its pixels too; 0 outside of its window."""
    place = (points - (move.window[0] + 0.5, move.window[1] + 0.5)).astype(np.float32)
    # OpenCV's maps have at most 32767 rows; more points are asked for in pieces
    pieces = [
        cv2.remap(move.field, piece[:, :1].copy(), piece[:, 1:].copy(), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)[:, 0]
        for piece in np.array_split(place, range(30000, len(place), 30000))
        if len(piece)
    ]
    return np.concatenate(pieces).astype(float) if pieces else np.zeros((0, 2))
