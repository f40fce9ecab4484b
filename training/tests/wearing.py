"""Tiny faces that wear something, and one that wears nothing."""

from __future__ import annotations

import cv2
import numpy as np
from tiny_faces import COLOURS, face, index

from facefx_training.data import Pictures

SIZE = 128


def wearing(part: str | None, seed: int = 0, *, turned: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A `SIZE`-pixel face and its labels; `turned` shifts its nose to its left, by half of the eyes' distance for 1."""
    image, labels = face(SIZE, seed)
    labels[labels == index("nose")] = index("skin")
    eyes = [np.argwhere(labels == index(eye)).mean(0)[::-1] for eye in ("right_eye", "left_eye")]
    x, y = (eyes[0] + eyes[1]) / 2
    wide = eyes[1][0] - eyes[0][0]
    _ellipse(labels, "nose", (x + turned * wide / 2, y + 13), (5, 9))
    if part == "eyeglasses":
        seen = np.isin(labels, [index("left_eye"), index("right_eye")])
        before = labels.copy()
        for eye in eyes:
            _ellipse(labels, part, eye, (11, 9))
        labels[seen] = before[seen]
    elif part == "hat":
        _ellipse(labels, part, (x, y - 40), (48, 28))
    elif part == "earring":
        for side in (-1, 1):
            _ellipse(labels, part, (x + side * 1.3 * wide, y + 22), (4, 6))
    elif part == "necklace":
        bare = labels == index("neck")
        thread = np.zeros_like(labels)
        cv2.ellipse(thread, (round(x), round(y + 51)), (20, 4), 0, 0, 180, 1, 3)
        labels[(thread > 0) & bare] = index(part)
    noise = np.random.default_rng(seed).normal(0, 4, image.shape)
    return (COLOURS[labels] + noise).clip(0, 255).astype(np.uint8), labels


def pictures(*faces: tuple[np.ndarray, np.ndarray], soft: np.ndarray | None = None) -> Pictures:
    return Pictures([str(k) for k in range(len(faces))], np.stack([f[0] for f in faces]), np.stack([f[1] for f in faces]), soft)


def _ellipse(labels: np.ndarray, part: str, center: np.ndarray | tuple[float, float], axes: tuple[int, int]) -> None:
    cv2.ellipse(labels, (round(center[0]), round(center[1])), axes, 0, 0, 360, index(part), -1)
