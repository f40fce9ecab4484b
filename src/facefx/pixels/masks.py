"""Soft-mask algebra: arrays of (H, W) float32 in [0, 1]. Every function returns a new array and accepts empty and full masks."""

from __future__ import annotations

import cv2
import numpy as np

__all__ = [
    "depth",
    "enlarged",
    "feather",
    "fill_holes",
    "grow",
    "intersect",
    "invert",
    "ramp",
    "reshaped",
    "shrunk",
    "smooth_ramp",
    "subtract",
    "union",
    "window",
]


def union(*masks: np.ndarray) -> np.ndarray:
    """Inside any of the masks: the largest value at each pixel."""
    return np.asarray(np.maximum.reduce([np.asarray(m, np.float32) for m in masks]))


def intersect(*masks: np.ndarray) -> np.ndarray:
    """Inside all of the masks: the smallest value at each pixel."""
    return np.asarray(np.minimum.reduce([np.asarray(m, np.float32) for m in masks]))


def invert(mask: np.ndarray) -> np.ndarray:
    """Outside of the mask."""
    return np.asarray(1 - np.asarray(mask, np.float32))


def subtract(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Inside the first and outside of the second."""
    return intersect(mask, invert(other))


def grow(mask: np.ndarray, radius: float) -> np.ndarray:
    """Move the edge outwards by `radius` pixels, or inwards if it is negative (grey-scale dilation with a disc)."""
    mask = np.array(mask, np.float32)
    reach = round(abs(radius))
    if reach == 0 or mask.size == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    operation = cv2.MORPH_DILATE if radius > 0 else cv2.MORPH_ERODE
    return np.asarray(cv2.morphologyEx(mask, operation, disc, borderType=cv2.BORDER_REPLICATE), np.float32)


def feather(mask: np.ndarray, radius: float) -> np.ndarray:
    """Soften the edge over about `radius` pixels to either side (Gaussian of that standard deviation, halved)."""
    mask = np.array(mask, np.float32)
    if radius <= 0 or mask.size == 0:
        return mask
    soft = cv2.GaussianBlur(mask, (0, 0), radius / 2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.clip(soft, 0, 1), np.float32)


#: A disc of this radius, again and again, is nearly a larger disc, at a small part of the work.
_DISC = 4


def reshaped(
    window: tuple[int, int, int, int], mask: np.ndarray, by: float, softness: float, size: tuple[int, int]
) -> tuple[tuple[int, int, int, int], np.ndarray]:
    """A mask of a window of a picture, zero around it, with its edge moved and then softened.

    Parameters
    ----------
    window : (x0, y0, x1, y1) in whole pixels, inside the picture.
    mask : (y1 - y0, x1 - x0) float32 in [0, 1].
    by : pixels outwards, or inwards if it is negative. The picture's own border is no edge.
    softness : pixels over which the edge is softened, to either side.
    size : (height, width) of the picture.

    Returns
    -------
    window, mask : of the larger window that it takes now.
    """
    reach = int(np.ceil(max(by, 0) + 2 * softness))
    x0, y0, x1, y1 = window
    if mask.size == 0:
        return window, mask
    wide = max(x0 - reach, 0), max(y0 - reach, 0), min(x1 + reach, size[1]), min(y1 + reach, size[0])
    # one more pixel of nothing, from which a mask that fills its window shrinks, unless the picture ends there
    edge = [(int(wide[1] > 0), int(wide[3] < size[0])), (int(wide[0] > 0), int(wide[2] < size[1]))]
    mask = np.pad(
        mask, [(y0 - wide[1] + edge[0][0], wide[3] - y1 + edge[0][1]), (x0 - wide[0] + edge[1][0], wide[2] - x1 + edge[1][1])]
    )
    left = round(abs(by))
    while left > 0:
        mask = grow(mask, float(np.copysign(min(left, _DISC), by)))
        left -= _DISC
    mask = feather(mask, softness)
    height, width = mask.shape
    return wide, np.ascontiguousarray(mask[edge[0][0] : height - edge[0][1], edge[1][0] : width - edge[1][1]])


def depth(inside: np.ndarray) -> np.ndarray:
    """How far inside each pixel lies, in pixels: (H, W) float32 of (H, W) bool, 0 outside; meaningless if nothing is outside.

    Right to 2 %: OpenCV's exact distances differ in their last bits from call to call.
    """
    return np.asarray(cv2.distanceTransform(np.asarray(inside, np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5))


def fill_holes(mask: np.ndarray) -> np.ndarray:
    """Make everything that the mask encloses part of it."""
    mask = np.array(mask, np.float32)
    outlines, _ = cv2.findContours((mask >= 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    enclosed = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(enclosed, outlines, -1, 1, cv2.FILLED)
    return union(mask, enclosed.astype(np.float32))


def ramp(mask: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, straight in between."""
    share = np.array(mask, np.float32)  # and in place from here on: a large mask's memory takes longer to get than to fill
    share -= low
    share /= high - low
    return np.asarray(np.clip(share, np.float32(0), np.float32(1), out=share))


def smooth_ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, and without a bend in between: the cubic called smoothstep."""
    share = ramp(values, low, high)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def window(inside: np.ndarray) -> tuple[int, int, int, int] | None:
    """The smallest half-open box (x0, y0, x1, y1) round everything that is not zero; None if all is."""
    if not inside.size:
        return None
    x0, y0, width, height = cv2.boundingRect(np.asarray(inside, bool).view(np.uint8))
    return (x0, y0, x0 + width, y0 + height) if width else None


def shrunk(values: np.ndarray, factor: float) -> np.ndarray:
    """An (H, W) or (H, W, 3) picture smaller by a factor, each pixel the mean of those it stands for; as it is for 1 and less."""
    if factor <= 1:
        return np.asarray(values, np.float32)
    height, width = values.shape[:2]
    size = max(round(width / factor), 1), max(round(height / factor), 1)
    return np.asarray(cv2.resize(np.asarray(values, np.float32), size, interpolation=cv2.INTER_AREA))


def enlarged(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """An (H, W) or (H, W, 3) picture at the height and width of `shape`, bilinearly."""
    if values.shape[:2] == shape[:2]:
        return np.array(values, np.float32)
    return np.asarray(cv2.resize(np.ascontiguousarray(values), (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))
