"""Reading folders of photos of which only the hair is labelled: `images/NAME.jpg` and `hair/NAME.png`, 0 or 255."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from facefx.errors import ImageError

__all__ = ["NOT_HAIR", "hair_names", "read_hair"]

#: The index that label pictures give to pixels of which only that is known.
NOT_HAIR = 254


def hair_names(folder: Path) -> list[str]:
    """Names of the photos that have a mask, sorted."""
    return sorted(path.stem for path in (folder / "hair").glob("*.png"))


def read_hair(folder: Path, names: list[str] | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(H, W, 3) uint8 RGB photos with (H, W) bool masks, one by one.

    Raises
    ------
    ImageError
        A photo is missing, cannot be decoded, or differs from its mask in size.
    """
    for name in hair_names(folder) if names is None else names:
        image = next((cv2.imread(str(path), cv2.IMREAD_COLOR_RGB) for path in (folder / "images").glob(f"{name}.*")), None)
        mask = cv2.imread(str(folder / "hair" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        if image is None or mask is None or image.shape[:2] != mask.shape:
            raise ImageError(f"{folder}: images/{name}.* is missing, cannot be decoded or differs from hair/{name}.png in size.")
        yield image, mask > 127
