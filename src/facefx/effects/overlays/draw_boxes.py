"""Boxes round faces and their parts."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import Face
from ...face.scene import Scene
from ...labels import Label, Region
from ...pixels.color import parse
from ...pixels.masks import window
from ..tools.drawing import RGB, labelled, outline, polygon

__all__ = ["draw_boxes"]

#: What is boxed, and whether its name stands below the box: so placed, names on one face do not cover each other.
_PARTS: tuple[tuple[str, Region | Label, bool], ...] = (
    ("left eyebrow", Label.LEFT_EYEBROW, False),
    ("right eyebrow", Label.RIGHT_EYEBROW, False),
    ("left eye", Label.LEFT_EYE, True),
    ("right eye", Label.RIGHT_EYE, True),
    ("nose", Label.NOSE, False),
    ("mouth", Region.MOUTH, True),
)
#: Height of the names of faces and of parts, in face units. Parts whose names would be lower than so many pixels have none.
_FACE_NAME, _PART_NAME, _LOWEST = 0.11, 0.065, 11


@effect(kind="overlay")
def draw_boxes(
    scene: Scene,
    *,
    boxes: Annotated[Literal["face", "parts", "all"], "round what"] = "all",
    names: Annotated[bool, "whether they are named; the left eye is the subject's"] = True,
    width: Annotated[float, Range(0.002, 0.05), "of the lines, in face units"] = 0.012,
    color: Color = "#ffd166",
    second: Color = "#4cc9f0",
) -> np.ndarray:
    """Draw boxes round each face, in the first colour, and round its eyes, brows, nose and mouth, in the second.

    Faces are numbered as in ``faces=``, the largest of those chosen first, with how sure we are of each. In a film a
    number stays with the person.
    """
    image = scene.image.copy()
    for number, face in enumerate(scene.faces):
        if boxes != "face":
            for name, region, below in _PARTS:
                _draw_part(image, face, region, name if names else "", below, parse(second), width)
        if boxes != "parts":
            box = face.box.x0, face.box.y0, face.box.x1, face.box.y1
            polygon(image, outline(box), parse(color), width * face.box.side)
            if names:
                called = number if face.number is None else face.number
                name = f"face {called}" if called >= 0 else "face"
                labelled(image, f"{name}  {face.score:.2f}", box[:2], _FACE_NAME * face.box.side, parse(color))
    return image


def _draw_part(image: np.ndarray, face: Face, region: Region | Label, name: str, below: bool, color: RGB, width: float) -> None:
    if not face.parsing.scheme.indices_of(region):
        return
    (left, top, _, _), mask = face.patch(region)
    inner = window(mask >= 0.5)
    if inner is None:
        return
    x0, y0, x1, y1 = inner[0] + left, inner[1] + top, inner[2] + left, inner[3] + top
    polygon(image, outline((x0, y0, x1, y1)), color, 0.7 * width * face.box.side)
    line = _PART_NAME * face.box.side
    if name and line >= _LOWEST:
        labelled(image, name, (x0, y1 + 1.2 * line if below else y0 - 0.1 * line), line, color)
