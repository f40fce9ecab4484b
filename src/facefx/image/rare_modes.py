"""Modes in which a file may be opened and in which nothing else is done."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..errors import ImageError
from .modes import ARRAY_MODES, COLOR_MODES, image_array

__all__ = ["PLAIN_MODE", "plain"]

#: Modes that a file may be opened in, and those of the same picture that the work is done in: alpha multiplied in, unused bytes,
#: a palette with alpha beside it, the other order of bytes.
PLAIN_MODE = {
    "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "PA": "RGBA", "I;16B": "I;16", "I;16L": "I;16", "I;16N": "I;16",
}  # fmt: skip


def plain(image: Image.Image, what: str) -> Image.Image:
    """A file's picture in a mode that the work can be done in. Raises `ImageError` for one that there is no way from."""
    if image.mode in PLAIN_MODE:
        converted = (
            Image.fromarray(np.asarray(image).astype(np.uint16))
            if image.mode.startswith("I;16")
            else image.convert(PLAIN_MODE[image.mode])
        )
        converted.format, converted.info = image.format, image.info
        return converted
    if image.mode not in (*ARRAY_MODES, *COLOR_MODES, "P"):
        raise ImageError(f"{what} holds a picture of mode {image.mode}, which is not supported; save it as RGB.")
    if image.mode in ARRAY_MODES:
        image_array(image, what)  # raises for floats beyond [0, 1]
    return image
