"""What is seen through hair: the share that it has in each pixel, found by taking the mixture of its colour and another apart.

A parser gives curls with their gaps to the hair. Where hair differs clearly from what lies beyond its edge, a pixel on the way
from the one colour to the other is so much of either (the compositing equation, solved for alpha). Lights in hair lie on that way
too, so a gap must be open towards the edge: seen smoothly, it must not be closed off by hair that is dense. And where it is deep,
what is beyond must show clearly somewhere in it: a light in smooth hair is nowhere as light as a wall.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from .cells import Enlarged, broadly, cell_of_mean, in_cells, tiles_of_cells
from .full_size import Layer
from .masks import depth, ramp, smooth_ramp

__all__ = ["seen_through"]

#: How many cells a face unit is: what is looked at varies slowly.
_DETAIL = 40.0
#: From so far beyond the edge on there is no hair; and from so deep on it is as dense as it gets, in face units.
_CLEAR, _DENSE = 0.02, 0.15
#: Standard deviations over which the colours beyond and of dense hair are gathered, in face units.
_BEYOND, _WITHIN = 0.12, 0.25
#: How often dense hair is told anew from what is seen through it.
_TURNS = 3
#: How far apart the colours must be, in RGB and in deviations of dense hair, to be told apart: not at all, and surely.
_APART, _CLEARLY = (0.15, 0.35), (2.0, 6.0)
#: How far beside the way from one colour to the other a pixel may lie, in RGB: surely a mixture, and none.
_BESIDE = 0.07, 0.14
#: Over what a gap is seen smoothly, in face units, and how much of one it takes.
_SMOOTHLY, _OPEN = 0.03, 3.0
#: From where to where behind the edge, in face units, a gap must be so clear, from not at all to surely, within such a distance.
_DEEP, _CLEAR_GAP, _NEAR = (0.02, 0.06), (0.3, 0.6), 0.05


def seen_through(
    mask: np.ndarray, image: np.ndarray, unit: float, about: Callable[[int], tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """The mask, less what is seen through the hair at its edge.

    Parameters
    ----------
    mask : (H, W) float32 in [0, 1], of hair or of more.
    image : (H, W, 3) float32 RGB in [0, 1].
    unit : the face's size in pixels.
    about : is given the side of a cell in pixels, and gives two maps of such cells, float32: how surely each is hair, from 0 to 1,
        and how deep behind the edge something may be seen through there, in face units.

    Returns
    -------
    (H, W) float32, nowhere more than the mask.
    """
    result = np.array(mask, np.float32)
    if not mask.size:
        return result
    cell = max(min(int(unit / _DETAIL + 0.5), *mask.shape), 1)
    share = in_cells(result, cell)
    if not (share < 0.1).any() or not (share > 0.9).any():
        return result
    layer = _layer(share, in_cells(image, cell), unit / cell, *about(cell))
    for tile in tiles_of_cells(layer.weight > 0, cell, mask.shape):
        layer.put_on_tile(result, image, tile, cell)
        result[tile] = cv2.min(result[tile], mask[tile])
    return result


def _layer(share: np.ndarray, colors: np.ndarray, unit: float, hair: np.ndarray, deepest: np.ndarray) -> Layer:
    """How the share follows from a pixel's colour, all of it in cells."""
    deep = depth(share > 0.9)
    back, there = _mean(colors, np.clip(depth(share < 0.1) - _CLEAR * unit, 0, 1), _BEYOND * unit)
    dense = np.clip(deep / (_DENSE * unit), 0, 1) * np.square(np.square(hair))
    weight = dense
    for _ in range(_TURNS):  # at first with what is seen through among it
        front, near = _mean(colors, weight, _WITHIN * unit)
        axis, off = back - front, colors - front
        apart = np.sqrt(np.maximum(_dot(axis, axis), 1e-6))
        along = _dot(off, axis) / apart
        spread = np.sqrt(np.maximum(_mean(along * along, weight, _WITHIN * unit)[0], 1e-6))
        span = np.maximum(apart - spread, 0.02)  # what is no lighter than hair here mostly is, is hair
        gap = np.clip((along - spread) / span, 0, 1)
        weight = dense * np.square(np.square(1 - gap))
    trust = ramp(apart - spread, *_APART) * ramp((apart - spread) / spread, *_CLEARLY) * np.minimum(near, there)
    beside = np.sqrt(np.maximum(_dot(off, off) - along * along, 0))
    inside = share > 0.5
    trust *= 1 - smooth_ramp(beside, *_BESIDE) * inside
    trust *= 1 - smooth_ramp(deep / np.maximum(deepest * unit, 1e-3), 0.5, 1)
    trust *= np.clip(_OPEN * _reached(np.where(inside, gap, 1), ~inside, unit, float(deepest.max())), 0, 1) * (share > 0)
    clearest = cv2.dilate(np.where(inside, gap, 0).astype(np.float32), np.ones((2 * int(_NEAR * unit + 0.5) + 1,) * 2, np.uint8))
    trust *= 1 - smooth_ramp(deep / unit, *_DEEP) * (1 - smooth_ramp(clearest, *_CLEAR_GAP))
    slope = -axis / cv2.merge([apart * span] * 3)
    return Layer(slope, 1 + spread / span - _dot(slope, front), trust)


def _reached(gap: np.ndarray, outside: np.ndarray, unit: float, deepest: float) -> np.ndarray:
    """How open it is on the most open way in from outside, at its narrowest: (h, w) float32 in [0, 1].

    This is the grey-scale reconstruction by dilation (Vincent, "Morphological grayscale reconstruction in image analysis", IEEE
    Transactions on Image Processing 2, 1993), as far in as anything can be seen through.
    """
    limit = cv2.GaussianBlur(gap.astype(np.float32), (0, 0), max(_SMOOTHLY * unit, 0.5))
    limit[outside] = 1
    reached = outside.astype(np.float32)
    for _ in range(int(deepest * unit) + 1):
        cv2.min(cv2.dilate(reached, np.ones((3, 3), np.uint8)), limit, dst=reached)
    return reached


def _mean(values: np.ndarray, weight: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """The weighted mean round about, and from 0 to 1 whether there is anything to take it from."""
    weight = np.asarray(weight, np.float32)
    some = cv2.merge([weight] * 3) if values.ndim == 3 else weight
    cell = cell_of_mean(radius, weight.shape)
    total, sums = (broadly(v, radius, cell) for v in (weight, values * some))
    safe = np.maximum(total, 1e-5)
    mean = sums / (cv2.merge([safe] * 3) if values.ndim == 3 else safe)
    return Enlarged(mean, cell).all_of(weight.shape), Enlarged(np.clip(total / 0.02, 0, 1), cell).all_of(weight.shape)


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.transform(first * second, np.ones((1, 3), np.float32)))
