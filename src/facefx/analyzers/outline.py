"""Measurements of a face's outline and of where its parts lie, from which its shape is told."""

from __future__ import annotations

import numpy as np

from ..face.face import Face
from ..face.landmarks import Landmarks, Nose, Strip
from ..labels import Label, Region
from .upright import crossings, upright

__all__ = ["OUTLINE", "outline_of"]

#: Heights at which the face's width is taken: 0 is the line of the eyes, 1 the chin.
_HEIGHTS = np.linspace(-0.25, 0.98, 16)
#: Directions in which the outline's distance from the mouth is taken, in degrees below the horizontal.
_DIRECTIONS = np.radians([10.0, 26.0, 42.0, 58.0, 74.0, 90.0])
#: Width and height below the eyes of the usual nose and mouth, place and width of the usual brows: the means of the faces that the
#: classifier learnt from.
_USUAL_NOSE, _USUAL_MOUTH, _USUAL_BROWS = (0.351, 0.447), (0.495, 0.624), (-0.161, 0.33)
#: Names of the measurements, in order.
OUTLINE = (
    *(f"log_width_at_{round(100 * height)}" for height in _HEIGHTS),
    "hairline",
    "eyes_apart",
    "nose_width",
    "mouth_width",
    "eye_width",
    "nose_height",
    "mouth_height",
    "brow_height",
    "brow_width",
    "turned",
    *(f"log_reach_at_{round(np.degrees(angle))}" for angle in _DIRECTIONS),
)


def outline_of(face: Face) -> np.ndarray | None:
    """The `OUTLINE` of a face: (32,) float64; None if eyes, nose, mouth or chin cannot be seen.

    All is taken in the head's own upright direction and over the distance from the line of the eyes to the chin, which a fringe
    does not change. Widths and reaches are natural logarithms of it, and means of the left and the right side.

    Nose, mouth and brows that the segmenter does not know are taken to be the usual ones below and above the middle of the eyes.
    """
    points = upright(face)
    left, right, chin = points.left_eye, points.right_eye, points.chin
    if left is None or right is None or chin is None:
        return None
    eyes = (left.center + right.center) / 2
    unit = float(chin[1] - eyes[1])
    if unit < 2:
        return None
    knows = face.parsing.scheme.indices_of
    nose = points.nose if knows(Label.NOSE) else _usual_nose(eyes, unit)
    mouth = points.mouth if knows(Region.MOUTH) else _usual_mouth(eyes, unit)
    if nose is None or mouth is None:
        return None
    outline, axis = points.contour, float(nose.tip[0])
    at_nose = crossings(outline, float(nose.tip[1]))
    turned = abs(2 * axis - sum(at_nose)) / max(at_nose[1] - at_nose[0], 1e-6) if at_nose else 0.0
    return np.array(
        [
            *(_log_width(outline, eyes[1] + height * unit, unit) for height in _HEIGHTS),
            (eyes[1] - outline[:, 1].min()) / unit,
            _distance(left.center, right.center) / unit,
            _distance(nose.left_wing, nose.right_wing) / unit,
            mouth.width / unit,
            (left.width + right.width) / 2 / unit,
            (nose.tip[1] - eyes[1]) / unit,
            (mouth.center[1] - eyes[1]) / unit,
            *(_brows(points, float(eyes[1]), unit) if knows(Region.EYEBROWS) else _USUAL_BROWS),
            turned,
            *_log_reach(outline, np.array([axis, mouth.center[1]]), unit),
        ]
    )


def _usual_nose(eyes: np.ndarray, unit: float) -> Nose:
    tip, wing = eyes + np.array([0, _USUAL_NOSE[1] * unit]), np.array([_USUAL_NOSE[0] * unit / 2, 0])
    return Nose(tip, tip + wing, tip - wing, eyes)


def _usual_mouth(eyes: np.ndarray, unit: float) -> Strip:
    center, half = eyes + np.array([0, _USUAL_MOUTH[1] * unit]), np.array([_USUAL_MOUTH[0] * unit / 2, 0])
    line = np.array([center - half, center + half])
    return Strip(line[0], line[1], center, line, line)


def _log_width(outline: np.ndarray, height: float, unit: float) -> float:
    ends = crossings(outline, height)
    # Where hair leaves nothing to measure, about what the usual face has there.
    return float(np.log(max((ends[1] - ends[0]) / unit, 0.05))) if ends else float(np.log(0.6))


def _brows(points: Landmarks, eyes: float, unit: float) -> tuple[float, float]:
    """How high the brows lie above the eyes (negative, as y runs down), and how wide they are; the usual if hair hides both."""
    brows: list[Strip] = [brow for brow in (points.left_eyebrow, points.right_eyebrow) if brow]
    if not brows:
        return -0.25, 0.4
    heights, widths = [float(brow.center[1]) for brow in brows], [brow.width for brow in brows]
    return (float(np.mean(heights)) - eyes) / unit, float(np.mean(widths)) / unit


def _log_reach(outline: np.ndarray, middle: np.ndarray, unit: float) -> np.ndarray:
    """How far the outline is from the middle in each of the directions, left and right averaged."""
    offset = outline - middle
    angles, reach = np.arctan2(offset[:, 1], offset[:, 0]), np.hypot(*offset.T) / unit
    order = np.argsort(angles)
    sides = [np.interp(a, angles[order], reach[order]) for a in (_DIRECTIONS, np.pi - _DIRECTIONS)]
    return np.asarray(np.log(np.maximum((sides[0] + sides[1]) / 2, 0.02)))


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.hypot(*(one - other)))
