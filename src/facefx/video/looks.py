"""What a head looks like, coarsely: enough to tell two people apart whose heads come close in a film."""

from __future__ import annotations

import cv2
import numpy as np

from ..face.values import Box
from ..image.canvas import Canvas

__all__ = ["looks_of", "unlike"]

#: Cells across and down the head and what is below it: hair, face, collar.
_CELLS = (4, 6)
#: Two looks whose colours differ by so many units of CIELAB on average have nothing to do with each other.
_APART = 30.0


def looks_of(picture: Canvas, box: Box) -> np.ndarray | None:
    """The colours of a head and the shoulders below: (6, 4, 3) float32 CIELAB; None where too little of it is in the picture."""
    height, width = picture.shape[:2]
    side = box.side
    sides = (box.x0 - 0.1 * side, box.y0 - 0.4 * side, box.x1 + 0.1 * side, box.y1 + 0.6 * side)
    x0, y0, x1, y1 = (int(np.clip(v, 0, limit)) for v, limit in zip(sides, (width, height, width, height), strict=True))
    if (x1 - x0) < max(0.6 * side, _CELLS[0]) or (y1 - y0) < max(0.8 * side, _CELLS[1]):
        return None
    return np.asarray(cv2.cvtColor(picture.reduced((x0, y0, x1, y1), _CELLS), cv2.COLOR_RGB2LAB))


def unlike(first: np.ndarray | None, second: np.ndarray | None) -> float:
    """How little two looks have in common, 0 to 1; a half where one of them is not known."""
    if first is None or second is None:
        return 0.5
    return float(min(np.linalg.norm(first - second, axis=-1).mean() / _APART, 1.0))
