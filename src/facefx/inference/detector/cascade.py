"""The detector that needs no model file: OpenCV's cascades, frontal and profile (Viola, Jones 2001; Lienhart, Maydt 2002)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import local
from typing import Any, cast

import cv2
import numpy as np

from ...errors import ModelError
from ...face.values import Box, Detection

__all__ = ["CascadeDetector"]

#: The picture is searched at this many pixels along its longer side; faces under a twentieth of that are not looked for.
SEARCH_SIZE = 640
SMALLEST = 30


@cache
def _cascade_path(name: str) -> str:
    path = Path(cv2.__file__).parent / "data" / f"haarcascade_{name}.xml"
    if not hasattr(cv2, "CascadeClassifier") or not path.exists():
        raise ModelError(
            f"OpenCV {cv2.__version__} has no cascades, as none has from version 5 on; take another detector, such as 'finder', "
            "or pip install 'opencv-python-headless<5'"
        )
    return str(path)


class CascadeDetector:
    """Finds faces from the front and from the side on a small grey copy of the picture.

    Their tilt comes from the eyes where both are found.
    """

    def __init__(self) -> None:
        self._mine = local()  # OpenCV's classifiers keep state, so each thread has its own

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        """Faces in (H, W, 3) float32 RGB in [0, 1], the surest first."""
        scale = min(1.0, SEARCH_SIZE / max(rgb.shape[:2]))
        size = max(round(scale * rgb.shape[1]), 1), max(round(scale * rgb.shape[0]), 1)
        small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
        grey = cv2.cvtColor(np.clip(small * 255 + 0.5, 0, 255).astype(np.uint8), cv2.COLOR_RGB2GRAY)
        grey = cv2.createCLAHE(2.0, (8, 8)).apply(grey)
        found = [*self._search(grey, "frontalface_default", 1.0), *self._search(grey, "profileface", 0.6)]
        width = grey.shape[1]
        for x, y, w, h, weight in self._search(np.ascontiguousarray(grey[:, ::-1]), "profileface", 0.6):
            found.append((width - x - w, y, w, h, weight))
        kept = _without_overlaps(found)
        return [Detection(Box(x / scale, y / scale, (x + w) / scale, (y + h) / scale), self._roll(grey, (x, y, w, h)), s)
                for x, y, w, h, s in kept]  # fmt: skip

    def _search(self, grey: np.ndarray, name: str, trust: float) -> list[tuple[int, int, int, int, float]]:
        boxes, _, weights = self._classifier(name).detectMultiScale3(
            grey, scaleFactor=1.1, minNeighbors=4, minSize=(SMALLEST, SMALLEST), outputRejectLevels=True
        )
        return [
            (int(x), int(y), int(w), int(h), trust * float(1 - np.exp(-max(weight, 0.1) / 3)))
            for (x, y, w, h), weight in zip(boxes, weights, strict=True)
        ]

    def _roll(self, grey: np.ndarray, face: tuple[int, int, int, int]) -> float:
        """Degrees, clockwise positive, from the line through the eyes; 0 if they cannot both be seen."""
        x, y, w, h = face
        top = grey[y : y + round(0.6 * h), x : x + w]
        eyes = self._classifier("eye").detectMultiScale(top, 1.1, 6, minSize=(max(w // 8, 8),) * 2, maxSize=(w // 3,) * 2)
        middles = [(ex + ew / 2, ey + eh / 2, ew) for ex, ey, ew, eh in eyes]
        left = [m for m in middles if m[0] < 0.45 * w]
        right = [m for m in middles if m[0] > 0.55 * w]
        if not left or not right:
            return 0.0
        a, b = max(left, key=lambda m: m[2]), max(right, key=lambda m: m[2])
        roll = float(np.degrees(np.arctan2(b[1] - a[1], b[0] - a[0])))
        return roll if abs(roll) < 30 else 0.0  # further than that the frontal cascade would not have seen the face

    def _classifier(self, name: str) -> Any:
        loaded = self._mine.__dict__
        if name not in loaded:
            path = _cascade_path(name)
            loaded[name] = cast(Any, cv2).CascadeClassifier(path)  # which OpenCV's types know up to version 4 only
        return loaded[name]


def _without_overlaps(boxes: list[tuple[int, int, int, int, float]]) -> list[tuple[int, int, int, int, float]]:
    """The surest boxes; others whose middle lies in one of them are dropped."""
    kept: list[tuple[int, int, int, int, float]] = []
    for box in sorted(boxes, key=lambda b: -b[4]):
        x, y, w, h, _ = box
        if not any(_holds(k, x + w / 2, y + h / 2) or _holds(box, k[0] + k[2] / 2, k[1] + k[3] / 2) for k in kept):
            kept.append(box)
    return kept


def _holds(box: tuple[int, int, int, int, float], px: float, py: float) -> bool:
    x, y, w, h, _ = box
    return x <= px < x + w and y <= py < y + h
