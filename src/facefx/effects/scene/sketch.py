"""A pencil drawing."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...pixels.color import by_bands, from_oklab, parse, to_oklab
from ..tools.lines import ink, lightness
from ..tools.region_choice import Where

__all__ = ["sketch"]

#: How far the pencil looks for what is lighter than a place, in face units, and how wide its lines are.
_AROUND, _LINE = 0.045, 0.004
#: Added to both before one is divided by the other, so that the noise of black things does not become lines.
_DARK = 0.1


@effect(region="picture", margin=0.15)
def sketch(
    image: np.ndarray,
    unit: float,
    *,
    rng: np.random.Generator,
    region: Where = "picture",
    strength: Annotated[float, Range(0, 1), "how much of the drawing; 1 is all drawn"] = 1.0,
    shading: Annotated[float, Range(0, 1), "how much of the light and shade, besides the lines"] = 0.45,
    color: Color = "#2b2b30",
    paper: Color = "#f7f4ec",
) -> np.ndarray:
    """Turn it into a pencil drawing: lines where it is darker than about it, shaded with the pencil's grain, on paper."""
    light = lightness(image)
    around = _blurred(light, _AROUND * unit)
    # Dodging, as in a darkroom: divided by its surroundings, flat tone becomes paper and only lines stay.
    lines = np.clip((light + _DARK) / (around + _DARK), 0, 1) ** 2.2
    shade = np.clip((0.85 - light) / 0.85, 0, 1)
    tone = 1 - np.float32(shading) * shade * (0.75 + 0.5 * _grain(light.shape, unit, rng))
    drawn = np.clip(lines * tone * (0.35 + 0.65 * ink(image, _LINE * unit)), 0, 1)
    pencil, ground = (to_oklab(np.array(parse(c), np.float32)) for c in (color, paper))

    def mix(image: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        return image + np.float32(strength) * (from_oklab(pencil + drawn[..., None] * (ground - pencil)) - image)

    return by_bands(mix, image, drawn)


def _blurred(values: np.ndarray, radius: float) -> np.ndarray:
    shrink = max(radius / 4, 1.0)
    size = max(round(values.shape[1] / shrink), 1), max(round(values.shape[0] / shrink), 1)
    small = cv2.GaussianBlur(cv2.resize(values, size, interpolation=cv2.INTER_AREA), (0, 0), max(radius / shrink, 0.5))
    return np.asarray(cv2.resize(small, values.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _grain(shape: tuple[int, ...], unit: float, rng: np.random.Generator) -> np.ndarray:
    """Short slanting strokes of chance, about 0 to 1: noise drawn out along a diagonal."""
    shrink = max(unit / 300, 1.0)
    size = max(round(shape[0] / shrink), 1), max(round(shape[1] / shrink), 1)
    length = 9
    stroke = np.fliplr(np.eye(length, dtype=np.float32)) / length
    noise = cv2.filter2D(rng.random(size, np.float32), -1, stroke, borderType=cv2.BORDER_REFLECT_101)
    strokes = np.clip((noise - 0.5) * length**0.5 + 0.5, 0, 1)
    return np.asarray(cv2.resize(strokes, shape[::-1], interpolation=cv2.INTER_LINEAR))
