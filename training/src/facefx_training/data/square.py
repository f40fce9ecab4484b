"""Pictures of one size, for sets that are kept in memory as one array."""

from __future__ import annotations

import cv2
import numpy as np

from facefx.labels import IGNORE

__all__ = ["square"]


def square(image: np.ndarray, labels: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Pad to a square with grey that has no label, and resize to `size`."""
    height, width = labels.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    edges = (top, side - height - top, left, side - width - left)
    image = cv2.copyMakeBorder(image, *edges, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    labels = cv2.copyMakeBorder(labels, *edges, cv2.BORDER_CONSTANT, value=IGNORE)
    shape = (size, size)
    return cv2.resize(image, shape, interpolation=cv2.INTER_AREA), cv2.resize(labels, shape, interpolation=cv2.INTER_NEAREST_EXACT)
