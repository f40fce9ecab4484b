"""CelebAMask-HQ as its authors ship it: photos of 1024 pixels, and a mask of 512 for each part that a face has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from facefx.labels import LabelScheme, scheme

from .base import BadPair, Entry, Reader, Split, decode

__all__ = ["PARTS", "CelebAMaskHQ"]

#: What the files' names call the labels 1 to 18. The order is also that in which the authors' g_mask.py paints: later parts cover
#: earlier ones, so hair lies on skin and a hat on hair. `l_eye` is the left eye, but `l_lip` the lower lip; `r_ear` is the right
#: ear, but `ear_r` an earring and `neck_l` a necklace.
PARTS = (
    "skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear", "mouth", "u_lip", "l_lip", "hair", "hat",
    "ear_r", "neck_l", "neck", "cloth",
)  # fmt: skip
_LAST_OF_TRAIN, _LAST_OF_VAL = 162770, 182637  # CelebA's list_eval_partition.txt


class CelebAMaskHQ(Reader):
    """Photos come down to the masks' size. CelebA's own split is taken over where the mapping to CelebA lies beside them."""

    name = "celebamask-hq"
    form = "CelebA-HQ-img/N.jpg, CelebAMask-HQ-mask-anno/K/NNNNN_PART.png, perhaps CelebA-HQ-to-CelebA-mapping.txt"
    license = "non-commercial research and education only"

    @classmethod
    def fits(cls, root: Path) -> bool:
        return (root / "CelebA-HQ-img").is_dir() and (root / "CelebAMask-HQ-mask-anno").is_dir()

    @property
    def scheme(self) -> LabelScheme:
        return scheme("celebamask")

    def entries(self) -> Iterator[Entry]:
        photos = {int(path.stem): path for path in (self.root / "CelebA-HQ-img").glob("*.jpg") if path.stem.isdecimal()}
        masks: dict[int, list[Path]] = {}
        for path in sorted((self.root / "CelebAMask-HQ-mask-anno").glob("*/*.png")):
            digits, _, _ = path.stem.partition("_")
            if digits.isdecimal():
                masks.setdefault(int(digits), []).append(path)
        splits = self._splits()
        for number in sorted({**photos, **masks}):
            yield Entry(str(number), photos.get(number), tuple(masks.get(number, ())), splits.get(number))

    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        paths = {path.stem.partition("_")[2]: path for path in entry.masks}
        if strange := paths.keys() - set(PARTS):
            raise BadPair(entry.name, "corrupt", f"no part is called {', '.join(sorted(strange))}; there are {', '.join(PARTS)}")
        masks = {part: decode(entry.name, path, "L") > 127 for part, path in paths.items()}
        sizes = {mask.shape for mask in masks.values()}
        if len(sizes) > 1:
            raise BadPair(entry.name, "misaligned", f"its masks have the sizes {sorted(sizes)} (height, width)")
        labels = np.zeros(sizes.pop(), np.uint8)
        for index, part in enumerate(PARTS, 1):
            if part in masks:
                labels[masks[part]] = index
        return labels

    def fit(self, entry: Entry, image: np.ndarray, labels: np.ndarray) -> np.ndarray:
        height, width = labels.shape
        if image.shape[0] * width == image.shape[1] * height and image.shape[0] > height:
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        return super().fit(entry, image, labels)

    def _splits(self) -> dict[int, Split]:
        """From lines such as ``0 119613 119614.jpg``: number here, number and file in CelebA."""
        mapping = self.root / "CelebA-HQ-to-CelebA-mapping.txt"
        lines = mapping.read_text().splitlines()[1:] if mapping.exists() else []
        rows = [line.split() for line in lines if line.strip()]
        return {int(row[0]): _split(int(Path(row[2]).stem)) for row in rows}


def _split(number: int) -> Split:
    if number <= _LAST_OF_TRAIN:
        return "train"
    return "val" if number <= _LAST_OF_VAL else "test"
