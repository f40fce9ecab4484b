"""Photos with a black-and-white mask each, of the hair or of the people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np

from facefx.labels import LabelScheme, scheme

from .base import Entry, Reader, Split, by_stem, decode, joined

__all__ = ["HairMasks", "PersonMasks"]

_SPLITS: dict[str, Split] = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test", "testing": "test",
}  # fmt: skip


class _RegionMasks(Reader):
    """The folder itself, or folders in it named after the part of the split that they are.

    `name` is that of the layout, of the folder of the masks and of the label scheme.
    """

    form: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.form = f"images/NAME.*, {cls.name}/NAME.png (0 or 255); or the same in train/, val/, test/"

    @classmethod
    def fits(cls, root: Path) -> bool:
        return bool(cls._parts(root))

    @property
    def scheme(self) -> LabelScheme:
        return scheme(self.name)

    def entries(self) -> Iterator[Entry]:
        for folder, split in self._parts(self.root):
            masks = {name: (path,) for name, path in by_stem(folder / self.name, (".png",)).items()}
            yield from joined(by_stem(folder / "images"), masks, split)

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        return (decode(entry.name, entry.masks[0], "L") > 127).astype(np.uint8)

    @classmethod
    def _parts(cls, root: Path) -> list[tuple[Path, Split | None]]:
        named = [(root, None), *((root / name, split) for name, split in _SPLITS.items())]
        found = [(folder, split) for folder, split in named if (folder / "images").is_dir() and (folder / cls.name).is_dir()]
        return found[:1] if found and found[0][0] == root else found


class HairMasks(_RegionMasks):
    name = "hair"


class PersonMasks(_RegionMasks):
    name = "person"
