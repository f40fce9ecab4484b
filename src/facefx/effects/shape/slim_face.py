"""A slimmer face."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ...pixels.masks import smooth_ramp
from ..tools.warp_grid import WarpGrid

__all__ = ["slim_face"]

#: How far an edge of the face moves at full strength, and over how much more it is made up for behind the face, in face units.
_MOVE, _FADE = 0.055, 0.13


@effect(region="face", kind="warp", margin=0.3)
def slim_face(
    face: FaceView,
    unit: float,
    *,
    strength: Annotated[float, Range(0, 1), "how much narrower; at 1 each side moves in by about a twentieth of the face"] = 0.5,
) -> np.ndarray:
    """Make the cheeks and the jaw narrower.

    The edges of the face below the eyes move towards its middle, most of all at the height of the mouth; eyes, nose and mouth stay,
    and so does everything that is farther than an eighth of its size from the face, its ears and its earrings. Of a turned head the
    far side moves less, in proportion to how much of it is seen. It moves along the head's own axes, tilted or not.
    """
    points = face.landmarks
    if points.chin is None or points.nose is None or len(points.contour) < 3:
        return np.zeros((*face.shape, 2), np.float32)
    grid = WarpGrid(face)
    middle = points.nose.tip
    places = (points.contour - middle) @ grid.right
    right, left = max(-float(places.min()), 1.0), max(float(places.max()), 1.0)  # as one looks at it, the subject's right is left
    whole = (right + left) / 2

    across, below = grid.across(middle), grid.along(middle)
    side = np.where(across < 0, right, left)
    low = float((points.chin - middle) @ grid.down)
    height = float((points.nose.tip - points.nose.root) @ grid.down)
    # From the eyes down, fully from the nose's lower end on.
    falling = smooth_ramp(below, -max(height, 0.15 * unit), 0.25 * max(low, 0.1 * unit))
    # Nothing in the middle, where the features are, and all of it at the edge.
    rising = np.sign(across) * smooth_ramp(np.abs(across) / side, 0.1, 0.95) * np.minimum(side / whole, 1.0)
    # Ears and what hangs on them go with the face, or a round earring would become oval.
    behind = 1 - smooth_ramp(grid.away_from("ears+earring"), 0.0, _FADE * unit)
    amount = strength * _MOVE * unit * falling * rising * behind
    return grid.displacement(amount[..., None] * grid.right)
