"""Affine crops, flips and outlines.

Points are (x, y) in pixels with the centre of the first pixel at (0.5, 0.5); an affine is a (2, 3) float64 matrix that takes
picture points to crop points.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import cv2
import numpy as np

from .cells import in_cells

__all__ = [
    "Reducible",
    "Windows",
    "apply",
    "contour",
    "crop_affine",
    "crop_window",
    "cut",
    "expand",
    "invert",
    "mirror_affine",
    "reduced",
    "warp_to_window",
]

#: What a crop shows where it leaves the picture. Segmenters are trained with it.
PADDING = 0.5

_HALF = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1.0]])


class Windows(Protocol):
    """A picture, (H, W, 3), of which windows can be taken: an array, or what makes them when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __getitem__(self, where: tuple[slice, slice], /) -> np.ndarray: ...


@runtime_checkable
class Reducible(Windows, Protocol):
    """One that makes a window smaller faster than by making all of it first."""

    def reduced(self, window: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
        """A window, (x0, y0, x1, y1), as (height, width, 3): each pixel the mean of those that it stands for."""
        ...


def _square(affine: np.ndarray) -> np.ndarray:
    return np.vstack([affine, [0.0, 0.0, 1.0]])


def _for_opencv(affine: np.ndarray) -> np.ndarray:
    """The same map for OpenCV, which puts the centre of the first pixel at (0, 0)."""
    return (np.linalg.inv(_HALF) @ _square(affine) @ _HALF)[:2]


def invert(affine: np.ndarray) -> np.ndarray:
    """The map back, (2, 3)."""
    return np.linalg.inv(_square(affine))[:2]


def apply(affine: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Map (N, 2) points."""
    return np.asarray(points, float) @ affine[:, :2].T + affine[:, 2]


def chained(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The map that does one, (2, 3), and then the other."""
    return (_square(second) @ _square(first))[:2]


def crop_affine(center: tuple[float, float], side: float, roll: float, size: int) -> np.ndarray:
    """The map from the picture to an upright crop of `size` × `size` pixels.

    Parameters
    ----------
    center : the picture point that comes to lie in the middle of the crop.
    side : length in the picture, in pixels, of the crop's side.
    roll : degrees by which the head is tilted clockwise; the crop turns it back.
    """
    scale, angle = size / side, np.deg2rad(roll)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, sin], [-sin, cos]])
    return np.column_stack([linear, size / 2 - linear @ center])


def mirror_affine(affine: np.ndarray, picture_width: int, size: int) -> np.ndarray:
    """The map of the mirrored picture to the mirrored crop."""
    flip_crop = np.array([[-1, 0, size], [0, 1, 0], [0, 0, 1.0]])
    flip_picture = np.array([[-1, 0, picture_width], [0, 1, 0], [0, 0, 1.0]])
    return (flip_crop @ _square(affine) @ flip_picture)[:2]


def expand(affine: np.ndarray, factor: float, size: int) -> np.ndarray:
    """The map to a crop of `size` pixels about the same middle as a crop of `size` pixels, that shows `factor` times as much."""
    about = np.array([[1 / factor, 0, size / 2 * (1 - 1 / factor)], [0, 1 / factor, size / 2 * (1 - 1 / factor)], [0, 0, 1.0]])
    return (about @ _square(affine))[:2]


def cut(image: Windows, affine: np.ndarray, size: int) -> np.ndarray:
    """Cut an upright crop out of a picture, without aliasing when it shrinks.

    Parameters
    ----------
    image : (H, W, 3) float32 in [0, 1] or uint8, of which only the part that the crop shows is looked at.

    Returns
    -------
    (size, size, 3) float32 in [0, 1], grey (`PADDING`) where the crop leaves the picture.
    """
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    x0, y0, x1, y1 = crop_window(affine, size, image.shape, margin=2 / min(scale, 1))
    if x1 <= x0 or y1 <= y0:
        return np.full((size, size, 3), PADDING, np.float32)
    if scale >= 1:
        part, to_picture = image[y0:y1, x0:x1], np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1.0]])
    else:
        # Warping alone would skip pixels. Average the part that the crop shows down to the crop's own scale, then turn it.
        width, height = max(round((x1 - x0) * scale), 1), max(round((y1 - y0) * scale), 1)
        part = reduced(image, (x0, y0, x1, y1), (width, height))
        to_picture = np.array([[(x1 - x0) / width, 0, x0], [0, (y1 - y0) / height, y0], [0, 0, 1.0]])
    if part.dtype == np.uint8:
        part = part.astype(np.float32) / np.float32(255)
    return cv2.warpAffine(
        part,
        _for_opencv((_square(affine) @ to_picture)[:2]),
        (size, size),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(PADDING, PADDING, PADDING),
    )


def reduced(image: Windows, window: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
    """A window of a picture, (x0, y0, x1, y1), averaged down to (width, height): (height, width, 3) of the picture's dtype."""
    x0, y0, x1, y1 = window
    if isinstance(image, Reducible):
        return image.reduced(window, size)
    return cv2.resize(image[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA)


def crop_window(affine: np.ndarray, size: int, shape: tuple[int, ...], margin: float = 0.0) -> tuple[int, int, int, int]:
    """The whole-pixel box of the picture that a crop of `size` pixels shows, clipped to the picture."""
    corners = apply(invert(affine), np.array([[0, 0], [size, 0], [size, size], [0, size]]))
    low, high = np.floor(corners.min(axis=0) - margin), np.ceil(corners.max(axis=0) + margin)
    x0, y0 = (int(np.clip(v, 0, limit)) for v, limit in zip(low, (shape[1], shape[0]), strict=True))
    x1, y1 = (int(np.clip(v, 0, limit)) for v, limit in zip(high, (shape[1], shape[0]), strict=True))
    return x0, y0, x1, y1


def warp_to_window(values: np.ndarray, affine: np.ndarray, window: tuple[int, int, int, int]) -> np.ndarray:
    """Carry a map on the crop back to a window of the picture.

    Parameters
    ----------
    values : (S, S) float32 on the crop.
    affine : picture to crop.
    window : (x0, y0, x1, y1) of the picture.

    Returns
    -------
    (y1 - y0, x1 - x0) float32; zero outside the crop.
    """
    x0, y0, x1, y1 = window
    if x1 <= x0 or y1 <= y0:
        return np.zeros((max(y1 - y0, 0), max(x1 - x0, 0)), np.float32)
    shifted = affine.copy()
    shifted[:, 2] += affine[:, :2] @ (x0, y0)
    scale = float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))
    if scale > 1:  # the crop is finer than the picture: average it first, as far as the window shows it
        sigma = 0.5 * float(np.sqrt(scale**2 - 1))
        corners = apply(shifted, np.array([(x, y) for x in (0, x1 - x0) for y in (0, y1 - y0)], float))
        limits = np.array(values.shape[::-1])
        left, top = np.clip(np.floor(corners.min(axis=0) - 4 * sigma - 2), 0, limits).astype(int)
        right, bottom = np.clip(np.ceil(corners.max(axis=0) + 4 * sigma + 2), 0, limits).astype(int)
        if left >= right or top >= bottom:
            return np.zeros((y1 - y0, x1 - x0), np.float32)
        values = values[top:bottom, left:right]
        shifted[:, 2] -= (left, top)
        cell = min(int(scale), *values.shape)  # a crop may be a few pixels
        if cell > 1:  # and squares of it before
            values = in_cells(values, cell)
            shifted /= cell
            sigma = float(np.sqrt(sigma**2 - (cell**2 - 1) / 12)) / cell
        values = cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(values, _for_opencv(shifted), (x1 - x0, y1 - y0), flags=flags, borderMode=cv2.BORDER_CONSTANT)


def contour(mask: np.ndarray) -> np.ndarray:
    """The outline of a mask's largest part.

    Parameters
    ----------
    mask : (H, W), soft (the outline is where it crosses one half) or bool.

    Returns
    -------
    (N, 2) float64 points (x, y), pixel centres of the outermost pixels inside; (0, 2) if the mask is empty.
    """
    inside = (np.asarray(mask) >= 0.5).astype(np.uint8)
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return np.zeros((0, 2))
    largest = max(outlines, key=cv2.contourArea)
    return largest[:, 0].astype(float) + 0.5
