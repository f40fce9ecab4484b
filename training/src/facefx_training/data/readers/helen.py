"""Helen as labelled by Smith et al. (2013, "Exemplar-Based Face Parsing"): for each photo eleven pictures of probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facefx.labels import LabelScheme, scheme

from .base import BadPair, Entry, Reader, Split, by_stem, decode, joined

__all__ = ["Helen"]

_LISTS: dict[str, Split] = {"exemplars.txt": "train", "tuning.txt": "val", "testing.txt": "test"}


class Helen(Reader):
    """The likeliest label counts. The eleven are LaPa's, in LaPa's order."""

    name = "helen"
    form = "images/NAME.jpg, labels/NAME/NAME_lbl00.png to _lbl10.png (probabilities), exemplars.txt, tuning.txt, testing.txt"

    @classmethod
    def fits(cls, root: Path) -> bool:
        return next((root / "labels").glob("*/*_lbl[01][0-9].png"), None) is not None

    @property
    def scheme(self) -> LabelScheme:
        return scheme("lapa")

    def entries(self) -> Iterator[Entry]:
        masks = {
            folder.name: tuple(folder / f"{folder.name}_lbl{index:02}.png" for index in range(len(self.scheme)))
            for folder in (self.root / "labels").iterdir()
            if folder.is_dir()
        }
        splits = self._splits()
        for entry in joined(by_stem(self.root / "images"), masks):
            yield Entry(entry.name, entry.photo, entry.masks, splits.get(entry.name))

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        maps = [decode(entry.name, path, "L") for path in entry.masks]
        if len({each.shape for each in maps}) > 1:
            raise BadPair(entry.name, "misaligned", "its eleven label pictures differ in size")
        return np.argmax(maps, axis=0).astype(np.uint8)

    def _splits(self) -> dict[str, Split]:
        """From lines such as ``1 , 100032540_1``."""
        splits: dict[str, Split] = {}
        for file, split in _LISTS.items():
            path = self.root / file
            for line in path.read_text().splitlines() if path.exists() else []:
                if name := line.rpartition(",")[2].strip():
                    splits[name] = split
        return splits
