"""Figaro-1k (Svanera et al. 2016) as its authors ship it: hair of all kinds, from all sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facefx.labels import LabelScheme, scheme

from .base import Entry, Reader, Split, decode, joined

__all__ = ["Figaro"]

_SPLITS: dict[str, Split] = {"Training": "train", "Testing": "test"}


class Figaro(Reader):
    """Hair is white in the masks."""

    name = "figaro1k"
    form = "Original/Training|Testing/NAME-org.jpg, GT/Training|Testing/NAME-gt.pbm"

    @classmethod
    def fits(cls, root: Path) -> bool:
        return any((root / "Original" / part).is_dir() and (root / "GT" / part).is_dir() for part in _SPLITS)

    @property
    def scheme(self) -> LabelScheme:
        return scheme("hair")

    def entries(self) -> Iterator[Entry]:
        for part, split in _SPLITS.items():
            photos = {path.stem.removesuffix("-org"): path for path in (self.root / "Original" / part).glob("*-org.jpg")}
            masks = {path.stem.removesuffix("-gt"): (path,) for path in (self.root / "GT" / part).glob("*-gt.pbm")}
            yield from joined(photos, masks, split)

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        return (decode(entry.name, entry.masks[0], "L") > 127).astype(np.uint8)
