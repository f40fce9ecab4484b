"""A picture of what a model gets right and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from facefx.labels import scheme

from .data import Pictures

__all__ = ["contact_sheet", "palette"]


def palette() -> np.ndarray:
    """(256, 3) uint8 RGB colours of label indices: black background, well-spread hues, grey for 255."""
    colours = np.full((256, 3), 128, np.uint8)
    count = len(scheme("celebamask"))
    hues = (np.arange(count) * 77 % 180).astype(np.uint8)
    values = np.where(np.arange(count) % 2, 255, 180).astype(np.uint8)
    hsv = np.stack([hues, np.full(count, 200, np.uint8), values], -1)[None]
    colours[:count] = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0]
    colours[0] = 0
    return colours


def contact_sheet(pictures: Pictures, predictions: Sequence[np.ndarray], path: Path, *, rows: int = 12, side: int = 192) -> None:
    """Write rows of picture, labels, prediction and errors (white where they differ), the worst pictures first, two to a line."""
    wrong = [float((p != t).mean()) for p, t in zip(predictions, pictures.labels, strict=True)]
    colours = palette()
    tiles = []
    for index in np.argsort(wrong)[::-1][: 2 * rows]:
        truth, said = pictures.labels[index], predictions[index]
        errors = np.repeat((truth != said)[..., None] * np.uint8(255), 3, axis=2)
        views = (pictures.images[index], colours[truth], colours[said], errors)
        tiles.append(np.hstack([cv2.resize(view, (side, side), interpolation=cv2.INTER_AREA) for view in views]))
    if len(tiles) % 2:
        tiles.append(np.zeros_like(tiles[0]))
    lines = [np.hstack(tiles[i : i + 2]) for i in range(0, len(tiles), 2)]
    cv2.imwrite(str(path), cv2.cvtColor(np.vstack(lines), cv2.COLOR_RGB2BGR))
