"""Higher brows."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ...face.landmarks import Strip
from ...pixels.masks import smooth_ramp
from ..tools.warp_grid import WarpGrid

__all__ = ["lift_brows"]

#: How far a brow rises at full strength, in face units, and at most as a share of what is between it and the eye.
_RISE, _SHARE = 0.04, 0.38
#: How much less the inner end rises than the outer one.
_INNER = 0.35


@effect(region="face", needs="eyebrows", kind="warp", margin=0.05)
def lift_brows(
    face: FaceView,
    unit: float,
    *,
    strength: Annotated[float, Range(0, 1), "how much; at 1 by a 25th of the face, or two fifths of the way to its eye"] = 0.5,
) -> np.ndarray:
    """Lift the brows, their outer ends most.

    The skin between brow and eye stretches and the forehead gives way; lids and eyes stay where they are. A brow rises less where
    it lies near its eye, and one that cannot be seen is left alone.
    """
    points = face.landmarks
    grid = WarpGrid(face)
    moves = np.zeros_like(grid.places)
    for brow, eye in ((points.left_eyebrow, points.left_eye), (points.right_eyebrow, points.right_eye)):
        if brow is not None:
            moves += strength * _rise(grid, brow, eye, unit)[..., None] * grid.down
    return grid.displacement(moves)


def _rise(grid: WarpGrid, brow: Strip, eye: Strip | None, unit: float) -> np.ndarray:
    """By how many pixels each point's colour rises, (rows, columns)."""
    axis = (brow.end - brow.start) @ grid.right
    outward = np.sign(axis) * grid.across(brow.start) / max(abs(float(axis)), 1.0)  # 0 at the inner end, 1 at the outer
    top, bottom = (_height(grid, edge, brow.start) for edge in (brow.upper, brow.lower))
    gap = 0.1 * unit
    if eye is not None:
        lid, edge = (eye.upper - brow.start) @ grid.down, (brow.lower - brow.start) @ grid.down
        gap = max(float(lid.min() - np.median(edge)), 0.0)
    rise = min(_RISE * unit, _SHARE * gap) * (1 - _INNER + _INNER * np.clip(outward, 0, 1))
    below = grid.along(brow.start)
    upper = 1 - smooth_ramp(top - below, 0.0, 0.18 * unit)
    lower = 1 - smooth_ramp(below - bottom, 0.0, max(0.8 * gap, 1.0))  # the last fifth is the lid's own crease
    sideways = smooth_ramp(outward, -0.35, 0.1) * (1 - smooth_ramp(outward, 0.95, 1.4))
    behind = 1 - smooth_ramp(grid.outside, 0.0, 0.08 * unit)
    return rise * upper * lower * sideways * behind


def _height(grid: WarpGrid, edge: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """How far below `origin` an edge of the brow lies at each point's place across: (rows, columns)."""
    across, along = (edge - origin) @ grid.right, (edge - origin) @ grid.down
    order = np.argsort(across)
    return np.interp(grid.across(origin), across[order], along[order])
