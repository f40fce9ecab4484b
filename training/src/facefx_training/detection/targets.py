"""What each cell of a picture should say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facefx.inference.detector.decode import CHANNELS, STRIDES, cells

from .compose import Face

__all__ = ["FACE", "IGNORED", "NO_FACE", "targets"]

#: The first number of a target: whether the cell is part of a face, or nobody knows or cares.
FACE, NO_FACE, IGNORED = 1.0, 0.0, -1.0
#: Sides of the faces that each grid answers for, pixels. They overlap, so that there is no size that nobody is sure of. Larger ones
#: are found in a smaller copy of the picture, and here all their parts are no face.
_SIDES = {8: (0.0, 56.0), 16: (44.0, 125.0), 32: (100.0, 400.0)}
#: A face's cells lie at most so many sides from its middle, or so many cells where that is more.
_REACH, _LEAST_REACH = 0.2, 1.1
#: Around them, up to so many sides from the middle, a cell of the same grid may say what it likes.
_AROUND = 0.4
#: Smaller faces, and those of which less can be seen, are neither asked for nor forbidden.
_SMALLEST, _SEEN = 12.0, 0.5


def targets(faces: Sequence[Face], height: int, width: int) -> np.ndarray:
    """(A, 16) float32, one row a cell: kind; of a face its middle (x, y) and side, cosine and sine of its roll, and its points.

    Middle and side are in pixels of the picture, points from the middle in sides, NaN where they cannot be seen.
    """
    grid = cells(height, width)
    found = np.zeros((len(grid), CHANNELS), np.float32)
    for face in sorted(faces, key=lambda face: -face.box.side):  # where two meet, the smaller one has its cells
        side, middle = face.box.side, np.array(face.box.center)
        distance = np.hypot(*(grid[:, :2] - middle).T)
        if side < _SMALLEST or face.visible < _SEEN:
            found[distance < max(0.5 * side, STRIDES[0]), 0] = IGNORED
            continue
        turn = np.deg2rad(face.roll)
        points = (face.points - middle) / side
        code = [FACE, *middle, side, np.cos(turn), np.sin(turn), *points.ravel()]
        for stride, (least, most) in _SIDES.items():
            if least <= side < most:
                own = grid[:, 2] == stride
                found[own & (distance < _AROUND * side), 0] = IGNORED
                found[own & (distance < max(_REACH * side, _LEAST_REACH * stride))] = code
    return found
