"""Boxes of the face and its parts, in pixels of the picture: ``{"x0", "y0", "x1", "y1"}``, half-open.

Of a segmenter that knows some of the parts, there are the boxes of those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..declare.declarations import analyzer
from ..face.face import Face
from ..face.values import Box
from ..labels import Label, Region
from ..pixels.masks import window

__all__ = ["eye_boxes", "face_boxes", "part_boxes"]


@analyzer()
def face_boxes(face: Face) -> dict[str, Any]:
    """The box round the face, hairline to chin; the head's tilt in degrees (clockwise positive); how sure it is a face, 0 to 1."""
    return {"box": face.box.to_dict(), "roll": face.roll, "score": face.score}


@analyzer()
def eye_boxes(face: Face) -> dict[str, Any]:
    """The boxes round each eye (the subject's left and right) and the mouth with its lips; None for what cannot be seen."""
    return _boxes(face, {"left_eye": Label.LEFT_EYE, "right_eye": Label.RIGHT_EYE, "mouth": Region.MOUTH})


@analyzer()
def part_boxes(face: Face) -> dict[str, Any]:
    """The boxes round the face and each of its parts: eyes, brows, nose, mouth; None for what cannot be seen.

    Each is the smallest upright box round all pixels that are at least half of that part: ``{"x0", "y0", "x1", "y1"}`` in pixels
    of the picture, half-open. Left is the subject's. An eye is what shows between its lids; the mouth is with its lips.
    """
    sided = (Label.LEFT_EYE, Label.RIGHT_EYE, Label.LEFT_EYEBROW, Label.RIGHT_EYEBROW)
    return _boxes(face, {part.value: part for part in (Region.FACE, *sided, Label.NOSE, Region.MOUTH)})


def _boxes(face: Face, parts: Mapping[str, Region | Label]) -> dict[str, Any]:
    """Those of the parts that the segmenter knows. Raises `RegionUnavailable` if it knows none of them."""
    known = {name: part for name, part in parts.items() if face.parsing.scheme.indices_of(part)}
    return {name: _box(face, part) for name, part in (known or parts).items()}


def _box(face: Face, region: Region | Label) -> dict[str, float] | None:
    (left, top, _, _), mask = face.patch(region)
    inner = window(mask >= 0.5)
    if inner is None:
        return None
    x0, y0, x1, y1 = inner
    return Box(left + x0, top + y0, left + x1, top + y1).to_dict()
