"""Larger eyes."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ...face.landmarks import Strip
from ..tools.warp_grid import WarpGrid, bump

__all__ = ["enlarge_eyes"]

#: At full strength the middle of an eye is shown from so much nearer its centre: 1 / (1 - 0.25) = 1.33 times as large.
_NEARER = 0.25
#: How far the change reaches from the centre of an eye, across and along, in widths of the eye.
_ACROSS, _ALONG = 1.0, 0.8


@effect(region="face", needs="eyes", kind="warp", margin=0.05)
def enlarge_eyes(
    face: FaceView,
    unit: float,
    *,
    strength: Annotated[float, Range(0, 1), "how much larger; at 1 by a third in the middle of the eye"] = 0.4,
) -> np.ndarray:
    """Make the eyes larger, each about its own centre.

    The change fades out before the other eye, the outline of the face and most of the brow. An eye that cannot be seen is left
    alone, and the farther eye of a turned head grows with its own, smaller, width. Rims of glasses bend with what is behind them.
    """
    points = face.landmarks
    grid = WarpGrid(face)
    moves = np.zeros_like(grid.places)
    for eye, other in ((points.left_eye, points.right_eye), (points.right_eye, points.left_eye)):
        if eye is None:
            continue
        across, along = grid.across(eye.center), grid.along(eye.center)
        wide = _reach(eye, other)
        near = bump((across / wide) ** 2 + (along / (_ALONG / _ACROSS * wide)) ** 2) * grid.within(0.08 * unit)
        moves -= strength * _NEARER * near[..., None] * (grid.places - eye.center)
    return grid.displacement(moves)


def _reach(eye: Strip, other: Strip | None) -> float:
    """How far to the sides the change reaches, in pixels: not over the middle between the eyes."""
    wide = _ACROSS * max(eye.width, 1.0)
    return wide if other is None else min(wide, max(0.55 * float(np.hypot(*(eye.center - other.center))), 1.0))
