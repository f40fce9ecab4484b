"""Large pictures in parts: cells of several pixels, which is enough for what varies slowly, and tiles, of which few need work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

__all__ = ["Enlarged", "in_cells", "tiles", "tiles_of_cells"]


def in_cells(values: np.ndarray, cell: int) -> np.ndarray:
    """An (H, W) or (H, W, 3) picture with each square of `cell` pixels a side averaged; at the far borders one may be cut."""
    if cell == 1:
        return np.ascontiguousarray(values, np.float32)
    height, width = (n // cell for n in values.shape[:2])
    whole = cv2.resize(values[: height * cell, : width * cell], (width, height), interpolation=cv2.INTER_AREA)
    beyond = (int(values.shape[0] > height * cell), int(values.shape[1] > width * cell))
    return np.asarray(cv2.copyMakeBorder(whole, 0, beyond[0], 0, beyond[1], cv2.BORDER_REPLICATE))


@dataclass(frozen=True, eq=False)
class Enlarged:
    """A picture in cells, (h, w) or (h, w, 3), of which parts can be had in pixels, bilinearly: ``enlarged[rows, columns]``."""

    values: np.ndarray
    cell: int

    def __getitem__(self, part: tuple[slice, slice]) -> np.ndarray:
        if self.cell == 1:
            return self.values[part]
        cells = tuple(slice(max(span.start // self.cell - 1, 0), -(-span.stop // self.cell) + 1) for span in part)
        near = self.values[cells]
        full = cv2.resize(near, (near.shape[1] * self.cell, near.shape[0] * self.cell), interpolation=cv2.INTER_LINEAR)
        inside = (slice(p.start - c.start * self.cell, p.stop - c.start * self.cell) for p, c in zip(part, cells, strict=True))
        return np.asarray(full[tuple(inside)])


def tiles(where: np.ndarray, side: int = 96) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the tiles of that many pixels a side in which `where`, (H, W), is not zero anywhere.

    Up to four that lie side by side are one, and each is cut down to what is chosen in it.
    """
    height, width = where.shape
    starts = np.arange(0, width, side)
    for top in range(0, height if width else 0, side):
        band: np.ndarray = np.asarray(where[top : top + side], bool)
        filled = np.asarray(band.any(axis=0))
        chosen = np.flatnonzero(np.logical_or.reduceat(filled, starts))
        runs = np.split(chosen, np.flatnonzero((np.diff(chosen) > 1) | (np.diff(chosen // 4) > 0)) + 1)
        for run in runs if chosen.size else ():
            left = int(run[0]) * side
            columns = np.flatnonzero(filled[left : (int(run[-1]) + 1) * side])
            begin, end = left + int(columns[0]), left + int(columns[-1]) + 1
            rows = np.flatnonzero(band[:, begin:end].any(axis=1))
            yield slice(top + int(rows[0]), top + int(rows[-1]) + 1), slice(begin, end)


def tiles_of_cells(where: np.ndarray, cell: int, shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """The tiles, in pixels, of a picture of that shape that hold a chosen cell, or one next to it: between the two both count."""
    for tile in tiles(cv2.dilate(where.astype(np.uint8), np.ones((3, 3), np.uint8)), max(64 // cell, 4)):
        rows, columns = (slice(span.start * cell, min(span.stop * cell, n)) for span, n in zip(tile, shape[:2], strict=True))
        yield rows, columns
