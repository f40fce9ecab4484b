"""Lengths along and across the head: its points turned back by its roll, and widths of its outline at given heights."""

from __future__ import annotations

import numpy as np

from ..face.face import Face
from ..face.landmarks import Landmarks

__all__ = ["crossings", "upright", "width_at"]


def upright(face: Face) -> Landmarks:
    """The face's landmarks turned about the origin so that the head stands upright: y runs from hairline to chin, in pixels."""
    turn = np.deg2rad(face.roll)
    to_upright = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return face.landmarks.mapped(lambda points: points @ to_upright.T)


def crossings(outline: np.ndarray, height: float) -> tuple[float, float] | None:
    """The leftmost and the rightmost x of a closed polygon, (N, 2), at a height y; None if it does not reach there."""
    if len(outline) < 3:
        return None
    after = np.roll(outline, -1, axis=0)
    crossing = (outline[:, 1] <= height) != (after[:, 1] <= height)
    if not crossing.any():
        return None
    one, other = outline[crossing], after[crossing]
    x = one[:, 0] + (height - one[:, 1]) / (other[:, 1] - one[:, 1]) * (other[:, 0] - one[:, 0])
    return float(x.min()), float(x.max())


def width_at(outline: np.ndarray, height: float) -> float | None:
    """How wide a closed polygon is at a height, in pixels; None if it does not reach there."""
    ends = crossings(outline, height)
    return ends[1] - ends[0] if ends else None
