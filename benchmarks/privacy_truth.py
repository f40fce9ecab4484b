"""Faces whose places are known, which must be hidden, and how many stay bare."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facefx.face.values import Box

__all__ = ["BARE", "Truth", "Way", "hull_of", "material", "nose_aside", "per_thousand"]

SEEN, BARE, GROWN, SMALLEST = 0.5, 0.9, 0.125, 24
#: Of a picture, (H, W, 3) uint8: where it is hidden, (H, W) bool, and the boxes that it is hidden for.
Way = Callable[[np.ndarray], tuple[np.ndarray, list[Box]]]


@dataclass(frozen=True)
class Truth:
    """A face that is there; `hull` is what of it must be hidden, points (x, y) in pixels."""

    box: Box
    hull: np.ndarray
    turn: float
    aside: float
    light: float
    visible: float

    @property
    def counts(self) -> bool:
        return self.visible >= SEEN and self.box.side >= SMALLEST

    def must_be_hidden(self, size: tuple[int, int]) -> np.ndarray:
        """(H, W) bool"""
        mask = np.zeros(size, np.uint8)
        cv2.fillConvexPoly(mask, cv2.convexHull(self.hull.astype(np.float32)).astype(np.int32), 1)
        reach = max(round(GROWN * self.box.side), 1)
        return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)) > 0


def hull_of(box: Box, points: np.ndarray) -> np.ndarray:
    """The eyes and the corners of the mouth that are known; where too few are, the middle of the box."""
    known = points[~np.isnan(points[:, 0])]
    if len(known) >= 4:
        return known
    (x, y), half = box.center, 0.25 * box.side
    return np.array([(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)])


def nose_aside(points: np.ndarray) -> float:
    """How far the nose lies beside the middle of the eyes, in distances between them."""
    left, right, nose = points[:3]
    across = left - right
    place = float((nose - (left + right) / 2) @ across / max(float(across @ across), 1e-9))
    return 1e9 if np.isnan(place) else abs(place)


def per_thousand(bare: Sequence[bool]) -> str:
    return f"{1000 * np.mean(bare):.0f} ‰ ({sum(bare)} of {len(bare)})" if bare else "–"


def material(faces: Path) -> tuple[list[Any], list[np.ndarray]]:
    """Heads, and patches of photos without a face."""
    from facefx_training.data import read_celebamask, read_names
    from facefx_training.detection.compose import cut_head, faceless_patch

    pairs = read_celebamask(faces, read_names(faces / "val.txt"))
    both = list(zip(pairs.images, pairs.labels, strict=True))
    heads = [head for image, labels in both if (head := cut_head(image, labels))]
    return heads, [patch for image, labels in both if (patch := faceless_patch(image, labels)) is not None]
