"""What a trained detector's numbers mean: a code for faces, relative to cells of three grids.

A picture of H x W pixels, both multiples of 32, is covered by a grid of cells of 8 pixels, one of 16 and one of 32, in that order
and each row by row. A cell says of the face that it is part of (anchor-free, as in FCOS: Tian et al. 2019):

    0      score, how sure it is that there is one and how well it knows its box
    1, 2   from the cell's middle to the box's, in cells
    3      logarithm of the box's side, in fours of cells
    4, 5   cosine and sine of the roll
    6-15   x and y of the five points, from the box's middle, in sides
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["CHANNELS", "STRIDES", "Faces", "cells", "decode", "doubles", "without_doubles"]

STRIDES = (8, 16, 32)
CHANNELS = 16
#: A code of the size outside of this is taken for it: sides from a seventh of a cell to over 200 cells.
_SIZE_RANGE = (-3.3, 4.0)
#: Two boxes are one face if they share this much of their union, or this much of the smaller one.
_SAME, _WITHIN = 0.4, 0.7


@dataclass(frozen=True, eq=False)
class Faces:
    """N faces: `squares` (N, 3) middle (x, y) and side, `scores` (N,), `rolls` (N,) in degrees, `points` (N, 5, 2); in pixels."""

    squares: np.ndarray
    scores: np.ndarray
    rolls: np.ndarray
    points: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def chosen(self, which: np.ndarray) -> Faces:
        """Those at the given indices, or where a mask is true."""
        return Faces(self.squares[which], self.scores[which], self.rolls[which], self.points[which])

    def moved(self, scale: float, x: float, y: float) -> Faces:
        """The faces in another picture, which shows this one enlarged by `scale` with its corner at (x, y)."""
        squares = self.squares * scale + (x, y, 0)
        return Faces(squares, self.scores, self.rolls, self.points * scale + (x, y))

    @staticmethod
    def joined(parts: list[Faces]) -> Faces:
        """All faces of several."""
        return Faces(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("squares", "scores", "rolls", "points")))


def cells(height: int, width: int) -> np.ndarray:
    """(A, 3) float32: middle (x, y) and stride of each cell of a picture whose sides are multiples of 32."""
    grids = []
    for stride in STRIDES:
        rows, columns = np.indices((height // stride, width // stride))
        middles = (np.column_stack([columns.ravel(), rows.ravel()]) + 0.5) * stride
        grids.append(np.column_stack([middles, np.full(len(middles), stride)]))
    return np.concatenate(grids).astype(np.float32)


def decode(codes: np.ndarray, height: int, width: int, threshold: float) -> Faces:
    """The faces that (A, 16) float32 codes tell of, whose score is at least `threshold`; several of each face."""
    sure = np.flatnonzero(codes[:, 0] >= threshold)
    code, cell = codes[sure].astype(float), cells(height, width)[sure].astype(float)
    middles = cell[:, :2] + code[:, 1:3] * cell[:, 2:]
    sides = 4 * cell[:, 2] * np.exp(np.clip(code[:, 3], *_SIZE_RANGE))
    points = middles[:, None] + code[:, 6:].reshape(-1, 5, 2) * sides[:, None, None]
    rolls = np.degrees(np.arctan2(code[:, 5], code[:, 4]))
    return Faces(np.column_stack([middles, sides]), code[:, 0], rolls, points)


def without_doubles(faces: Faces) -> Faces:
    """The surest of the boxes that are on one face, the surest first."""
    faces = faces.chosen(np.argsort(-faces.scores, kind="stable"))
    left = np.ones(len(faces), bool)
    kept = []
    for first in range(len(faces)):
        if left[first]:
            kept.append(first)
            left &= ~doubles(faces, faces.chosen(np.array([first])))
    return faces.chosen(np.array(kept, int))


def doubles(faces: Faces, others: Faces, within: float = _WITHIN) -> np.ndarray:
    """(N,) bool: which faces are one with any of some others: by what they share of both, or `within` the smaller one."""
    low, high = (faces.squares[:, :2] + sign * faces.squares[:, 2:] / 2 for sign in (-1, 1))
    areas = faces.squares[:, 2] ** 2
    found = np.zeros(len(faces), bool)
    for x, y, side in others.squares:
        middle = np.array([x, y])
        shared = np.clip(np.minimum(high, middle + side / 2) - np.maximum(low, middle - side / 2), 0, None).prod(axis=1)
        found |= (shared >= _SAME * (areas + side**2 - shared)) | (shared > within * np.minimum(areas, side**2))
    return found
