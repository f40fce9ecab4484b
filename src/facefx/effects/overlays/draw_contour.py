"""Outlines."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Color, Range, RegionName, effect
from ...face.scene import Scene
from ...labels import is_scene_wide
from ...pixels.color import parse
from ...pixels.geometry import contour
from ...pixels.masks import feather, fill_holes
from ..tools.drawing import polygon

__all__ = ["draw_contour"]


@effect(kind="overlay")
def draw_contour(
    scene: Scene,
    *,
    region: Annotated[RegionName, "whose outline"] = "face",
    grow: Annotated[float, Range(-0.3, 0.5), "how far outside of it the line runs, in face units; less than 0: inside"] = 0.0,
    width: Annotated[float, Range(0.002, 0.05), "of the line, in face units"] = 0.014,
    color: Color = "#06d6a0",
) -> np.ndarray:
    """Draw the outline of the face, or of the largest part of another region, as a closed line."""
    image = scene.image.copy()
    once_for_all = is_scene_wide(region)
    masks = [np.asarray(scene.of([face]).mask(region, grow=grow)) for face in scene.faces] if once_for_all else []
    for index, face in enumerate(scene.faces):
        (x0, y0, _, _), mask = ((0, 0, 0, 0), masks[index]) if once_for_all else face.patch(region, grow=grow)
        margin = 2
        padded = np.pad(fill_holes(mask), margin)
        points = contour(feather(padded, 0.01 * face.box.side)) + np.array([x0 - margin, y0 - margin])
        polygon(image, points, parse(color), width * face.box.side)
    return image
