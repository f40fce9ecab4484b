"""Faces of which only 68 landmarks are known: `images/` and `landmarks.csv` (iBUG's order, pixels)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from facefx.errors import ImageError
from facefx.labels import IGNORE, Label, LabelScheme, Region

__all__ = ["FEATURES", "point_labels", "read_landmarks", "read_points"]

#: iBUG's points of each feature; its "right" brow and eye come first and are the subject's right.
FEATURES: dict[str, tuple[list[int], Region | Label]] = {
    "right_eyebrow": ([*range(17, 22)], Label.RIGHT_EYEBROW),
    "left_eyebrow": ([*range(22, 27)], Label.LEFT_EYEBROW),
    "nose": ([30], Label.NOSE),
    "right_eye": ([*range(36, 42)], Label.RIGHT_EYE),
    "left_eye": ([*range(42, 48)], Label.LEFT_EYE),
    "upper_lip": ([50, 51, 52, 61, 62, 63], Label.UPPER_LIP),
    "lower_lip": ([56, 57, 58, 65, 66, 67], Label.LOWER_LIP),
    "mouth": ([*range(48, 68)], Region.MOUTH),
}


def read_points(folder: Path) -> list[tuple[str, np.ndarray]]:
    """The file name of a photo and the (68, 2) float points (x, y) of a face in it, from each row of `landmarks.csv`.

    Its columns are image, x0, y0, ... x67, y67; a photo may have several rows.
    """
    with (folder / "landmarks.csv").open(newline="") as file:
        return [
            (row["image"], np.array([[float(row[f"{axis}{i}"]) for axis in "xy"] for i in range(68)]))
            for row in csv.DictReader(file)
        ]


def read_landmarks(folder: Path, limit: int | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(H, W, 3) uint8 RGB photos with a face's points, one by one. Raises `ImageError` for a photo that cannot be read."""
    for name, points in read_points(folder)[:limit]:
        image = cv2.imread(str(folder / "images" / name), cv2.IMREAD_COLOR_RGB)
        if image is None:
            raise ImageError(f"{folder}: images/{name} is missing or cannot be decoded.")
        yield image, points


def point_labels(points: np.ndarray, shape: tuple[int, int], scheme: LabelScheme) -> np.ndarray:
    """A label map for training from landmarks alone: a disc on the middle of each feature, and 255, unknown, everywhere else.

    Brows, nose, eyes and lips have one, as far as the scheme tells them apart; the mouth, which may be open, has none. The radius
    is 1 % of the face's width, at least one pixel: small enough to lie within a closed eye.

    Parameters
    ----------
    points : (68, 2) float, iBUG's order, pixels
    shape : (height, width)

    Returns
    -------
    (H, W) uint8
    """
    labels = np.full(shape, IGNORE, np.uint8)
    radius = max(round(0.01 * np.ptp(points[:, 0])), 1)
    for indices, region in FEATURES.values():
        classes = scheme.indices_of(region)
        if len(classes) == 1:
            x, y = points[indices].mean(0).round().astype(int).tolist()
            cv2.circle(labels, (x, y), radius, classes[0], -1)
    return labels
