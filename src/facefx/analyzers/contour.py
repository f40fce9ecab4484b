"""The outline of the face."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..declare.declarations import analyzer
from ..face.face import Face
from ..labels import Region
from ..pixels.geometry import contour
from ..pixels.masks import fill_holes

__all__ = ["face_contour"]


@analyzer()
def face_contour(face: Face) -> dict[str, Any]:
    """The outline of the face, hairline to chin, as a closed polygon of [x, y] points in pixels of the picture."""
    (left, top, _, _), mask = face.patch(Region.FACE)
    points = contour(fill_holes(mask)) + np.array([left, top])
    return {"points": points.round(1).tolist()}
