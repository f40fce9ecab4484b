"""What the effects that move parts of a face have in common: a coarse grid of places in the head's own axes.

A displacement is smooth, so it is worked out on at most `_MOST` points a side and enlarged, which large pictures need.
"""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np

from ...face.face import FaceView
from ...pixels.masks import depth, smooth_ramp

__all__ = ["WarpGrid", "bump"]

_MOST = 256
#: How far from the picture's borders a displacement has reached its full size, as a multiple of itself.
_BORDER = 4.0


def bump(distance_squared: np.ndarray) -> np.ndarray:
    """1 in the middle and 0 from distance 1 on, (1 - d²)²; moving by at most a third of it folds nothing.

    Gustafson, "Interactive Image Warping", Helsinki University of Technology, 1993, uses such a falloff for local scaling.
    """
    return np.clip(1 - distance_squared, 0, 1) ** 2


class WarpGrid:
    """Points spread evenly over the part of the picture that an effect sees.

    Attributes
    ----------
    places : (rows, columns, 2) float64, (x, y) in pixels of that part.
    right, down : (2,) unit vectors of the head's own axes, as one looks at the picture.
    """

    def __init__(self, face: FaceView) -> None:
        self.face = face
        height, width = face.shape
        shrink = max(max(height, width) / _MOST, 1.0)
        self.size = max(round(height / shrink), 2), max(round(width / shrink), 2)
        rows, columns = np.indices(self.size)
        self.scale = np.array([width / self.size[1], height / self.size[0]])
        self.places = (np.stack([columns, rows], axis=-1) + 0.5) * self.scale
        turn = np.deg2rad(face.roll)
        self.right = np.array([np.cos(turn), np.sin(turn)])
        self.down = np.array([-np.sin(turn), np.cos(turn)])

    def across(self, origin: np.ndarray) -> np.ndarray:
        """(rows, columns): how far to the right of a point, along the head's own axis, in pixels."""
        return (self.places - origin) @ self.right

    def along(self, origin: np.ndarray) -> np.ndarray:
        """(rows, columns): how far below a point, along the head's own axis, in pixels."""
        return (self.places - origin) @ self.down

    @cached_property
    def outside(self) -> np.ndarray:
        """(rows, columns): distance from the outline of the face, in pixels; negative inside. Infinite if there is no outline."""
        outline = self.face.landmarks.contour
        if len(outline) < 3:
            return np.full(self.size, np.inf)
        inside = np.zeros(self.size, np.uint8)
        cv2.fillPoly(inside, [np.round(outline / self.scale - 0.5).astype(np.int32)], 1)
        signed = cv2.GaussianBlur(depth(1 - inside) - depth(inside), (0, 0), 1.5)
        return signed * float(self.scale.mean()) if inside.any() else np.full(self.size, np.inf)

    def away_from(self, region: str) -> np.ndarray:
        """(rows, columns): distance from the face and from one of its regions, whichever is nearer, in pixels; negative inside."""
        mask = cv2.resize(self.face.mask(region), self.size[::-1], interpolation=cv2.INTER_AREA)
        if mask.max() < 0.5:
            return self.outside
        away = depth(mask < 0.5)
        return np.minimum(self.outside, cv2.GaussianBlur(away, (0, 0), 1.5) * float(self.scale.mean()))

    def within(self, reach: float) -> np.ndarray:
        """(rows, columns): 0 at the outline and outside of it, 1 from `reach` pixels inside on."""
        return smooth_ramp(-self.outside, 0.0, reach)

    def displacement(self, moves: np.ndarray) -> np.ndarray:
        """Where each pixel's new colour lies, (h, w, 2) float32, from the same on the grid, (rows, columns, 2), in pixels.

        Next to the borders it falls to zero, so that no colours from beyond the picture are asked for.
        """
        height, width = self.face.shape
        reach = max(_BORDER * float(np.hypot(*moves.reshape(-1, 2).T).max(initial=0.0)), 1e-6)
        x, y = self.places[..., 0], self.places[..., 1]
        fade = smooth_ramp(np.minimum(np.minimum(x, width - x), np.minimum(y, height - y)) - 0.5, 0.0, reach)
        return cv2.resize((moves * fade[..., None]).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
