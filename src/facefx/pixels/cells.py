"""Large pictures in parts: cells of several pixels, which is enough for what varies slowly, and tiles, of which few need work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

__all__ = ["Tile", "enlarged_part", "in_cells", "out_of_cells", "tiles", "tiles_of_cells"]


def in_cells(values: np.ndarray, cell: int) -> np.ndarray:
    """An (H, W) or (H, W, 3) picture with each square of `cell` pixels a side averaged; at the far borders one may be cut."""
    if cell == 1:
        return np.ascontiguousarray(values, np.float32)
    height, width = (n // cell for n in values.shape[:2])
    whole = cv2.resize(values[: height * cell, : width * cell], (width, height), interpolation=cv2.INTER_AREA)
    beyond = (int(values.shape[0] > height * cell), int(values.shape[1] > width * cell))
    return np.asarray(cv2.copyMakeBorder(whole, 0, beyond[0], 0, beyond[1], cv2.BORDER_REPLICATE))


def out_of_cells(values: np.ndarray, cell: int, shape: tuple[int, ...]) -> np.ndarray:
    """What a picture in cells, (h, w) or (h, w, 3), is in pixels, bilinearly: of the height and width of a shape."""
    if cell == 1:
        return values
    full = cv2.resize(values, (values.shape[1] * cell, values.shape[0] * cell), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full[: shape[0], : shape[1]])


def tiles(where: np.ndarray, side: int = 64) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the tiles of that many pixels a side in which `where`, (H, W), is not zero anywhere.

    Up to four that lie side by side are one.
    """
    height, width = where.shape
    starts = np.arange(0, width, side)
    for top in range(0, height if width else 0, side):
        chosen = np.flatnonzero(np.logical_or.reduceat(where[top : top + side].any(axis=0), starts))
        runs = np.split(chosen, np.flatnonzero((np.diff(chosen) > 1) | (np.diff(chosen // 4) > 0)) + 1)
        for run in runs if chosen.size else ():
            yield slice(top, min(top + side, height)), slice(int(run[0]) * side, min(int(run[-1] + 1) * side, width))


class Tile(NamedTuple):
    """A part of a picture in cells: rows and columns of the cells, and of their pixels."""

    rows: slice
    columns: slice
    pixels: tuple[slice, slice]


def tiles_of_cells(where: np.ndarray, cell: int) -> Iterator[Tile]:
    """The tiles that hold a chosen cell, or one next to it: between the two both count."""
    for rows, columns in tiles(cv2.dilate(where.astype(np.uint8), np.ones((3, 3), np.uint8)), max(64 // cell, 1)):
        yield Tile(rows, columns, np.s_[rows.start * cell : rows.stop * cell, columns.start * cell : columns.stop * cell])


def enlarged_part(values: np.ndarray, tile: Tile, cell: int, shape: tuple[int, ...]) -> np.ndarray:
    """A tile of `out_of_cells`, cut to a shape."""
    if cell == 1:
        return values[tile.pixels]
    rows, columns = (slice(max(span.start - 1, 0), span.stop + 1) for span in (tile.rows, tile.columns))
    near = values[rows, columns]
    top, left = (tile.rows.start - rows.start) * cell, (tile.columns.start - columns.start) * cell
    return out_of_cells(near, cell, (top + shape[0], left + shape[1]))[top:, left:]
