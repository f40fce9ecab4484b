"""Which pictures are the same photo, told by a perceptual hash."""

from __future__ import annotations

import cv2
import numpy as np

__all__ = ["ALIKE", "groups_of_copies", "picture_hash"]

#: Hashes that differ in at most so many of their 64 bits are of the same photo.
ALIKE = 6
_ROWS = 2048


def picture_hash(grey: np.ndarray) -> np.ndarray:
    """(H, W) uint8 → (64,) bool, pHash: signs of the 8x8 lowest frequencies of a 32x32 picture against their median."""
    low = cv2.dct(cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32))[:8, :8].ravel()
    return low > np.median(low[1:])


def groups_of_copies(hashes: np.ndarray) -> np.ndarray:
    """(N, 64) bool → (N,) int, for each picture the first one that it is a copy of, directly or through others; itself if none."""
    first = np.arange(len(hashes))

    def root(index: int) -> int:
        while first[index] != index:
            index = first[index]
        return index

    signs = np.where(hashes, 1, -1).astype(np.float32)
    for start in range(0, len(signs), _ROWS):
        alike = signs[start : start + _ROWS] @ signs.T >= 64 - 2 * ALIKE  # equal bits less unequal ones
        for row, other in np.argwhere(alike):
            one, two = root(start + row), root(other)
            first[max(one, two)] = min(one, two)
    return np.array([root(index) for index in range(len(first))], dtype=int)
