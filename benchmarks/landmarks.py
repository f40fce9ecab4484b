"""Folders of pictures with 68 landmarks each, as ytfaces68: images/ and landmarks.csv (image, x0, y0, ... x67, y67; pixels)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

__all__ = ["read_landmarks"]


def read_landmarks(folder: Path) -> tuple[list[str], np.ndarray]:
    """Each row's file name, and (F, 68, 2) points in iBUG's order. A picture may have several rows; the last is the best."""
    with (folder / "landmarks.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [row[0] for row in rows], np.array([row[1:] for row in rows], float).reshape(-1, 68, 2)
