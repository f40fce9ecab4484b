"""Photos of which only 68 landmarks are known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np

from facefx.labels import LabelScheme, scheme

from ..landmarks import point_labels, read_points
from .base import PHOTOS, Entry, Reader, Split, by_stem, joined

__all__ = ["Points", "part_of"]


class Points(Reader):
    """A few pixels on each feature are labelled, and nothing else (`point_labels`).

    Photos of one person, whose name stands before the last underscore, go to one part of the split, about 7:2:1.
    """

    name = "landmarks68"
    form = "images/PERSON_NUMBER.jpg, landmarks.csv (image, x0, y0, ... x67, y67: iBUG's order, pixels)"

    @classmethod
    def fits(cls, root: Path) -> bool:
        return (root / "images").is_dir() and (root / "landmarks.csv").is_file()

    @property
    def scheme(self) -> LabelScheme:
        return scheme("celebamask")

    @cached_property
    def points(self) -> dict[str, np.ndarray]:
        """By the stem of a photo's name; of several rows the last counts."""
        return {Path(name).stem: points for name, points in read_points(self.root)}

    def entries(self) -> Iterator[Entry]:
        masks = dict.fromkeys(self.points, (self.root / "landmarks.csv",))
        for entry in joined(by_stem(self.root / "images", PHOTOS), masks):
            yield Entry(entry.name, entry.photo, entry.masks, part_of(entry.name.rpartition("_")[0] or entry.name))

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        assert entry.photo is not None  # `read` has asked
        return point_labels(self.points[entry.photo.stem], shape, self.scheme)

    def correct_sides(self, labels: np.ndarray, entry: Entry) -> np.ndarray:
        return labels  # the order of the landmarks says whose left is left


def part_of(person: str) -> Split:
    """The part of the split that a person's photos go to: it hangs on the name alone."""
    tenth = hashlib.sha256(person.encode()).digest()[0] * 10 // 256
    return "train" if tenth < 7 else "val" if tenth < 9 else "test"
