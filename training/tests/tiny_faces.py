"""Tiny synthetic faces in the layout of CelebAMask-HQ."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from facefx.labels import scheme

PARTS = {  # centre and half axes of an ellipse, in fractions of the picture; the subject's left lies to the right
    "hair": (0.5, 0.45, 0.4, 0.4),
    "neck": (0.5, 0.85, 0.15, 0.15),
    "skin": (0.5, 0.5, 0.28, 0.34),
    "left_eyebrow": (0.62, 0.36, 0.08, 0.03),
    "right_eyebrow": (0.38, 0.36, 0.08, 0.03),
    "left_eye": (0.62, 0.44, 0.06, 0.03),
    "right_eye": (0.38, 0.44, 0.06, 0.03),
    "nose": (0.5, 0.54, 0.05, 0.09),
    "upper_lip": (0.5, 0.68, 0.1, 0.03),
    "lower_lip": (0.5, 0.73, 0.1, 0.03),
}
CELEBAMASK = scheme("celebamask")
#: RGB of each part.
COLOURS = np.random.default_rng(7).integers(0, 255, (19, 3))


def index(part: str) -> int:
    return CELEBAMASK.indices_of(part)[0]


def face(size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(size, size, 3) uint8 picture of a face, each part in its own colour, and its (size, size) uint8 labels."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.uint8)
    shift = rng.uniform(-0.03, 0.03, 2)
    for part, (x, y, half_width, half_height) in PARTS.items():
        center = (round((x + shift[0]) * size), round((y + shift[1]) * size))
        cv2.ellipse(labels, center, (round(half_width * size), max(round(half_height * size), 1)), 0, 0, 360, index(part), -1)
    noisy = COLOURS[labels] + rng.normal(0, 4, (size, size, 3))
    return noisy.clip(0, 255).astype(np.uint8), labels


def write_pairs(root: Path, count: int, size: int = 96) -> None:
    (root / "images").mkdir(parents=True)
    (root / "labels").mkdir()
    names = [f"face{i}" for i in range(count)]
    for i, name in enumerate(names):
        image, labels = face(size, i)
        cv2.imwrite(str(root / "images" / f"{name}.jpg"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        cv2.imwrite(str(root / "labels" / f"{name}.png"), labels)
    (root / "train.txt").write_text("\n".join(names[:-2]))
    (root / "val.txt").write_text("\n".join(names[-2:]))


def read_picture(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB."""
    return cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
