"""Boxes that somebody has already, in place of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...errors import ParameterError
from ...face.values import Box, Detection
from ...pixels import geometry

__all__ = ["GivenBoxes"]


class GivenBoxes:
    """Says that the faces are where one was told that they are; nothing is looked for.

    Parameters
    ----------
    boxes : each a `Box`, (x0, y0, x1, y1) in pixels of the upright picture, from the brows to the chin; or a `Detection`, which
        tells the head's tilt too.

    Raises
    ------
    ParameterError
        If one is none. `detect` raises it for a box that lies outside of the picture.
    """

    takes_windows = True

    def __init__(self, boxes: Sequence[Any]) -> None:
        self.found = tuple(_detection(number, box) for number, box in enumerate(boxes))

    @property
    def name(self) -> str:
        """The boxes, as a run that is resumed must have the same ones."""
        return f"given {[(*one.box.to_dict().values(), one.roll) for one in self.found]}"

    def detect(self, rgb: geometry.Windows) -> list[Detection]:
        height, width = rgb.shape[:2]
        for number, one in enumerate(self.found):
            if not one.box.intersection(Box(0, 0, width, height)).area:
                raise ParameterError(f"detector: box {number}, {one.box}, lies outside of the picture of {width} x {height} pixels")
        return list(self.found)


def _detection(number: int, given: Any) -> Detection:
    if isinstance(given, Detection):
        one = given
    elif isinstance(given, Box):
        one = Detection(given)
    else:
        try:
            x0, y0, x1, y1 = (float(length) for length in given)
        except (TypeError, ValueError):
            raise ParameterError(
                f"detector: box {number} is {given!r:.80}; allowed are four numbers (x0, y0, x1, y1), a Box or a Detection"
            ) from None
        one = Detection(Box(x0, y0, x1, y1))
    lengths = (one.box.x0, one.box.y0, one.box.x1, one.box.y1, one.roll)
    if not all(math.isfinite(length) for length in lengths):
        raise ParameterError(f"detector: box {number} is {one.box}; its numbers must be finite")
    if one.box.x0 >= one.box.x1 or one.box.y0 >= one.box.y1:
        raise ParameterError(f"detector: box {number} is {one.box}; allowed are those with x0 < x1 and y0 < y1")
    return one
