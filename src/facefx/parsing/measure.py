"""Where on its crop a parsed face really lies, and whether there is one at all."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ..face.values import Box, Detection, FaceParsing
from ..labels import Label, Region
from ..pixels import geometry
from .parser import FEATURES

__all__ = ["BOX_PER_FACE", "Measured", "is_off", "measure"]

#: A parsed crop in which the features of a face are less sure than this, on average, shows no face.
MIN_SCORE = 0.5
#: Where no other feature is known, eyes of this share of the face tell one: of 400 labelled faces 95 in 100 have more, half of them
#: twice as much. Without, so much of the detector's box must be face.
LEAST_EYES, LEAST_FACE = 0.007, 0.4
#: The crop is cut again if the parsed face turns out to lie this far from where the detector said.
MAX_TURN, MAX_SHIFT, MAX_RESIZE = 10.0, 0.2, 1.35
#: A detector's box is this much larger than the square of the parsed face's area (median over CelebAMask-HQ).
BOX_PER_FACE = 1.07


@dataclass(frozen=True)
class Measured:
    """A parsed face, measured."""

    face: np.ndarray  # (S, S) bool, on the crop
    box: Box  # round the face itself
    detection: Detection  # where a detector should have put it


def measure(parsing: FaceParsing, found: Detection) -> Measured | None:
    """Where the parsed face really lies; None if the crop shows none.

    Of a segmenter that knows eyes and no other features, the score is the detector's where no eyes are seen: they may be hidden.
    """
    face = _central_part(parsing.region(Region.FACE) >= 0.5)
    knows_all = all(parsing.scheme.indices_of(feature) for feature in FEATURES)
    score = _feature_score(parsing, face) if knows_all else _score_by_eyes(parsing, face, found)
    if score < MIN_SCORE:
        return None
    rows, columns = np.nonzero(face)
    points = geometry.apply(geometry.invert(parsing.affine), np.column_stack([columns, rows]) + 0.5)
    (x0, y0), (x1, y1) = np.percentile(points, 0.5, axis=0), np.percentile(points, 99.5, axis=0)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return None
    box = Box(float(x0), float(y0), float(x1), float(y1))
    roll = found.roll + _roll_on_crop(parsing)
    return Measured(face, box, Detection(Box.square(box.center, BOX_PER_FACE * box.side), (roll + 180) % 360 - 180, score))


def _central_part(inside: np.ndarray) -> np.ndarray:
    """The connected part that most of the middle of the crop belongs to."""
    count, parts = cv2.connectedComponents(inside.astype(np.uint8))
    if count <= 1:
        return inside
    size = inside.shape[0]
    middle = parts[size // 4 : -size // 4, size // 4 : -size // 4]
    votes = np.bincount(middle.ravel(), minlength=count)[1:]
    return np.asarray(parts == 1 + int(votes.argmax()))


def _feature_score(parsing: FaceParsing, face: np.ndarray) -> float:
    """How surely the crop shows eyes, brows, a nose and lips where the face is: mean of their most certain pixels, 0 to 1."""
    needed = max(int(face.sum()) // 400, 4)  # pixels that a feature must have
    if face.sum() < 16 * needed:
        return 0.0
    peaks = [np.partition(parsing.region(f)[face], -needed)[-needed] for f in FEATURES]
    return float(np.mean(sorted(peaks)[1:]))  # one of them may be covered: glasses, a fringe, a hand


def _score_by_eyes(parsing: FaceParsing, face: np.ndarray, found: Detection) -> float:
    """How surely a face shows eyes; at least as surely as it was detected if it is as large as that, more or less; 0 to 1."""
    needed = max(int(LEAST_EYES * face.sum()), 4)  # pixels that eyes must have
    seen = float(np.partition(parsing.region(Region.EYES)[face], -needed)[-needed]) if face.sum() > needed else 0.0
    area = face.sum() / abs(float(np.linalg.det(parsing.affine[:, :2])))
    return max(seen, found.score if area >= LEAST_FACE * found.box.area else 0.0)


def _roll_on_crop(parsing: FaceParsing) -> float:
    """Degrees by which the line through the eyes is still turned; 0 if only one eye can be seen, or they cannot be told apart."""
    if not all(parsing.scheme.indices_of(eye) for eye in (Label.LEFT_EYE, Label.RIGHT_EYE)):
        return 0.0
    left, right = parsing.region(Label.LEFT_EYE), parsing.region(Label.RIGHT_EYE)
    if min(left.max(), right.max()) < 0.5:
        return 0.0
    (lx, ly), (rx, ry) = _middle(left), _middle(right)
    return float(np.degrees(np.arctan2(ly - ry, lx - rx)))  # the subject's left eye lies to the right


def _middle(values: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(values >= 0.5)
    return float(columns.mean()), float(rows.mean())


def is_off(found: Detection, measured: Measured) -> bool:
    """Whether the parsed face lies too far from where it was detected for its crop to be a good one."""
    better = measured.detection
    shift = np.hypot(found.box.center[0] - better.box.center[0], found.box.center[1] - better.box.center[1])
    resize = max(found.box.side / better.box.side, better.box.side / found.box.side)
    turn = abs((found.roll - better.roll + 180) % 360 - 180)
    return bool(turn > MAX_TURN or shift > MAX_SHIFT * better.box.side or resize > MAX_RESIZE)
