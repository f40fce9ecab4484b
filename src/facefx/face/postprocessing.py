"""Which pixels of a parsed crop belong to its face: not those of another face, nor specks that nothing connects to the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import cv2
import numpy as np

from ..labels import Label, LabelScheme, Region
from ..pixels import geometry
from .face import Face
from .values import Box, Probabilities, total_of

__all__ = ["emptied", "islands", "not_of", "without_islands", "without_others"]

#: Hair beyond a hand or a strap that crosses it is believed in from this share of the head's area on.
_LEAST_LOCK = 0.05
P = TypeVar("P", bound=Probabilities)


def without_others(face: Face, others: Sequence[Box]) -> Face:
    """The face, with what lies nearer to the middle of another one, in face sides, made background: it is the other's hair or neck.

    Else an effect would paint where two crops overlap once for each of them.
    """
    where = _nearer_to(others, face)
    return face if where is None else _emptied(face, where)


def not_of(face: Face, others: Sequence[Box]) -> np.ndarray:
    """What `without_others` and then `without_islands` make background: (S, S) bool."""
    theirs, parsing = _nearer_to(others, face), face.parsing
    if theirs is None:
        return islands(parsing.probabilities, parsing.scheme)
    return theirs | islands(emptied(parsing.probabilities, theirs), parsing.scheme)


def _nearer_to(others: Sequence[Box], face: Face) -> np.ndarray | None:
    """Which places of a face's crop, (S, S) bool, are nearer to the middle of another one, in face sides; None for none."""
    if not others:
        return None
    parsing = face.parsing
    rows, columns = np.indices((parsing.size, parsing.size))
    points = geometry.apply(geometry.invert(parsing.affine), np.column_stack([columns.ravel(), rows.ravel()]) + 0.5)

    def distance(box: Box) -> np.ndarray:
        return np.asarray(np.hypot(*(points - box.center).T) / box.side).reshape(rows.shape)

    own = distance(face.box)
    reach = float(own.max())  # of a crowd, most are too far away to be nearer anywhere
    apart = [np.hypot(*np.subtract(box.center, face.box.center)) - reach * face.box.side for box in others]
    near = [box for box, gap in zip(others, apart, strict=True) if gap < reach * box.side]
    return np.asarray(np.any([distance(box) < own for box in near], axis=0)) if near else None


def without_islands(face: Face) -> Face:
    """The face, with its `islands` made background."""
    return _emptied(face, islands(face.parsing.probabilities, face.parsing.scheme))


def islands(probabilities: Probabilities, scheme: LabelScheme) -> np.ndarray:
    """Where a parsed crop shows parts that background parts from the head all round: a hat on a plain wall, an ear in the grass.

    Large locks of hair are none. Where the segmenter knows neither skin nor a face, nothing connects the parts and none is.

    Parameters
    ----------
    probabilities : (C, S, S) float32, in the index order of `scheme`.

    Returns
    -------
    (S, S) bool, true for the pixels that are nearer to an island than to the head.
    """

    def region(part: Region | Label) -> np.ndarray:
        return total_of(probabilities, scheme.indices_of(part))

    seen = probabilities[0] < 0.5
    nowhere = np.zeros(seen.shape, bool)
    connects = scheme.indices_of(Label.SKIN) or scheme.indices_of(Region.FACE)
    if not connects or cv2.connectedComponents(seen.astype(np.uint8))[0] <= 2:
        return nowhere
    inside = region(Region.FACE) >= 0.5
    if not (seen & inside).any():
        return nowhere
    # Every pixel goes with the nearest part, so that the soft edge of an island goes with it.
    _, parts = cv2.distanceTransformWithLabels((~seen).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
    areas = np.bincount(parts[seen])
    head = int(np.bincount(parts[seen & inside]).argmax())
    kept = areas >= _LEAST_LOCK * areas[head]
    if scheme.indices_of(Label.HAIR):
        kept &= np.bincount(parts[seen], region(Label.HAIR)[seen]) > 0.5 * areas
    kept[head] = True
    return np.asarray(~kept[parts])


def emptied(probabilities: P, where: np.ndarray) -> P | np.ndarray:
    """The probabilities, (C, S, S), with nothing but background where an (S, S) bool says so; the same array if that is nowhere."""
    if not where.any():
        return probabilities
    result = probabilities.copy()
    result[:, where] = 0
    result[0, where] = 1
    return result


def _emptied(face: Face, where: np.ndarray) -> Face:
    probabilities = emptied(face.parsing.probabilities, where)
    if probabilities is face.parsing.probabilities:
        return face
    return replace(face, parsing=replace(face.parsing, probabilities=probabilities))
