"""LaPa (Liu et al. 2020) as its authors ship it: faces in the wild, 11 classes and 106 landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facefx.labels import LabelScheme, scheme

from ..sides import FEW_PIXELS, mirrored_names, sided_pairs, upright_sides
from .base import PHOTOS, Entry, Reader, Split, by_stem, decode_indices, joined

__all__ = ["Lapa", "read_landmarks", "sides_by_landmarks"]

_SPLITS: tuple[Split, ...] = ("train", "val", "test")
_COUNT = 106
#: Landmarks of the parts with sides: (the subject's left, the subject's right). The outline starts at the subject's right temple.
_LANDMARKS = {"eyebrow": (slice(42, 51), slice(33, 42)), "eye": (slice(75, 83), slice(66, 74))}


class Lapa(Reader):
    """Landmarks tell the sides, of lying and turned heads too: whose left the authors mean is not written anywhere."""

    name = "lapa"
    form = "train|val|test/images/NAME.jpg, labels/NAME.png (indices), landmarks/NAME.txt (106 points)"
    license = "non-commercial"

    @classmethod
    def fits(cls, root: Path) -> bool:
        return any((root / split / "images").is_dir() and (root / split / "labels").is_dir() for split in _SPLITS)

    @property
    def scheme(self) -> LabelScheme:
        return scheme("lapa")

    def entries(self) -> Iterator[Entry]:
        for split in _SPLITS:
            masks = {name: (path,) for name, path in by_stem(self.root / split / "labels", (".png",)).items()}
            yield from joined(by_stem(self.root / split / "images", PHOTOS), masks, split)

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        return decode_indices(entry.name, entry.masks[0], range(len(self.scheme)))

    def correct_sides(self, labels: np.ndarray, entry: Entry) -> np.ndarray:
        mask = entry.masks[0]
        landmarks = read_landmarks(mask.parents[1] / "landmarks" / f"{mask.stem}.txt")
        if landmarks is None:
            return upright_sides(labels, self.scheme)
        return sides_by_landmarks(labels, self.scheme, landmarks)


def read_landmarks(path: Path) -> np.ndarray | None:
    """(106, 2) float64 points (x, y), pixels; None if there are none or the file is not a count and that many points."""
    try:
        numbers = [float(word) for word in path.read_text().split()]
    except (OSError, ValueError):
        return None
    if numbers[:1] != [_COUNT] or len(numbers) != 1 + 2 * _COUNT:
        return None
    return np.array(numbers[1:]).reshape(_COUNT, 2)


def sides_by_landmarks(labels: np.ndarray, scheme: LabelScheme, landmarks: np.ndarray) -> np.ndarray:
    """(H, W) uint8 labels of which eyes and eyebrows have the names of the landmarks that they lie nearer to."""
    names = {scheme.classes[left].removeprefix("left_"): (left, right) for left, right in sided_pairs(scheme)}
    votes = 0.0
    for part, (left_points, right_points) in _LANDMARKS.items():
        left_center, right_center = landmarks[left_points].mean(0), landmarks[right_points].mean(0)
        for index, own, other in zip(names[part], (left_center, right_center), (right_center, left_center), strict=True):
            rows, columns = np.nonzero(labels == index)
            if rows.size >= FEW_PIXELS:
                center = np.array([columns.mean(), rows.mean()]) + 0.5
                votes += np.sign(np.linalg.norm(center - other) - np.linalg.norm(center - own))
    return mirrored_names(labels, scheme) if votes < 0 else labels
