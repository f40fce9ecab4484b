"""FASSEG (Khan, Mauro, Leonardi 2015) and pictures painted like its labels: one colour a part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from facefx.labels import IGNORE, LabelScheme, scheme

from .base import Entry, Reader, Split, by_stem, decode, joined

__all__ = ["PALETTE", "TOLERANCE", "Fasseg", "nearest_colours"]

#: RGB, in the order of the scheme "fasseg": as those who use the set read its pictures, for no table of colours comes with it.
_COLOURS = {
    "background": (255, 0, 0),
    "skin": (255, 255, 0),
    "nose": (0, 255, 255),
    "eyes": (0, 0, 255),
    "mouth": (0, 255, 0),
    "hair": (127, 0, 0),
}
PALETTE = np.array(list(_COLOURS.values()), np.uint8)
#: How far a channel may be off: a little less than half of what parts background from hair. Compression stays below it;
#: what it mixes at the edge of two parts does not.
TOLERANCE = 60
_SPLITS: dict[str, Split] = {"Train": "train", "Test": "test"}


class Fasseg(Reader):
    """One of its versions (the folders V1, V2, V3): they show the same people."""

    name = "fasseg"
    form = "Train_RGB/NAME.*, Train_Labels/NAME.* (colours), Test_RGB/, Test_Labels/"

    @classmethod
    def fits(cls, root: Path) -> bool:
        return any((root / f"{part}_RGB").is_dir() and (root / f"{part}_Labels").is_dir() for part in _SPLITS)

    @property
    def scheme(self) -> LabelScheme:
        return scheme("fasseg")

    def entries(self) -> Iterator[Entry]:
        for part, split in _SPLITS.items():
            photos, masks = (_without_copies(by_stem(self.root / f"{part}_{kind}")) for kind in ("RGB", "Labels"))
            for entry in joined(photos, {name: (path,) for name, path in masks.items()}, split):
                yield Entry(f"{split}-{entry.name}", entry.photo, entry.masks, split)  # both number their pictures from 1

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        return nearest_colours(decode(entry.name, entry.masks[0], "RGB"))


def nearest_colours(picture: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB → (H, W) uint8: the palette's index for each pixel, 255 where no colour is within `TOLERANCE`."""
    off = np.stack([np.abs(picture.astype(np.int16) - colour).max(-1) for colour in PALETTE.astype(np.int16)])
    return np.where(off.min(0) <= TOLERANCE, off.argmin(0), IGNORE).astype(np.uint8)


def _without_copies(files: dict[str, Path]) -> dict[str, Path]:
    """Some versions hold their pictures a second time, in a folder `JPEG`: only those without another original stay."""
    plain = {name.replace("JPEG/", ""): path for name, path in files.items()}
    return plain | {name: path for name, path in files.items() if "JPEG/" not in name}
