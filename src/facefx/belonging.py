"""Which pixels of a parsed crop belong to its face: not those of another face, nor specks that nothing connects to the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from . import geometry
from .labels import Label, Region
from .scene import Face
from .types import Box

__all__ = ["without_islands", "without_others"]

#: Hair beyond a hand or a strap that crosses it is believed in from this share of the head's area on.
_LEAST_LOCK = 0.05


def without_others(face: Face, others: Sequence[Box]) -> Face:
    """The face, with what lies nearer to the middle of another one, in face sides, made background: it is the other's hair or neck.

    Else an effect would paint where two crops overlap once for each of them.
    """
    parsing = face.parsing
    rows, columns = np.indices((parsing.size, parsing.size))
    points = geometry.apply(geometry.invert(parsing.affine), np.column_stack([columns.ravel(), rows.ravel()]) + 0.5)

    def distance(box: Box) -> np.ndarray:
        return np.asarray(np.hypot(*(points - box.center).T) / box.side).reshape(rows.shape)

    return _with_background(face, np.any([distance(box) < distance(face.box) for box in others], axis=0))


def without_islands(face: Face) -> Face:
    """The face, with parts made background that background parts from it all round: a hat on a plain wall, an ear in the grass.

    Locks of hair stay, if they are large. Where the segmenter knows no skin, nothing connects the parts and all stay.
    """
    parsing = face.parsing
    if not parsing.scheme.indices_of(Label.SKIN):
        return face
    seen = parsing.probabilities[0] < 0.5
    inside = parsing.region(Region.FACE) >= 0.5
    if not (seen & inside).any():
        return face
    # Every pixel goes with the nearest part, so that the soft edge of an island goes with it.
    _, parts = cv2.distanceTransformWithLabels((~seen).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    areas = np.bincount(parts[seen])
    head = int(np.bincount(parts[seen & inside]).argmax())
    kept = areas >= _LEAST_LOCK * areas[head]
    if parsing.scheme.indices_of(Label.HAIR):
        kept &= np.bincount(parts[seen], parsing.region(Label.HAIR)[seen]) > 0.5 * areas
    kept[head] = True
    return _with_background(face, ~kept[parts])


def _with_background(face: Face, where: np.ndarray) -> Face:
    """The face, with nothing of it where an (S, S) bool says so."""
    if not where.any():
        return face
    probabilities = face.parsing.probabilities.copy()
    probabilities[:, where] = 0
    probabilities[0, where] = 1
    return replace(face, parsing=replace(face.parsing, probabilities=probabilities))
