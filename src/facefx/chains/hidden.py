"""What was hidden stays hidden: later effects know where eyes, lips and hair were, and may not draw them there again."""

from __future__ import annotations

import cv2
import numpy as np

from ..face.face import Face
from ..image.canvas import Canvas, Window

__all__ = ["is_hidden", "with_hidden", "with_hidden_whole", "without_hidden"]

#: Holes of fewer pixels across are pixels that had the colour by chance that hides them.
_HOLE = 5


def with_hidden(hidden: np.ndarray | None, before: Canvas, after: Canvas, window: Window) -> np.ndarray:
    """(H, W) bool: what was hidden, and what an effect that hides has changed since in a window."""
    x0, y0, x1, y1 = window
    changed = (before[y0:y1, x0:x1] != after[y0:y1, x0:x1]).any(axis=2).astype(np.uint8)
    whole = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((_HOLE, _HOLE), np.uint8)) > 0
    result = np.zeros(after.shape[:2], bool) if hidden is None else hidden.copy()
    result[y0:y1, x0:x1] |= whole
    return result


def without_hidden(mask: np.ndarray, hidden: np.ndarray, window: Window) -> np.ndarray:
    """A window's mask, (h, w) float32, with nothing where somebody is hidden."""
    x0, y0, x1, y1 = window
    return np.where(hidden[y0:y1, x0:x1], np.float32(0), mask)


def with_hidden_whole(mask: np.ndarray, hidden: np.ndarray, *, in_it: bool) -> np.ndarray:
    """The mask of a region of the whole picture, (H, W) float32, that does not cut through what is hidden of a person.

    A head's outline with its hair would be drawn on it otherwise. Where something else was hidden by mistake the mask stays.

    Parameters
    ----------
    in_it : whether what is hidden belongs to the region, which is that of people; else to what is left alone.
    """
    inside = mask > 0.5 if in_it else mask < 0.5
    _, parts = cv2.connectedComponents(hidden.astype(np.uint8), connectivity=8)
    of_people = hidden & np.isin(parts, np.unique(parts[inside & hidden]))
    return np.where(of_people, np.float32(in_it), mask)


def is_hidden(face: Face, hidden: np.ndarray) -> bool:
    """Whether most of a face is: to move its parts would show where they are."""
    height, width = hidden.shape
    x0, y0 = max(int(face.box.x0), 0), max(int(face.box.y0), 0)
    x1, y1 = min(int(face.box.x1), width), min(int(face.box.y1), height)
    return x0 < x1 and y0 < y1 and bool(hidden[y0:y1, x0:x1].mean() > 0.5)
