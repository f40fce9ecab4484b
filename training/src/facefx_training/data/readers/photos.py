"""Photos alone, of which nothing is labelled: for a teacher to label, or to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facefx.labels import IGNORE, LabelScheme, scheme

from .base import PHOTOS, Entry, Reader, by_stem, joined

__all__ = ["Photos"]


class Photos(Reader):
    """Every pixel is unknown, whatever the scheme."""

    name = "photos"
    form = "NAME.jpg and the like, in folders or not, without any labels"
    labelled = False

    @classmethod
    def fits(cls, root: Path) -> bool:
        return any(path.suffix.lower() in PHOTOS for path in root.rglob("*"))

    @property
    def scheme(self) -> LabelScheme:
        return scheme("celebamask")

    def entries(self) -> Iterator[Entry]:
        yield from joined(by_stem(self.root), {})

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        return np.full(shape, IGNORE, np.uint8)
