"""Large pictures in parts: cells of several pixels, which is enough for what varies slowly, and tiles, of which few need work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

__all__ = ["Enlarged", "EnlargedPlanes", "InParts", "broadly", "cell_of_mean", "in_cells", "tiles", "tiles_of_cells"]

#: Deviations of a mean that go into a cell, about, on which it is found.
_OF_MEAN = 1.7


def in_cells(values: np.ndarray, cell: int) -> np.ndarray:
    """An (H, W) or (H, W, 3) picture with each square of `cell` pixels a side averaged; at the far borders one may be cut."""
    if cell == 1:
        return np.ascontiguousarray(values, np.float32)
    side, (height, width) = cell, (n // cell for n in values.shape[:2])
    whole = values[: height * cell, : width * cell]
    while values.ndim == 3 and cell % 2 == 0:  # their mean lies straight between two pixels, which OpenCV finds four times as fast
        cell //= 2
        whole = cv2.resize(whole, (width * cell, height * cell), interpolation=cv2.INTER_LINEAR)
    if cell > 1:
        whole = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    below, right = int(values.shape[0] > height * side), int(values.shape[1] > width * side)
    return np.asarray(cv2.copyMakeBorder(whole, 0, below, 0, right, cv2.BORDER_REPLICATE) if below or right else whole)


def cell_of_mean(sigma: float, shape: tuple[int, ...]) -> int:
    """The side of the cells on which a Gaussian mean over a picture of that shape is found: broad ones need no more."""
    return max(min(round(sigma / _OF_MEAN), *shape[:2]), 1)


def broadly(values: np.ndarray, sigma: float, cell: int) -> np.ndarray:
    """The Gaussian mean of an (H, W) or (H, W, 3) picture, in cells; `sigma` is in pixels."""
    # to average cells and to go straight from one to the next blurs, too: as a deviation of half a cell
    left = max(float(np.sqrt(max(sigma**2 - cell**2 / 4, 0))) / cell if cell > 1 else sigma, 0.3)
    side = 2 * int(np.ceil(3 * left)) + 1  # what lies farther is a four hundredth
    return np.asarray(cv2.GaussianBlur(in_cells(values, cell), (side, side), left))


class InParts(Protocol):
    """An (H, W, ...) array, or what makes its parts when they are asked for: ``parts[rows, columns]``."""

    def __getitem__(self, part: tuple[slice, slice], /) -> np.ndarray: ...


@dataclass(frozen=True, eq=False)
class Enlarged:
    """A picture in cells, (h, w) or (h, w, 3), of which parts can be had in pixels, bilinearly: ``enlarged[rows, columns]``."""

    values: np.ndarray
    cell: int

    def __getitem__(self, part: tuple[slice, slice]) -> np.ndarray:
        if self.cell == 1:
            return self.values[part]
        near, inside = _around(part, self.cell)
        return _enlarged(self.values[near], self.cell)[inside]

    def all_of(self, shape: tuple[int, ...]) -> np.ndarray:
        """All of it, at the height and width of `shape`."""
        return np.ascontiguousarray(self[slice(0, shape[0]), slice(0, shape[1])])


@dataclass(frozen=True, eq=False)
class EnlargedPlanes:
    """Several pictures in cells, as (N, h, w), of which parts can be had in pixels: (N, H, W).

    One picture of as many channels takes longer: with more than four OpenCV is slow.
    """

    values: np.ndarray
    cell: int

    def __getitem__(self, part: tuple[slice, slice]) -> np.ndarray:
        if self.cell == 1:
            return self.values[:, *part]
        near, inside = _around(part, self.cell)
        cells = self.values[:, *near]
        full = np.empty((len(cells), cells.shape[1] * self.cell, cells.shape[2] * self.cell), np.float32)
        for plane, target in zip(cells, full, strict=True):
            _enlarged(plane, self.cell, target)
        return full[:, *inside]


def _around(part: tuple[slice, slice], cell: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The cells round a part, and where it lies in them, in pixels."""
    rows, columns = (slice(max(span.start // cell - 1, 0), -(-span.stop // cell) + 1) for span in part)
    up, left = rows.start * cell, columns.start * cell
    inside = slice(part[0].start - up, part[0].stop - up), slice(part[1].start - left, part[1].stop - left)
    return (rows, columns), inside


def _enlarged(values: np.ndarray, cell: int, full: np.ndarray | None = None) -> np.ndarray:
    size = values.shape[1] * cell, values.shape[0] * cell
    return np.asarray(cv2.resize(values, size, dst=full, interpolation=cv2.INTER_LINEAR))


def tiles(where: np.ndarray, side: int = 96) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the tiles of that many pixels a side in which `where`, (H, W), is not zero anywhere.

    Up to four that lie side by side are one, and each is cut down to what is chosen in it.
    """
    height, width = where.shape
    starts = np.arange(0, width, side)
    for top in range(0, height if width else 0, side):
        band = np.asarray(where[top : top + side], bool).view(np.uint8)
        chosen = np.flatnonzero(np.maximum.reduceat(band.max(axis=0), starts)).tolist()
        runs: list[list[int]] = []
        for tile in chosen:
            if runs and tile == runs[-1][1] and tile % 4:
                runs[-1][1] += 1
            else:
                runs.append([tile, tile + 1])
        for first, last in runs:
            left, up, across, down = cv2.boundingRect(band[:, first * side : last * side])
            yield slice(top + up, top + up + down), slice(first * side + left, first * side + left + across)


def tiles_of_cells(where: np.ndarray, cell: int, shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """The tiles, in pixels, of a picture of that shape that hold a chosen cell, or one next to it: between the two both count."""
    for tile in tiles(cv2.dilate(where.astype(np.uint8), np.ones((3, 3), np.uint8)), max(96 // cell, 4)):
        rows, columns = (slice(span.start * cell, min(span.stop * cell, n)) for span, n in zip(tile, shape[:2], strict=True))
        yield rows, columns
