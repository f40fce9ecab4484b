"""Reading a folder of CelebAMask-HQ pairs: `images/NAME.jpg`, `labels/NAME.png` (index maps), and lists of names.

`train.txt` and `val.txt` hold the names. Pseudo-labelled folders look the same and have indices 254 (not hair, else unknown) and
255 (unknown) besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from facefx.errors import ImageError
from facefx.labels import IGNORE, scheme

from .hair import NOT_HAIR

__all__ = ["Pictures", "join", "read_celebamask", "read_names", "upright_sides"]

_SCHEME = scheme("celebamask")
_PAIRS = [(_SCHEME.indices_of(f"left_{part}")[0], _SCHEME.indices_of(f"right_{part}")[0]) for part in ("eye", "eyebrow", "ear")]
_FEW_PIXELS = 20


@dataclass(frozen=True)
class Pictures:
    """Pictures of one size and their label maps, decoded.

    Attributes
    ----------
    names : sequence of str
    images : (N, S, S, 3) uint8, RGB
    labels : (N, S, S) uint8, indices of the scheme "celebamask"; 255 where nobody knows
    """

    names: Sequence[str]
    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.names)


def read_names(path: Path) -> list[str]:
    """The words of a text file, one a line."""
    return path.read_text().split()


def upright_sides(labels: np.ndarray) -> np.ndarray:
    """Undo swapped sides: about 8 % of CelebAMask-HQ's masks call the subject's left the right, in all pairs at once.

    The pictures are upright and aligned, so the left eye, brow and ear lie at larger x than the right ones. Only pairs of which
    both parts can be seen count, so a profile, where one side is hidden, stays as it is.

    Parameters
    ----------
    labels : (H, W) uint8

    Returns
    -------
    (H, W) uint8
        The same map, or its sides exchanged if more pairs are the wrong way round than the right one.
    """
    votes = 0.0
    for left, right in _PAIRS:
        left_x, right_x = np.nonzero(labels == left)[1], np.nonzero(labels == right)[1]
        if min(left_x.size, right_x.size) >= _FEW_PIXELS:
            votes += np.sign(left_x.mean() - right_x.mean())
    if votes >= 0:
        return labels
    table = np.arange(256, dtype=np.uint8)
    table[: len(_SCHEME)] = _SCHEME.mirror
    return table[labels]


def read_celebamask(root: Path, names: Sequence[str], size: int | None = None, *, correct_sides: bool = True) -> Pictures:
    """Decode the named pairs once, images averaged and labels picked down to `size` x `size` (None leaves them as they are).

    Raises
    ------
    ImageError
        A file is missing or cannot be decoded, or a label map has an index outside the scheme.
    """
    images, labels = [], []
    for name in names:
        image = cv2.imread(str(root / "images" / f"{name}.jpg"), cv2.IMREAD_COLOR_RGB)
        label = cv2.imread(str(root / "labels" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        if image is None or label is None:
            raise ImageError(f"{root}: images/{name}.jpg or labels/{name}.png is missing or cannot be decoded.")
        if label.ndim != 2 or label[label < NOT_HAIR].max(initial=0) >= len(_SCHEME):
            raise ImageError(f"{root}: labels/{name}.png is not a map of indices 0 to {len(_SCHEME) - 1}, {NOT_HAIR} and {IGNORE}.")
        if correct_sides:
            label = upright_sides(label)
        if size is not None:
            image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
            label = cv2.resize(label, (size, size), interpolation=cv2.INTER_NEAREST_EXACT)
        images.append(image)
        labels.append(label)
    return Pictures(tuple(names), np.stack(images), np.stack(labels))


def join(sets: Sequence[Pictures]) -> Pictures:
    """Several sets of one size as one."""
    names = [name for pictures in sets for name in pictures.names]
    return Pictures(names, np.concatenate([p.images for p in sets]), np.concatenate([p.labels for p in sets]))
