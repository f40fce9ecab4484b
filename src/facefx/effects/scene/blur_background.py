"""Throwing the background out of focus."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Range, effect
from ...pixels.cells import Enlarged, in_cells
from ...pixels.color import from_linear, linear, within
from ...pixels.masks import depth
from ..tools.layers import behind, in_front, over

__all__ = ["blur_background"]

#: Discs are laid on a copy on which the largest has about this radius, in pixels.
_DISC = 9.0
#: Radii of the discs, as shares of the largest; between them the picture is mixed.
_STEPS = (0.25, 0.5, 0.75, 1.0)
#: Distance from the person, in face units, at which things are as far away as they get.
_FAR = 2.0


@effect(region="background")
def blur_background(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    *,
    radius: Annotated[float, Range(0, 0.3), "of the disc that a point becomes, in face units"] = 0.08,
    falloff: Annotated[float, Range(0, 1), "how much sharper it is beside the person and low in the picture"] = 0.4,
) -> np.ndarray:
    """Throw the background out of focus, as a lens does.

    Each point of light becomes a disc, in linear light, so that lamps stay bright. Depth is not known: with `falloff` the discs
    grow with the distance from the person and towards the top, where things mostly are farther away. The person's colours take no
    part in it, and what hair mixes with the background is taken apart first, so that no halo is left.
    """
    if radius * unit < 0.5:
        return image
    cell = max(min(int(radius * unit / _DISC), *mask.shape), 1)
    light = linear(behind(image, mask, cell))
    blurred = from_linear(_discs(light, radius * unit / cell, _growth(in_cells(mask, cell), unit / cell, falloff)))
    front = in_front(image, 1 - mask, unit)
    return within(mask > 0, over, image, front, Enlarged(blurred, cell), mask, into=front)  # which is the picture in the person


def _growth(mask: np.ndarray, unit: float, falloff: float) -> np.ndarray:
    """(h, w) float32: the radius at each point as a share of the largest."""
    away = (mask > 0.5).astype(np.uint8)
    distance = depth(away) if not away.all() else np.full(away.shape, np.inf, np.float32)
    far = np.clip(distance / (_FAR * unit), 0, 1)
    height = np.linspace(1, 0, len(mask), dtype=np.float32)[:, None]
    return np.asarray(cv2.GaussianBlur(1 - np.float32(0.7 * falloff) * (1 - far) * (1 - 0.7 * height), (0, 0), 3))


def _discs(light: np.ndarray, radius: float, growth: np.ndarray) -> np.ndarray:
    """Each point spread over a disc of `radius` times the growth there, in pixels."""
    result = np.zeros_like(light)
    for step in _STEPS:
        share = np.maximum(1 - np.abs(growth - np.float32(step)) / _STEPS[0], 0)
        if share.any():
            result += share[..., None] * _disc(light, step * radius)
    return result


def _disc(light: np.ndarray, radius: float) -> np.ndarray:
    reach = int(np.ceil(radius))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1).astype(np.float32)
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT_101))
