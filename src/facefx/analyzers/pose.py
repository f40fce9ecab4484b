"""Which way the head is turned."""

from __future__ import annotations

from typing import Any

from ..declare.declarations import analyzer
from ..face.face import Face
from .upright import crossings, upright

__all__ = ["head_pose", "yaw_of"]

#: Degrees of yaw for a nose that lies on the edge of the face, if it went on as it begins.
_YAW = 45.4
#: Beyond this the far edge of the face is the nose itself, or nearly.
_FARTHEST = 45.0


@analyzer()
def head_pose(face: Face) -> dict[str, Any]:
    """The head's tilt and turn: ``roll`` and ``yaw`` in degrees; yaw is None where no nose or outline can be seen.

    ``roll`` is positive when the head is tilted clockwise as one looks at the picture; it is the tilt of the line through the eyes.
    ``yaw`` is positive when it is turned towards its own left (the picture's right), and is rough: 45.4 times the place of the
    nose's lower end between the edges of the face at its height (-1 at the right edge, 0 in the middle, 1 at the left one), held
    to ±45. The factor is fitted to the 1735 sets of 68 landmarks of ytfaces68, whose yaw (99 % within ±35 degrees) comes from
    factoring all of them into one shape and a rotation each (Tomasi and Kanade, "Shape and motion from image streams under
    orthography", IJCV 9(2), 1992): on the landmarks themselves it is wrong by 1.2 degrees on average and by at most 2.5 in 90
    of 100; on parsed frames by 3.2, and 6.4. Hair over one cheek moves an edge: a fifth of
    the face's width hidden counts as 11 degrees.
    """
    yaw = yaw_of(face)
    return {"roll": round(face.roll, 2), "yaw": None if yaw is None else round(yaw, 1)}


def yaw_of(face: Face) -> float | None:
    """The head's turn in degrees, see `head_pose`."""
    points = upright(face)
    if points.nose is None:
        return None
    ends = crossings(points.contour, float(points.nose.tip[1]))
    if ends is None or ends[1] - ends[0] < 1:
        return None
    place = (float(points.nose.tip[0]) - (ends[0] + ends[1]) / 2) / ((ends[1] - ends[0]) / 2)
    return min(max(_YAW * place, -_FARTHEST), _FARTHEST)
