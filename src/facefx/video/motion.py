"""How the picture moves from one frame to the next: a head's shift, turn and growth, and cuts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from ..face.values import Box
from ..image.canvas import Canvas, Stored

__all__ = ["Motion", "Small", "head_motion", "is_cut"]

#: The longer side of the grey copy that motion is measured on is at least so long, and less than twice.
SIZE = 480
#: How far a face can move from frame to frame, in face sides, and be followed.
REACH = 0.6
#: Two frames whose thumbnails correlate less than this belong to two shots.
SAME_SHOT = 0.5
#: A head grows or shrinks by no more than this from frame to frame; more is a mismatch.
MAX_GROWTH = 1.3
#: Points followed at most, those needed, and the share of them that must move as one.
POINTS, MIN_POINTS, MIN_AGREEING = 60, 8, 0.5


@dataclass(frozen=True, eq=False)
class Small:
    """A small grey copy of a frame: (h, w) uint8, with `scale` of its pixels to a pixel of the frame."""

    pixels: np.ndarray
    scale: float

    @cached_property
    def thumbnail(self) -> np.ndarray:
        """(18, 32) float32, with a mean of 0."""
        smallest = cv2.resize(self.pixels, (32, 18), interpolation=cv2.INTER_AREA).astype(np.float32)
        return np.asarray(smallest - smallest.mean())

    @classmethod
    def of(cls, picture: Canvas) -> Small:
        """From a whole frame, which is not made floats if it is stored as bytes."""
        rgb: Stored | np.ndarray = picture.stored or picture.image
        grey = cv2.cvtColor(rgb[:, :], cv2.COLOR_RGB2GRAY)
        if grey.dtype != np.uint8:
            grey = cv2.convertScaleAbs(grey, alpha=255)
        factor = 1  # by twos, which is fastest by far
        while max(grey.shape) >= 2 * SIZE:
            height, width = (max(side // 2, 1) for side in grey.shape)  # of a film a pixel high one stays
            grey = cv2.resize(grey[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
            factor *= 2
        return cls(grey, 1 / factor)

    def window(self, box: Box, margin: float) -> tuple[int, int, int, int]:
        """A box of the frame with a margin, in whole pixels of this copy and inside it: (x0, y0, x1, y1)."""
        height, width = self.pixels.shape
        sides = (box.x0 - margin, box.y0 - margin, box.x1 + margin, box.y1 + margin)
        x0, y0, x1, y1 = (round(v * self.scale) for v in sides)
        return max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)


@dataclass(frozen=True)
class Motion:
    """A similarity: points (x, y) of the frame before lie at ``linear @ (x, y) + shift`` now."""

    linear: np.ndarray
    shift: np.ndarray

    @property
    def growth(self) -> float:
        return float(np.hypot(*self.linear[:, 0]))

    @property
    def turn(self) -> float:
        """Degrees, clockwise positive as one looks at the picture."""
        return float(np.degrees(np.arctan2(self.linear[1, 0], self.linear[0, 0])))

    def point(self, point: tuple[float, float]) -> tuple[float, float]:
        x, y = self.linear @ point + self.shift
        return float(x), float(y)

    def square(self, box: Box) -> Box:
        """Where the square about a box's middle went; it stays upright."""
        return Box.square(self.point(box.center), self.growth * box.side)

    def box(self, box: Box) -> Box:
        """Where a box went, with its own height and width."""
        (x, y), w, h = self.point(box.center), self.growth * box.width / 2, self.growth * box.height / 2
        return Box(x - w, y - h, x + w, y + h)


def is_cut(before: Small, now: Small) -> bool:
    """Whether another shot begins: the two thumbnails have little in common, however the light changed between them."""
    if before.pixels.shape != now.pixels.shape:
        return True
    a, b = before.thumbnail, now.thumbnail
    return bool((a * b).mean() < SAME_SHOT * max(float(a.std() * b.std()), 1.0))


def head_motion(before: Small, now: Small, face: Box) -> Motion | None:
    """How a face moved: corners in it are followed (Lucas and Kanade, in a pyramid) and a similarity is fitted by RANSAC.

    Parameters
    ----------
    face : where it was, in pixels of the frame.

    Returns
    -------
    Motion or None
        None if too few points agree: the face was hidden, turned away, or moved too fast.
    """
    inside, around = (before.window(face, reach) for reach in (0.0, REACH * face.side))
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        return None
    old_part, new_part = (np.ascontiguousarray(v.pixels[around[1] : around[3], around[0] : around[2]]) for v in (before, now))
    left, top, right, bottom = (v - around[side % 2] for side, v in enumerate(inside))
    points = cv2.goodFeaturesToTrack(
        np.ascontiguousarray(old_part[top:bottom, left:right]), POINTS, 0.01, max(before.scale * face.side / 25, 2.0), blockSize=5
    )
    if points is None or len(points) < MIN_POINTS:
        return None
    points += np.array([left, top], np.float32)
    there, found = _tracked(old_part, new_part, points)
    back, returned = _tracked(new_part, old_part, there)
    kept = (found & returned).ravel().astype(bool) & (np.linalg.norm(back - points, axis=-1).ravel() < 0.7)
    if kept.sum() < MIN_POINTS:
        return None
    # +0.5: OpenCV's pixel centres are whole numbers
    old, new = ((p[kept, 0].astype(float) + 0.5 + around[:2]) / before.scale for p in (points, there))
    fitted, agreeing = cv2.estimateAffinePartial2D(old, new, method=cv2.RANSAC, ransacReprojThreshold=1.0 / before.scale)
    if fitted is None or agreeing.mean() < MIN_AGREEING:
        return None
    motion = Motion(fitted[:, :2], fitted[:, 2])
    return motion if 1 / MAX_GROWTH < motion.growth < MAX_GROWTH else None


def _tracked(before: np.ndarray, now: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the points went, and whether they were found."""
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, now, points, None, winSize=(15, 15), maxLevel=4)  # type: ignore[call-overload]
    return there, found
