"""A narrower or wider nose."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ...pixels.masks import smooth_ramp
from ..tools.warp_grid import WarpGrid, bump

__all__ = ["reshape_nose"]

#: Share of its own distance from the nose's axis by which a point near it moves at full strength.
_SHARE = 0.28
#: How far to the sides the change reaches, in half widths of the nose.
_REACH = 2.4


@effect(region="face", needs="nose", kind="warp", margin=0.05)
def reshape_nose(
    face: FaceView,
    unit: float,
    *,
    to: Annotated[Literal["narrower", "wider"], "which way"] = "narrower",
    strength: Annotated[float, Range(0, 1), "how much; at 1 the wings move by about a fifth of the nose's width"] = 0.5,
) -> np.ndarray:
    """Make the nose narrower or wider, at the wings most.

    Points move across the line from the nose's root to its tip, more the lower they lie; the root, the mouth and the cheeks stay.
    It fades out towards the outline of the face, so that a nose seen in profile keeps its own.
    """
    nose = face.landmarks.nose
    if nose is None:
        return np.zeros((*face.shape, 2), np.float32)
    grid = WarpGrid(face)
    length = max(float((nose.tip - nose.root) @ grid.down), 1.0)
    half = max(float((nose.left_wing - nose.right_wing) @ grid.right) / 2, 0.5)
    down = grid.along(nose.root) / length
    # Of a turned head the axis leans: it goes through the root, and through the middle between the wings.
    wings = (nose.left_wing + nose.right_wing) / 2
    lean = float((wings - nose.root) @ grid.right) / max(float((wings - nose.root) @ grid.down), 1.0)
    across = grid.across(nose.root) - np.clip(lean, -0.5, 0.5) * length * down
    near = bump((across / (_REACH * half)) ** 2) * smooth_ramp(down, 0.05, 0.7) * (1 - smooth_ramp(down, 0.95, 1.25))
    amount = strength * _SHARE * across * near * grid.within(0.1 * unit)
    return grid.displacement((amount if to == "narrower" else -amount)[..., None] * grid.right)
