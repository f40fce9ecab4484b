"""A|B pictures, the form in which pix2pix is handed its pairs: the photo in the left half, its mask picture in the right one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from facefx.errors import ImageError
from facefx.labels import IGNORE, LabelScheme
from facefx.labels import scheme as find_scheme

from ..networks.pix2pix import spread_palette
from .celebamask import Pictures, about, read_celebamask, read_names
from .translate import translation

__all__ = ["LAYOUT", "mask_colours", "read_ab", "write_ab"]

#: What about.json calls it.
LAYOUT = "a|b"
_UNKNOWN = 128  # grey, as far from all colours as can be


def mask_colours(scheme: LabelScheme) -> np.ndarray:
    """(256, 3) uint8 RGB by label index: `spread_palette`'s colours, and grey for what is unknown."""
    colours = np.full((256, 3), _UNKNOWN, np.uint8)
    colours[: len(scheme)] = (spread_palette(len(scheme)).numpy() * 255).round()
    return colours


def write_ab(root: Path, into: Path, scheme: LabelScheme, *, size: int = 256) -> dict[str, int]:
    """Write `into`/train/NAME.png, val/NAME.png and about.json from a folder of pairs, split as its lists are.

    Returns
    -------
    How many pictures each split has.
    """
    colours, counts = mask_colours(scheme), {}
    for split in ("train", "val"):
        names = read_names(root / f"{split}.txt")
        (into / split).mkdir(parents=True, exist_ok=True)
        for name in names:
            pair = read_celebamask(root, [name], size, scheme=scheme)
            both = np.hstack([pair.images[0], colours[pair.labels[0]]])
            cv2.imwrite(str(into / split / f"{name}.png"), cv2.cvtColor(both, cv2.COLOR_RGB2BGR))
        counts[split] = len(names)
    says = {**about(root), "layout": LAYOUT, "scheme": scheme.name, "sides": "corrected", "pictures": counts["train"]}
    (into / "about.json").write_text(json.dumps(says, indent=2) + "\n")
    return counts


def read_ab(paths: Sequence[Path], source: LabelScheme, size: int | None = None, *, scheme: str | LabelScheme) -> Pictures:
    """Decode A|B pictures: each colour of the right half is taken for the nearest one of `source`'s palette.

    Raises
    ------
    ImageError
        A file cannot be decoded or has no two halves of one width.
    """
    colours, table = mask_colours(source), translation(source, find_scheme(scheme))
    chosen = [*range(len(source)), IGNORE]
    images, labels = [], []
    for path in paths:
        both = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        if both is None or both.shape[1] % 2:
            raise ImageError(f"{path} is no A|B picture: it cannot be decoded, or its width is odd.")
        image, mask = np.hsplit(both, 2)
        distances = [np.square(mask.astype(np.int32) - colours[index]).sum(-1) for index in chosen]
        label = table[np.array(chosen, np.uint8)[np.argmin(distances, 0)]]
        if size is not None:
            image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
            label = cv2.resize(label, (size, size), interpolation=cv2.INTER_NEAREST_EXACT)
        images.append(np.ascontiguousarray(image))
        labels.append(label)
    return Pictures([path.stem for path in paths], np.stack(images), np.stack(labels))
