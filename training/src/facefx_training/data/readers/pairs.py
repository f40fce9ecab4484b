"""What `facefx-train prepare` writes and `train` reads; to be prepared anew at another size or in another scheme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facefx.labels import LabelScheme

from ..celebamask import about, read_names, scheme_of
from ..hair import NOT_HAIR
from .base import Entry, Reader, Split, by_stem, decode_indices, joined

__all__ = ["Pairs"]

_LISTS: dict[str, Split] = {"train.txt": "train", "val.txt": "val", "test.txt": "test"}


class Pairs(Reader):
    """The lists are kept as the split."""

    name = "pairs"
    form = "images/NAME.jpg, labels/NAME.png (indices), train.txt, val.txt, perhaps about.json with the scheme"

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.license = about(root).get("license", self.license)

    @classmethod
    def fits(cls, root: Path) -> bool:
        return (root / "images").is_dir() and (root / "labels").is_dir() and (root / "train.txt").is_file()

    @property
    def scheme(self) -> LabelScheme:
        return scheme_of(self.root)

    def entries(self) -> Iterator[Entry]:
        lists = {file: read_names(self.root / file) for file in _LISTS if (self.root / file).exists()}
        splits = {name: _LISTS[file] for file, names in lists.items() for name in names}
        masks = {name: (path,) for name, path in by_stem(self.root / "labels", (".png",)).items()}
        for entry in joined(by_stem(self.root / "images"), masks):
            yield Entry(entry.name, entry.photo, entry.masks, splits.get(entry.name))

    def correct_sides(self, labels: np.ndarray, entry: Entry) -> np.ndarray:
        return labels if about(self.root).get("sides") == "corrected" else super().correct_sides(labels, entry)

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        return decode_indices(entry.name, entry.masks[0], {*range(len(self.scheme)), NOT_HAIR})
