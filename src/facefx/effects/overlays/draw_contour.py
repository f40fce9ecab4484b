"""Outlines."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.scene import Scene
from ...pixels.color import parse
from ...pixels.geometry import contour
from ...pixels.masks import feather, fill_holes
from ..tools.drawing import polygon

__all__ = ["draw_contour"]


@effect(kind="overlay")
def draw_contour(
    scene: Scene,
    *,
    region: Annotated[
        Literal["face", "head", "person", "hair", "lips", "left_eye", "right_eye", "left_eyebrow", "right_eyebrow", "nose"],
        "whose outline",
    ] = "face",
    width: Annotated[float, Range(0.002, 0.05), "of the line, in face units"] = 0.014,
    color: Color = "#06d6a0",
) -> np.ndarray:
    """Draw the outline of the face, or of the largest part of another region, as a closed line."""
    image = scene.image.copy()
    people = [scene.of([face]).mask("person") for face in scene.faces] if region == "person" else []
    for index, face in enumerate(scene.faces):
        (x0, y0), mask = ((0, 0), np.asarray(people[index])) if people else (face.patch(region)[0][:2], face.patch(region)[1])
        margin = 2
        padded = np.pad(fill_holes(mask), margin)
        points = contour(feather(padded, 0.01 * face.box.side)) + np.array([x0 - margin, y0 - margin])
        polygon(image, points, parse(color), width * face.box.side)
    return image
