"""Photos with a black-and-white mask of the hair each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facefx.labels import LabelScheme, scheme

from .base import Entry, Reader, Split, by_stem, decode, joined

__all__ = ["HairMasks"]

_SPLITS: dict[str, Split] = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test", "testing": "test",
}  # fmt: skip


class HairMasks(Reader):
    """The folder itself, or folders in it named after the part of the split that they are."""

    name = "hair"
    form = "images/NAME.*, hair/NAME.png (0 or 255); or the same in train/, val/, test/"

    @classmethod
    def fits(cls, root: Path) -> bool:
        return bool(_parts(root))

    @property
    def scheme(self) -> LabelScheme:
        return scheme("hair")

    def entries(self) -> Iterator[Entry]:
        for folder, split in _parts(self.root):
            masks = {name: (path,) for name, path in by_stem(folder / "hair", (".png",)).items()}
            yield from joined(by_stem(folder / "images"), masks, split)

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        return (decode(entry.name, entry.masks[0], "L") > 127).astype(np.uint8)


def _parts(root: Path) -> list[tuple[Path, Split | None]]:
    if (root / "images").is_dir() and (root / "hair").is_dir():
        return [(root, None)]
    named = [(root / name, split) for name, split in _SPLITS.items()]
    return [(folder, split) for folder, split in named if (folder / "images").is_dir() and (folder / "hair").is_dir()]
