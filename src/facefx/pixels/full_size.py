"""Carrying a region from the crop that it was parsed on to the picture's own resolution, and fitting it to the edges there."""

from __future__ import annotations

import cv2
import numpy as np

from . import geometry
from .masks import enlarged, grow, ramp, shrunk, window

__all__ = ["matte", "refine", "to_picture"]

#: Probabilities below the first are none of the region, above the second all of it. Softmax is never quite 0 or 1, and a mask
#: that is nowhere zero would touch every pixel of the picture.
CERTAIN = (0.12, 0.88)


def refine(mask: np.ndarray, guide: np.ndarray, radius: float, smoothness: float = 1e-3, shrink: float = 1.0) -> np.ndarray:
    """Make the mask's edge follow the picture's edges: the guided filter with a colour guide.

    He, Sun, Tang, "Guided Image Filtering", PAMI 2013, eq. 14-16; with `shrink` > 1 the fast variant of He and Sun, "Fast Guided
    Filter", arXiv:1505.00996: the linear model is fitted on a picture shrunk by that factor and applied at full size.

    Parameters
    ----------
    mask : (H, W) float32 in [0, 1].
    guide : (H, W, 3) float32 in [0, 1].
    radius : half the width of the box, in pixels, that an edge may move in.
    smoothness : variance of the guide below which it counts as flat.
    """
    if mask.size == 0 or radius < 1:
        return np.array(mask, np.float32)
    low_mask, low_guide = shrunk(mask, shrink), shrunk(guide, shrink)
    box = (2 * max(round(radius / shrink), 1) + 1,) * 2

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.blur(values, box, borderType=cv2.BORDER_REFLECT))

    guide_mean, mask_mean = mean(low_guide), mean(low_mask)
    covariance = mean(low_guide * low_mask[..., None]) - guide_mean * mask_mean[..., None]
    variance = {}
    for i in range(3):
        for j in range(i, 3):
            variance[i, j] = mean(low_guide[..., i] * low_guide[..., j]) - guide_mean[..., i] * guide_mean[..., j]
        variance[i, i] += np.float32(smoothness)
    slope = _solved(variance, covariance)
    offset = mask_mean - _dot(slope, guide_mean)

    slope, fitted = mean(slope), enlarged(mean(offset.astype(np.float32)), mask.shape)
    for channel in range(3):  # one by one: of a large picture, what is as large as it takes the most memory
        fitted += enlarged(slope[..., channel], mask.shape) * guide[..., channel]
    return np.asarray(np.clip(fitted, 0, 1, out=fitted), np.float32)


def _solved(matrix: dict[tuple[int, int], np.ndarray], right: np.ndarray) -> np.ndarray:
    """The solutions of symmetric 3 × 3 systems, one a pixel, by Cramer's rule: several times faster than a general solver."""
    a, b, c, d, e, f = (matrix[key] for key in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    x, y, z = right[..., 0], right[..., 1], right[..., 2]
    aa, bb, cc = d * f - e * e, c * e - b * f, b * e - c * d  # the adjugate
    dd, ee, ff = a * f - c * c, b * c - a * e, a * d - b * b
    scale = 1 / (a * aa + b * bb + c * cc)
    return np.stack(
        [(aa * x + bb * y + cc * z) * scale, (bb * x + dd * y + ee * z) * scale, (cc * x + ee * y + ff * z) * scale], -1
    )


def matte(mask: np.ndarray, image: np.ndarray, radius: float, shrink: float = 1.0, sample: np.ndarray | None = None) -> np.ndarray:
    """Correct a mask near its edge by colour: how far each pixel lies from the colour behind to the colour inside.

    Near the edge the two colours are the means of the surely outside and the surely inside pixels round about, and the mask becomes
    the share of the second in the pixel's own colour (the compositing equation, solved for alpha). Where the two are alike, or vary
    more than they differ, that share means nothing and the mask stays.

    Parameters
    ----------
    mask : (H, W) float32 in [0, 1].
    image : (H, W, 3) float32.
    radius : how far, in pixels, the mask's edge may be wrong.
    shrink : the two colours are gathered on a picture smaller by this factor; the share is taken at full size.
    sample : (H, W) float32, what the colour inside may be taken from, such as hair but not the face in it; all of it by default.
    """
    if mask.size == 0 or radius < 1:
        return np.array(mask, np.float32)
    low_mask, low_image, reach = shrunk(mask, shrink), shrunk(image, shrink), radius / shrink
    inside = (grow(low_mask, -reach) > 0.9).astype(np.float32)
    outside = (grow(low_mask, reach) < 0.1).astype(np.float32)
    sampled = inside if sample is None else inside * shrunk(sample, shrink)
    front, front_spread, front_near = _local_mean(low_image, sampled, 1.5 * reach)
    back, back_spread, back_near = _local_mean(low_image, outside, 1.5 * reach)
    distance = _dot(front - back, front - back)
    trust = distance / (distance + 2 * (front_spread + back_spread) + 0.004) * np.minimum(front_near, back_near)
    trust *= (inside + outside) == 0

    share, length = np.zeros(mask.shape, np.float32), np.zeros(mask.shape, np.float32)
    for channel in range(3):  # one by one, as in `refine`
        behind, axis = (enlarged(v[..., channel], mask.shape) for v in (back, front - back))
        share += axis * (image[..., channel] - behind)
        length += axis * axis
    share /= np.maximum(length, 1e-6, out=length)
    np.clip(share, 0, 1, out=share)
    share -= mask
    share *= enlarged(trust, mask.shape)
    share += mask
    return share


def _dot(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Sum over the last axis of the product of two (H, W, 3) float32 arrays."""
    return np.asarray(cv2.transform(first * second, _ONES))


_ONES = np.ones((1, 3), np.float32)


def _local_mean(image: np.ndarray, weight: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted mean colour about each pixel, its variance, and (0 or 1, soft) whether there is anything to take it from."""

    def blur(values: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), radius))

    total = blur(weight)
    safe = np.maximum(total, 1e-4)[..., None]
    mean = blur(image * weight[..., None]) / safe
    spread = np.maximum(blur(image**2 * weight[..., None]) / safe - mean**2, 0).sum(axis=-1)
    return mean, spread, np.clip(total / 0.02, 0, 1)


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
    picture : (H, W, 3) float32, which the edges are fitted to if `refine`.
    by_colour : whether, where the picture's edges are vague, a pixel belongs to the region by its colour (`matte`): right for
        strands of hair, wrong for parts of several colours, or of nearly that of what is behind them.
    coarse : 2 gathers the colours that edges are fitted to at half the resolution: three times as fast, a little less exact.
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
    area = int(x0), int(y0), int(x1), int(y1)
    mask = geometry.warp_to_window(values, affine, area)
    if refine:
        shrink, guide = coarse * max(pixel / 2, 1.0), picture[y0:y1, x0:x1]
        mask = _refine_near_edge(mask, guide, reach, shrink)
        if fuzz:
            thinned = matte(mask, guide, fuzz, shrink * fuzz / reach)
            if neighbours is not None:
                size = 2 * round(fuzz / pixel / 2) + 1
                apart = cv2.GaussianBlur(cv2.dilate(neighbours, np.ones((size, size), np.uint8)), (0, 0), size / 4)
                thinned += geometry.warp_to_window(apart, affine, area) * (mask - thinned)
            mask = thinned
        if by_colour:
            mask = matte(mask, guide, reach, shrink)
    mask = ramp(mask, *CERTAIN)
    inner = window(mask > 0)
    if inner is None:
        return nothing
    dx0, dy0, dx1, dy1 = inner
    return (int(x0) + dx0, int(y0) + dy0, int(x0) + dx1, int(y0) + dy1), mask[dy0:dy1, dx0:dx1]


def _refine_near_edge(mask: np.ndarray, guide: np.ndarray, reach: float, shrink: float) -> np.ndarray:
    """Refine, but only as far from the network's edge as the network can have been wrong."""
    fitted = refine(mask, guide, reach, shrink=shrink)
    near = enlarged(grow(shrunk(mask, shrink), reach / shrink), mask.shape)
    return np.asarray(np.where(near > CERTAIN[0], fitted, 0), np.float32)
