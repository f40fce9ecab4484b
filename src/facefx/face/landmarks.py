"""Points of the face, read off its parsed regions: corners and lids of the eyes, ends of the brows, mouth, nose, chin, outline.

They are as exact as the parsing, about a 200th of the face, and are only there for parts that can be seen. Left is the subject's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import cv2
import numpy as np

from ..labels import Label, Region
from ..pixels import geometry, masks
from .values import FaceParsing

__all__ = ["Landmarks", "Nose", "Strip", "landmarks_of"]

Map = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Strip:
    """A part that is longer than high: an eye between its lids, a brow, the lips.

    Attributes
    ----------
    start, end : (2,) float64, its corners: inner and outer of an eye or brow, the subject's right and left of the mouth.
    center : (2,) float64, its centre of mass.
    upper, lower : (N, 2) float64, its edges from start to end, smoothed.
    """

    start: np.ndarray
    end: np.ndarray
    center: np.ndarray
    upper: np.ndarray
    lower: np.ndarray

    @property
    def width(self) -> float:
        """From corner to corner, in pixels."""
        return float(np.hypot(*(self.end - self.start)))


@dataclass(frozen=True, eq=False)
class Nose:
    """(2,) float64 each: the middle of its lower edge, the wings where it is widest, and the root between the eyes."""

    tip: np.ndarray
    left_wing: np.ndarray
    right_wing: np.ndarray
    root: np.ndarray


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The points of one face, in pixels of the picture; None for what cannot be seen.

    ``contour`` is the outline of the face from hairline to chin, (N, 2), clockwise as one looks at it; (0, 2) if there is none.
    ``chin`` is its lowest point below the middle of the face, in the head's own upright direction, and ``forehead`` the highest.
    A face that ends under the nose, behind a mask, shows no chin.
    """

    left_eye: Strip | None
    right_eye: Strip | None
    left_eyebrow: Strip | None
    right_eyebrow: Strip | None
    mouth: Strip | None
    nose: Nose | None
    contour: np.ndarray
    chin: np.ndarray | None
    forehead: np.ndarray | None

    def mapped(self, move: Map) -> Landmarks:
        """The same with every (N, 2) array of points put through `move`."""
        return _mapped(self, move)


def landmarks_of(parsing: FaceParsing) -> Landmarks:
    """Find the points of a parsed face; parts that the segmenter does not know are None."""
    inside = masks.fill_holes(_values(parsing, Region.FACE))
    contour = geometry.contour(inside)
    chin, forehead = _ends(contour)
    nearby = _near(contour, parsing.size)
    found = Landmarks(
        left_eye=_strip(nearby * _values(parsing, Label.LEFT_EYE), to_the_right=True),
        right_eye=_strip(nearby * _values(parsing, Label.RIGHT_EYE), to_the_right=False),
        left_eyebrow=_strip(nearby * _values(parsing, Label.LEFT_EYEBROW), to_the_right=True),
        right_eyebrow=_strip(nearby * _values(parsing, Label.RIGHT_EYEBROW), to_the_right=False),
        mouth=_strip(nearby * _values(parsing, Region.MOUTH), to_the_right=True),
        nose=_nose(nearby * _values(parsing, Label.NOSE)),
        contour=contour,
        chin=chin,
        forehead=forehead,
    )
    if not _ends_in_a_chin(found):
        found = replace(found, chin=None)
    to_picture = geometry.invert(parsing.affine)
    return found.mapped(lambda points: geometry.apply(to_picture, points))


def _ends_in_a_chin(found: Landmarks) -> bool:
    """Whether the face goes on below the nose: as far as from eyes to nose, more or less; a hand or a mask may hide it."""
    eyes = [float(eye.center[1]) for eye in (found.left_eye, found.right_eye) if eye]
    if found.chin is None or found.nose is None or not eyes:
        return True
    base = float(found.nose.tip[1])
    return float(found.chin[1]) - base > _LEAST_CHIN * (base - sum(eyes) / len(eyes))


def _values(parsing: FaceParsing, region: Region | Label) -> np.ndarray:
    if not parsing.scheme.indices_of(region):
        return np.zeros((parsing.size, parsing.size), np.float32)
    return parsing.region(region)


def _near(contour: np.ndarray, size: int) -> np.ndarray:
    """(S, S) bool: the box round the face and a tenth more. A network may see a second mouth elsewhere, as beyond the picture."""
    inside = np.zeros((size, size), bool)
    if len(contour):
        low, high = contour.min(axis=0), contour.max(axis=0)
        (x0, y0), (x1, y1) = low - 0.1 * (high - low) - 1, high + 0.1 * (high - low) + 1
        inside[max(int(y0), 0) : int(y1) + 1, max(int(x0), 0) : int(x1) + 1] = True
    return inside


#: From the nose's base to the chin it is at least this share of the way from the eyes to the base.
_LEAST_CHIN = 0.4
#: Parts of fewer pixels of the crop than this have no shape to speak of.
_LEAST = 8


def _largest_part(values: np.ndarray) -> np.ndarray:
    """(S, S) bool: the largest connected part of what is at least one half."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats((values >= 0.5).astype(np.uint8))
    if count <= 1:
        return np.zeros(values.shape, bool)
    return np.asarray(parts == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()))


def _strip(values: np.ndarray, *, to_the_right: bool) -> Strip | None:
    """The part on the upright crop, its start at the left end if it runs to the right."""
    part = _largest_part(values)
    if part.sum() < _LEAST:
        return None
    columns = np.flatnonzero(part.any(axis=0))
    if len(columns) < 3:
        return None
    upper = np.array([_crossing(values[:, x], int(np.argmax(part[:, x])), -1) for x in columns])
    lower = np.array([_crossing(values[:, x], part.shape[0] - 1 - int(np.argmax(part[::-1, x])), 1) for x in columns])
    upper, lower = _smoothed(upper), _smoothed(lower)
    middle = (upper + lower) / 2
    x = columns + 0.5
    # The outermost columns are half covered: the corners lie at their far edges.
    ends = np.array([[x[0] - 0.5, middle[0]], [x[-1] + 0.5, middle[-1]]])
    edges = [
        np.vstack([ends[:1], np.column_stack([x, edge])[1:-1], ends[1:]])[:: 1 if to_the_right else -1] for edge in (upper, lower)
    ]
    rows, cols = np.nonzero(part)
    start, end = ends if to_the_right else ends[::-1]
    return Strip(start, end, np.array([cols.mean() + 0.5, rows.mean() + 0.5]), *edges)


def _crossing(column: np.ndarray, row: int, step: int) -> float:
    """Where a column of values falls through one half, going on from `row`, which is inside; in pixels, between centres."""
    beyond = row + step
    if not 0 <= beyond < len(column):
        return row + 0.5 + step * 0.5
    inside, outside = float(column[row]), float(column[beyond])
    share = (inside - 0.5) / max(inside - outside, 1e-6)
    return row + 0.5 + step * float(np.clip(share, 0, 1))


def _smoothed(line: np.ndarray) -> np.ndarray:
    """A moving average over about a seventh of the line."""
    reach = max(len(line) // 14, 1)
    padded = np.pad(line, reach, mode="edge")
    return np.convolve(padded, np.full(2 * reach + 1, 1 / (2 * reach + 1)), mode="valid")


def _nose(values: np.ndarray) -> Nose | None:
    part = _largest_part(values)
    if part.sum() < _LEAST:
        return None
    rows = np.flatnonzero(part.any(axis=1))
    lower = rows[len(rows) // 2 :]
    widest = lower[int(np.argmax(part[lower].sum(axis=1)))]
    columns = np.flatnonzero(part[widest]) + 0.5
    bottom, top = (np.flatnonzero(part[rows[max(len(rows) * share // 20, 0)]]).mean() + 0.5 for share in (19, 1))
    return Nose(
        tip=np.array([bottom, rows[-1] + 1.0]),
        left_wing=np.array([columns[-1] + 0.5, widest + 0.5]),
        right_wing=np.array([columns[0] - 0.5, widest + 0.5]),
        root=np.array([top, float(rows[0])]),
    )


def _ends(contour: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The lowest and the highest point of an outline near the middle of its width."""
    if len(contour) < _LEAST:
        return None, None
    low, high = contour[:, 0].min(), contour[:, 0].max()
    middle = contour[np.abs(contour[:, 0] - (low + high) / 2) <= 0.2 * (high - low) + 0.5]
    if not len(middle):
        return None, None
    # On a crop many points share the last row: their mean.
    bottom, top = (middle[middle[:, 1] == extreme].mean(axis=0) for extreme in (middle[:, 1].max(), middle[:, 1].min()))
    return bottom, top


def _mapped(value: Any, move: Map) -> Any:
    if value is None:
        return None
    if isinstance(value, np.ndarray):
        moved = move(value.reshape(-1, 2)).reshape(value.shape)
        moved.flags.writeable = False
        return moved
    return replace(value, **{f.name: _mapped(getattr(value, f.name), move) for f in fields(value)})
