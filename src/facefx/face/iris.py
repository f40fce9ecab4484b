"""The irises: a circle in each eye that can be seen, finer than a pixel.

The circle is where the integro-differential operator of Daugman ("How Iris Recognition Works", IEEE TCSVT 14(1), 2004) is
largest: the step in brightness from just inside to just outside, averaged along the arc. Here only arcs between the lids count,
highlights are taken out first, and how much darker the iris is than the white about it counts too, so that lashes and folds do
not win.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..pixels import geometry
from .landmarks import Landmarks, Strip

__all__ = ["Iris", "eye_opening", "filled", "find_irises", "is_open"]


@dataclass(frozen=True, eq=False)
class Iris:
    """One iris, taken to be a circle.

    Attributes
    ----------
    center : (2,) float64, (x, y) in pixels of the picture. The pupil's centre lies within a tenth of the radius of it.
    radius : in pixels.
    score : 0 to 1, from how much darker it is than what is round it.
    """

    center: np.ndarray
    radius: float
    score: float


#: The eye's width from corner to corner on the crop that is searched, and the crop's side, in pixels.
_WIDE, _SIDE = 64, 112
#: Radius over the eye's parsed width: 5.9 mm of 26 or so, corners as the parsing has them; more where the eye is turned away.
_USUAL, _SMALLEST, _LARGEST = 0.25, 0.17, 0.36
#: An eye lower than this share of its width is shut.
_SHUT = 0.14
#: How far down the upper lashes and their shadow reach, as a share of the eye's width.
_LASHES = 0.04
#: What it costs a circle to lie off the line between the lids, by the square of the eye's width, and to be hidden by them.
_OFF, _HIDDEN = 4.0, 0.2
#: Below this nothing is reported: a smudge, or an eye that is one dark spot. Beside an eye that is clear, less will do.
_LEAST_SCORE, _LEAST_BESIDE = 0.35, 0.2


def find_irises(image: geometry.Windows, landmarks: Landmarks) -> tuple[Iris | None, Iris | None]:
    """The irises of the left and of the right eye; None where the eye is shut, hidden or too unclear.

    Parameters
    ----------
    image : (H, W, 3) float32 RGB in [0, 1].
    landmarks : in the image's pixels.
    """
    left, right = (
        _Search(image, eye) if eye is not None and is_open(eye) else None for eye in (landmarks.left_eye, landmarks.right_eye)
    )
    first, second = left and left.best(), right and right.best()
    if left and right and first and second:  # both are of one size, so look again near the size that the clearer eye has
        if first.score >= second.score:
            second = right.best(near=first.radius)
        else:
            first = left.best(near=second.radius)
    least = _LEAST_BESIDE if max(iris.score if iris else 0.0 for iris in (first, second)) >= _LEAST_SCORE else _LEAST_SCORE
    first, second = (iris if iris and iris.score >= least else None for iris in (first, second))
    return first, second


def eye_opening(eye: Strip, shape: tuple[int, int]) -> np.ndarray:
    """What lies between the lids, its edge anti-aliased: (H, W) float32 in [0, 1]."""
    return filled(np.vstack([eye.upper, eye.lower[::-1]]), shape)


def filled(outline: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The inside of a polygon of (N, 2) points, its edge anti-aliased: (H, W) float32 in [0, 1]."""
    bits = 4
    canvas = np.zeros(shape, np.uint8)
    points = np.round((outline - 0.5) * (1 << bits)).astype(np.int32)  # OpenCV's first pixel has its centre at 0
    cv2.fillPoly(canvas, [points], 255, cv2.LINE_AA, bits)
    return canvas.astype(np.float32) / 255


def is_open(eye: Strip) -> bool:
    """Whether an eye is open so far that an iris is looked for in it."""
    height = float(np.max(np.hypot(*(eye.upper - eye.lower).T)))
    return eye.width >= 4 and height >= _SHUT * eye.width


#: Directions that a circle is looked at in, and how much each counts: lids hide top and bottom.
_ANGLES = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_SPOKES = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=-1)
_COUNTS = (0.3 + 0.7 * np.cos(_ANGLES) ** 2).astype(np.float32)
#: Distances from the centre, in radii: three inside, two outside. Those about 1 straddle the edge.
_RINGS = np.array([0.35, 0.7, 0.9, 1.1, 1.35])
_INSIDE, _EDGE = 3, (2, 3)


class _Search:
    """One eye, upright and at a fixed size."""

    def __init__(self, image: geometry.Windows, eye: Strip) -> None:
        self.width = eye.width
        ends = np.array([eye.start, eye.end])
        across = ends[np.argmax(ends[:, 0])] - ends[np.argmin(ends[:, 0])]
        middle = (eye.upper.mean(axis=0) + eye.lower.mean(axis=0)) / 2
        tilt = float(np.degrees(np.arctan2(across[1], across[0])))
        self.affine = geometry.crop_affine((float(middle[0]), float(middle[1])), eye.width * _SIDE / _WIDE, tilt, _SIDE)
        self.upper, self.lower = geometry.apply(self.affine, eye.upper), geometry.apply(self.affine, eye.lower)
        between = filled(np.vstack([self.upper, self.lower[::-1]]), (_SIDE, _SIDE))
        lashes = filled(np.vstack([self.upper + np.array([0, _LASHES * _WIDE]), self.lower[::-1]]), (_SIDE, _SIDE))
        self.visible = np.minimum(between, lashes)
        self.light = self._brightness(geometry.cut(image, self.affine, _SIDE))

    def _brightness(self, crop: np.ndarray) -> np.ndarray:
        """The lowest channel, which is high in the white of the eye alone, without highlights; 1 for the white's brightest."""
        dark = cv2.morphologyEx(crop.min(axis=-1), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)))
        dark = cv2.GaussianBlur(dark, (0, 0), 1.0)
        inside = dark[self.visible > 0.5]
        return np.asarray(dark / max(float(np.quantile(inside, 0.95)) if inside.size else 1.0, 0.2), np.float32)

    def best(self, near: float | None = None) -> Iris | None:
        """The clearest circle, in the picture's pixels; of about the radius `near` if that is given."""
        usual, smallest, largest = _USUAL, _SMALLEST, _LARGEST
        if near is not None:
            usual = float(np.clip(near / self.width, 0.8 * _SMALLEST, 1.2 * _LARGEST))
            smallest, largest = 0.9 * usual, 1.1 * usual
        rows, columns = np.nonzero(self.visible > 0.5)
        radii = np.linspace(smallest, largest, 6) * _WIDE
        centers = np.column_stack([columns, rows])[(rows % 2 == 0) & (columns % 2 == 0)] + 0.5
        if not len(centers):
            return None
        circles = np.column_stack([np.repeat(centers, len(radii), axis=0), np.tile(radii, len(centers))])
        circle = circles[np.argmax(self._score(circles, usual, 3))]
        step = np.array([1.0, 1.0, (radii[-1] - radii[0]) / 10])
        around = np.stack(np.meshgrid(*[np.linspace(-1, 1, 3)] * 3), axis=-1).reshape(-1, 3)
        for _ in range(5):
            for _ in range(2):
                circles = circle + around * step
                circle = circles[np.argmax(self._score(circles, usual))]
            step /= 2
        center = geometry.apply(geometry.invert(self.affine), circle[None, :2])[0]
        return Iris(center, float(circle[2]) * self.width / _WIDE, self._clearness(circle))

    def _rings(self, circles: np.ndarray, every: int) -> tuple[np.ndarray, np.ndarray]:
        """Brightness and weight at each ring and every so manieth spoke of each circle: two (N, rings, spokes)."""
        reach = circles[:, 2, None, None, None] * _RINGS[:, None, None]
        points = (circles[:, None, None, :2] + reach * _SPOKES[::every] - 0.5).astype(np.float32)
        x, y = np.moveaxis(points.reshape(len(points), -1, 2), -1, 0)
        light, visible = (
            cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT).reshape(points.shape[:3])
            for plane in (self.light, self.visible)
        )
        return light, visible * _COUNTS[::every]

    def _score(self, circles: np.ndarray, usual: float, every: int = 1) -> np.ndarray:
        light, weight = self._rings(circles, every)
        total = _COUNTS[::every].sum()
        inner, outer = _EDGE
        both = np.minimum(weight[:, inner], weight[:, outer])
        edge = (both * np.clip(light[:, outer] - light[:, inner], -0.2, 0.5)).sum(axis=-1) / (both.sum(axis=-1) + 0.15 * total)
        hidden = 1 - weight[:, :_INSIDE].sum(axis=(1, 2)) / (_INSIDE * total)
        unusual = circles[:, 2] / (usual * _WIDE) - 1
        middle = np.interp(circles[:, 0], *self._middle())
        off = (circles[:, 1] - middle) / _WIDE
        return edge + 0.5 * _difference(light, weight, total) - unusual**2 - _OFF * off**2 - _HIDDEN * hidden

    def _middle(self) -> tuple[np.ndarray, np.ndarray]:
        """The line half way between the lids, x rising."""
        line = (self.upper + self.lower) / 2
        line = line[np.argsort(line[:, 0])]
        return line[:, 0], line[:, 1]

    def _clearness(self, circle: np.ndarray) -> float:
        light, weight = self._rings(circle[None], 1)
        return float(np.clip(2 * _difference(light, weight, _COUNTS.sum())[0], 0, 1))


def _difference(light: np.ndarray, weight: np.ndarray, total: float) -> np.ndarray:
    """How much brighter the visible part of the outer rings is than that of the inner ones; little where little can be seen."""
    inside, outside = (
        (light[:, part] * weight[:, part]).sum(axis=(1, 2)) / (weight[:, part].sum(axis=(1, 2)) + 1e-6)
        for part in (slice(None, _INSIDE), slice(_INSIDE, None))
    )
    seen = weight[:, _INSIDE:].sum(axis=(1, 2))
    return (outside - inside) * seen / (seen + 0.15 * total)
