"""Carrying a region from the crop that it was parsed on to the picture's own resolution, and fitting it to the edges there.

What a mask is fitted by (`Layer`) varies slowly, and is found on a copy of the picture that is as coarse as the crop; it is applied
to the picture's own pixels, and only to those near an edge (He and Sun, "Fast Guided Filter", arXiv:1505.00996).
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from . import geometry
from .cells import Enlarged, cell_of_mean, in_cells, tiles_of_cells
from .color import by_bands
from .masks import depth, ramp, window

__all__ = ["Layer", "cell_for", "colours", "matte", "refine", "to_picture"]

#: Probabilities below the first are none of the region, above the second all of it. Softmax is never quite 0 or 1, and a mask
#: that is nowhere zero would touch every pixel of the picture.
CERTAIN = (0.12, 0.88)

#: Side of the cells that a mask is fitted by, in pixels of the crop, where its edge is no line. Smaller ones gain nothing there by
#: benchmarks/mattes.py. Elsewhere the side is 1: by larger ones lips and brows lose.
_FUZZY_CELL = 1.7
#: Up to so many pixels what lies in a disc is faster found than distances.
_SHORT = 4.0


class Layer(NamedTuple):
    """A share of the region that depends on a pixel's colour: `slope` · colour + `offset`, clipped to [0, 1].

    ``slope`` is (h, w, 3) float32, ``offset`` (h, w), and ``weight``, (h, w) in [0, 1], says how far it replaces what was below.
    """

    slope: np.ndarray
    offset: np.ndarray
    weight: np.ndarray

    def put_on(self, mask: np.ndarray, image: np.ndarray) -> None:
        """Change a mask in place; of the layer's own size, as the image is."""
        share = _dot(self.slope, image)
        share += self.offset
        np.clip(share, np.float32(0), np.float32(1), out=share)
        share -= mask
        share *= self.weight
        mask += share

    def put_on_tile(self, mask: np.ndarray, image: np.ndarray, tile: tuple[slice, slice], cell: int) -> None:
        """Change a tile of a mask in place; each pixel of the layer is a cell of the mask's."""
        weight = Enlarged(self.weight, cell)[tile]
        if weight.any():
            Layer(Enlarged(self.slope, cell)[tile], Enlarged(self.offset, cell)[tile], weight).put_on(mask[tile], image[tile])


def refine(mask: np.ndarray, guide: np.ndarray, radius: float, smoothness: float = 1e-3, shrink: float = 1.0) -> np.ndarray:
    """Make the mask's edge follow the picture's edges: the guided filter with a colour guide.

    Parameters
    ----------
    mask : (H, W) float32 in [0, 1].
    guide : (H, W, 3) float32 in [0, 1].
    radius : half the width of the box, in pixels, that an edge may move in.
    smoothness : variance of the guide below which it counts as flat.
    shrink : the linear model is fitted on a picture smaller by about this factor, and applied at full size.
    """
    result = np.array(mask, np.float32)
    if mask.size and radius >= 1:
        cell = cell_for(shrink, mask.shape)
        layer = _edges(in_cells(result, cell), in_cells(guide, cell), radius / cell, smoothness)
        for tile in tiles_of_cells(layer.weight > 0, cell, mask.shape):
            layer.put_on_tile(result, guide, tile, cell)
    return result


def matte(mask: np.ndarray, image: np.ndarray, radius: float, shrink: float = 1.0) -> np.ndarray:
    """Correct a mask near its edge by colour: how far each pixel lies from the colour behind to the colour inside.

    Near the edge the two colours are the means of the surely outside and the surely inside pixels round about, and the mask becomes
    the share of the second in the pixel's own colour (the compositing equation, solved for alpha). Where the two are alike, or vary
    more than they differ, that share means nothing and the mask stays.

    Parameters
    ----------
    mask : (H, W) float32 in [0, 1].
    image : (H, W, 3) float32.
    radius : how far, in pixels, the mask's edge may be wrong.
    shrink : the two colours are gathered on a picture smaller by about this factor; the share is taken at full size.
    """
    result = np.array(mask, np.float32)
    if mask.size and radius >= 1:
        cell = cell_for(shrink, mask.shape)
        layer = colours(in_cells(result, cell), in_cells(image, cell), radius / cell)
        for tile in tiles_of_cells(layer.weight > 0, cell, mask.shape):
            layer.put_on_tile(result, image, tile, cell)
    return result


def _edges(mask: np.ndarray, guide: np.ndarray, radius: float, smoothness: float = 1e-3) -> Layer:
    """What fits a mask to the picture's edges: He, Sun, Tang, "Guided Image Filtering", PAMI 2013, eq. 14-16."""
    box = (2 * max(round(radius), 1) + 1,) * 2

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.blur(values, box, borderType=cv2.BORDER_REFLECT))

    turned = _turned(guide)
    middle, mask_middle = mean(guide), mean(mask)
    covariance = mean(guide * _thrice(mask)) - middle * _thrice(mask_middle)
    variance = mean(guide * guide) - middle * middle + np.float32(smoothness)
    across = mean(guide * turned) - middle * _turned(middle)
    slope = by_bands(_solved, variance, across, covariance)
    offset = mask_middle - _dot(slope, middle)
    return Layer(mean(slope), mean(offset), np.ones_like(offset))


def _solved(variance: np.ndarray, across: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solutions of symmetric 3 × 3 systems, one a pixel, by Cramer's rule: several times faster than a general solver.

    ``variance`` is the diagonal of each, ``across`` what stands at (0, 1), (1, 2) and (2, 0).
    """
    a, d, f = cv2.split(variance)
    b, e, c = cv2.split(across)
    x, y, z = cv2.split(right)
    aa, bb, cc = d * f - e * e, c * e - b * f, b * e - c * d  # the adjugate
    dd, ee, ff = a * f - c * c, b * c - a * e, a * d - b * b
    scale = 1 / (a * aa + b * bb + c * cc)
    return np.asarray(
        cv2.merge([(aa * x + bb * y + cc * z) * scale, (bb * x + dd * y + ee * z) * scale, (cc * x + ee * y + ff * z) * scale])
    )


def colours(mask: np.ndarray, image: np.ndarray, reach: float, sample: np.ndarray | None = None) -> Layer:
    """What corrects a mask by colour, see `matte`; `sample`, (h, w), is what the colour inside is taken from, by default all."""
    inside, outside = _well_within(mask > 0.9, reach), _well_within(mask < 0.1, reach)
    sampled = inside if sample is None else inside * sample
    radius = 1.5 * reach
    cell = cell_of_mean(radius, mask.shape)
    squares = _dot(image, image)
    front, front_spread, front_near = _local_mean(image, squares, sampled, radius, cell)
    back, back_spread, back_near = _local_mean(image, squares, outside, radius, cell)
    axis = front - back
    length = _dot(axis, axis)
    trust = length / (length + 2 * (front_spread + back_spread) + 0.004) * np.minimum(front_near, back_near)
    slope = axis / _thrice(np.maximum(length, 1e-3))
    slope, offset, weight = (Enlarged(values, cell).all_of(mask.shape) for values in (slope, -_dot(slope, back), trust))
    return Layer(slope, offset, weight * (inside + outside == 0))


def _well_within(inside: np.ndarray, reach: float) -> np.ndarray:
    """What lies farther than that from everything outside: (h, w) float32, 0 or 1."""
    if inside.all():
        return np.ones(inside.shape, np.float32)
    if reach > _SHORT:
        return np.asarray(depth(inside) > reach, np.float32)
    return cv2.erode(inside.astype(np.uint8), _disc(reach)).astype(np.float32)


def _disc(radius: float) -> np.ndarray:
    """All that is not farther than that from the middle."""
    along = np.arange(-int(radius), int(radius) + 1)
    return (np.hypot(along, along[:, None]) <= radius).astype(np.uint8)


def _local_mean(
    image: np.ndarray, squares: np.ndarray, weight: np.ndarray, radius: float, cell: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted mean colour about each cell, its variance, and (0 or 1, soft) whether there is anything to take it from."""
    weighted = (image * _thrice(weight), squares * weight, weight)
    colours, seconds, total = (cv2.GaussianBlur(in_cells(values, cell), (0, 0), radius / cell) for values in weighted)
    safe = np.maximum(total, 1e-4)
    mean = colours / _thrice(safe)
    return mean, np.maximum(seconds / safe - _dot(mean, mean), 0), np.clip(total / 0.02, 0, 1)


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Sum over the last axis of the product of two (H, W, 3) float32 arrays."""
    return np.asarray(cv2.transform(first * second, _ONES))


_ONES = np.ones((1, 3), np.float32)


def _turned(values: np.ndarray) -> np.ndarray:
    """The second, third and first of three channels."""
    first, second, third = cv2.split(values)
    return np.asarray(cv2.merge([second, third, first]))


def _thrice(values: np.ndarray) -> np.ndarray:
    """(H, W) as (H, W, 3): numpy's own way to multiply the one with the other takes five times as long."""
    return np.asarray(cv2.merge([values, values, values]))


def cell_for(shrink: float, shape: tuple[int, ...]) -> int:
    """How many pixels of a picture become one: at least one, at most all."""
    return max(min(int(shrink), *shape[:2]), 1)


def to_picture(
    values: np.ndarray,
    affine: np.ndarray,
    picture: geometry.Windows,
    *,
    refine: bool = True,
    by_colour: bool = True,
    coarse: float = 1.0,
    fuzz: float = 0.0,
    neighbours: np.ndarray | None = None,
) -> tuple[tuple[int, int, int, int], np.ndarray]:
    """Carry a region's probability from a crop to the picture's own resolution.

    Parameters
    ----------
    values : (S, S) float32 probability on the crop.
    affine : picture to crop.
    picture : (H, W, 3) float32, which the edges are fitted to if `refine`. Nothing but ``shape`` and one part of it is asked for.
    by_colour : whether, where the picture's edges are vague, a pixel belongs to the region by its colour (`matte`): right for
        strands of hair, wrong for parts of several colours, or of nearly that of what is behind them.
    coarse : edges are fitted on cells of at least so many of the crop's pixels: 2 is faster than 1, a little less exact.
    fuzz : width, in pixels of the picture, of an edge that is no line: hair thins out, and the network puts a line somewhere in it.
    neighbours : (S, S) float32 probability on the crop of parts whose edge towards the region is sharp all the same.

    Returns
    -------
    window : (x0, y0, x1, y1), the part of the picture where the mask is not zero; of zero size if it is zero everywhere.
    mask : float32 in [0, 1], of the window's size.
    """
    nothing = (0, 0, 0, 0), np.zeros((0, 0), np.float32)
    support = window(values > CERTAIN[0])
    if support is None:
        return nothing
    pixel = 1 / float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))  # one crop pixel, in pixels of the picture
    reach = 3 * max(pixel, 1.0)
    fuzz = fuzz if fuzz > reach else 0.0
    corners = np.array([(x, y) for x in (support[0], support[2]) for y in (support[1], support[3])], float)
    corners = geometry.apply(geometry.invert(affine), corners)
    limits = np.array([picture.shape[1], picture.shape[0]])
    x0, y0 = np.clip(np.floor(corners.min(axis=0) - reach - fuzz), 0, limits).astype(int)
    x1, y1 = np.clip(np.ceil(corners.max(axis=0) + reach + fuzz), 0, limits).astype(int)
    if x1 <= x0 or y1 <= y0:
        return nothing
    if refine:
        image = picture[y0:y1, x0:x1]
        cell = cell_for(max(coarse, _FUZZY_CELL if fuzz else 1.0) * pixel, image.shape)
        to_crop = affine @ np.array([[cell, 0, x0], [0, cell, y0], [0, 0, 1]])
        thin = None
        if fuzz and neighbours is not None:
            thin = _far_from(neighbours, fuzz / pixel, to_crop, (0, 0, -(-image.shape[1] // cell), -(-image.shape[0] // cell)))
        mask = _fitted(values, to_crop, image, cell, reach, fuzz, thin, by_colour)
    else:
        mask = ramp(geometry.warp_to_window(values, affine, (int(x0), int(y0), int(x1), int(y1))), *CERTAIN)
    inner = window(mask > 0)
    if inner is None:
        return nothing
    dx0, dy0, dx1, dy1 = inner
    return (int(x0) + dx0, int(y0) + dy0, int(x0) + dx1, int(y0) + dy1), mask[dy0:dy1, dx0:dx1]


def _far_from(neighbours: np.ndarray, distance: float, to_crop: np.ndarray, area: tuple[int, int, int, int]) -> np.ndarray:
    """In an area of cells, that `to_crop` takes to the crop, how far, from 0 to 1, each is from all that are neighbours there."""
    size = 2 * round(distance / 2) + 1
    near = cv2.dilate(neighbours, np.ones((size, size), np.uint8))
    step = max(size // 6, 1)  # this varies slowly
    far = 1 - cv2.GaussianBlur(in_cells(near, step), (0, 0), size / 4 / step)
    return geometry.warp_to_window(far, to_crop / step, area)


def _fitted(
    values: np.ndarray,
    to_crop: np.ndarray,
    image: np.ndarray,
    cell: int,
    reach: float,
    fuzz: float,
    thin: np.ndarray | None,
    by_colour: bool,
) -> np.ndarray:
    """The region's mask in the image's pixels: (H, W) float32.

    ``to_crop`` takes the image's cells to the crop, ``thin`` says at which of them an edge may be no line; else as `to_picture`.
    """
    low = in_cells(image, cell)
    area = (0, 0, low.shape[1], low.shape[0])
    carried = geometry.warp_to_window(values, to_crop, area)
    # Fitted to edges, but only as far from the network's edge as the network can have been wrong.
    near = 1 - _well_within(carried <= CERTAIN[0], reach / cell)
    mask, layers = np.zeros_like(carried), [_edges(carried, low, reach / cell)._replace(weight=near)]
    layers[0].put_on(mask, low)
    if fuzz:
        layers.append(colours(mask, low, fuzz / cell))
        if thin is not None:
            layers[-1].weight[:] *= thin
        layers[-1].put_on(mask, low)
    if by_colour:
        layers.append(colours(mask, low, reach / cell))
        layers[-1].put_on(mask, low)
    if cell == 1:
        return ramp(mask, *CERTAIN)
    # A cell that is certain, whatever the colours in it, stands for all of its pixels.
    swayed = np.maximum.reduce([cv2.transform(np.abs(layer.slope), _ONES) * layer.weight for layer in layers])
    sure = (np.abs(mask - 0.5) > 0.5 - CERTAIN[0] + _SWAY) & (swayed < _SWAY)
    inside = cv2.resize((mask > 0.5).astype(np.float32), None, fx=cell, fy=cell, interpolation=cv2.INTER_NEAREST)
    full = np.asarray(inside)[: image.shape[0], : image.shape[1]]
    for tile in tiles_of_cells(~sure, cell, full.shape):
        for layer in layers:
            layer.put_on_tile(full, image, tile, cell)
        full[tile] = ramp(full[tile], *CERTAIN)
    return full


#: How much a share may change with the colours in a cell for all of them to count as the same.
_SWAY = 0.02
