"""A soft brush, and the head's own axes to place its strokes along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from ...face.face import FaceView
from ...face.landmarks import Strip

__all__ = ["Cheek", "Head", "cheeks", "head_of", "stroke"]

Side = Literal["left", "right"]


@dataclass(frozen=True, eq=False)
class Head:
    """The head's upright directions: unit vectors towards the subject's left and down, (2,) in pixels (x, y)."""

    left: np.ndarray
    down: np.ndarray

    def height(self, point: np.ndarray) -> float:
        """How far down the head a point lies, in pixels."""
        return float(point @ self.down)


@dataclass(frozen=True, eq=False)
class Cheek:
    """One side of the face: its eye, and two lines between which the cheek lies.

    Attributes
    ----------
    eye : its corners and lids.
    wing : (2,), the nose's wing on this side.
    edge : (N, 2), the outline of the face on this side, from the top to the chin.
    """

    head: Head
    eye: Strip
    wing: np.ndarray
    edge: np.ndarray

    def at(self, share: float, height: np.ndarray) -> np.ndarray:
        """The point that lies as far down as `height`, and `share` of the way from the nose (0) to the face's edge (1): (2,).

        Where one sees the face from the side, the far cheek is narrow, and so is what is placed on it.
        """
        level = self.head.height(height)
        outer = self.edge[int(np.argmin(np.abs(self.edge @ self.head.down - level)))]
        inner = self.wing + self.head.down * (level - self.head.height(self.wing))
        return np.asarray(inner + share * (outer - inner))

    @property
    def width(self) -> float:
        """From the nose's wing to the face's edge, in pixels; negative if the edge is hidden behind the nose."""
        direction = self.head.left if (self.eye.end - self.eye.start) @ self.head.left > 0 else -self.head.left
        return float((self.at(1, self.wing) - self.wing) @ direction)


def head_of(face: FaceView) -> Head:
    """The head's directions: along the eyes if both can be seen, else by its roll."""
    points = face.landmarks
    if points.left_eye is not None and points.right_eye is not None:
        along = points.left_eye.center - points.right_eye.center
    else:
        along = np.array([np.cos(np.deg2rad(face.roll)), np.sin(np.deg2rad(face.roll))])
    left = along / max(float(np.hypot(*along)), 1e-9)
    return Head(left, np.array([-left[1], left[0]]))


def cheeks(face: FaceView) -> dict[Side, Cheek]:
    """The sides of the face that can be seen."""
    points, head = face.landmarks, head_of(face)
    found: dict[Side, Cheek] = {}
    if points.nose is None or len(points.contour) < 8:
        return found
    middle = (points.nose.root + points.nose.tip) / 2
    sides: tuple[tuple[Side, Strip | None, np.ndarray, int], ...] = (
        ("left", points.left_eye, points.nose.left_wing, 1),
        ("right", points.right_eye, points.nose.right_wing, -1),
    )
    for side, eye, wing, sign in sides:
        edge = points.contour[(points.contour - middle) @ head.left * sign > 0]
        if eye is None or len(edge) < 4:
            continue
        edge = edge[np.argsort(edge @ head.down)]
        cheek = Cheek(head, eye, wing, edge)
        if cheek.width > 0.03 * face.unit:
            found[side] = cheek
    return found


def stroke(shape: tuple[int, int], path: np.ndarray, width: np.ndarray | float, weight: np.ndarray | float = 1.0) -> np.ndarray:
    """A stroke of a soft brush: (h, w) float32 in [0, 1].

    Parameters
    ----------
    shape : (height, width) in pixels.
    path : (N, 2), the points (x, y) that it goes through.
    width : (N,) or one for all, how far from the path it has fallen to a third (Gaussian: exp(-1)), in pixels.
    weight : (N,) or one for all, how hard the brush presses at each point.
    """
    height, breadth = shape
    widths = np.maximum(np.broadcast_to(np.asarray(width, float), len(path)), 0.5)
    weights = np.broadcast_to(np.asarray(weight, float), len(path))
    shrink = max(float(widths.min()) / 4, 1.0)  # what is so soft needs no more pixels
    rows, columns = max(round(height / shrink), 1), max(round(breadth / shrink), 1)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    x, y = (x + 0.5) * (breadth / columns), (y + 0.5) * (height / rows)
    drawn: np.ndarray = np.zeros((rows, columns), np.float32)
    for i in range(len(path) - 1):
        start, step = path[i], path[i + 1] - path[i]
        along = ((x - start[0]) * step[0] + (y - start[1]) * step[1]) / max(float(step @ step), 1e-9)
        along = np.clip(along, 0, 1)
        distance = (x - start[0] - along * step[0]) ** 2 + (y - start[1] - along * step[1]) ** 2
        reach = widths[i] + along * (widths[i + 1] - widths[i])
        press = weights[i] + along * (weights[i + 1] - weights[i])
        drawn = np.maximum(drawn, press * np.exp(-distance / reach**2))
    # Lines that meet at an angle leave a ridge where the nearer changes.
    drawn = cv2.GaussianBlur(drawn, (0, 0), max(0.25 * float(widths.min()) / shrink, 0.3))
    return np.asarray(cv2.resize(drawn, (breadth, height), interpolation=cv2.INTER_LINEAR), np.float32)
