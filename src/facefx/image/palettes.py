"""Pictures in 256 colours, as a GIF holds them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["paletted"]

#: So many entries of a palette, at least, go to colours that are new; if there are fewer left, all of a frame's are chosen anew.
_NEW_COLORS = 32


def paletted(pixels: NDArray[np.uint8], before: NDArray[np.uint8]) -> Image.Image:
    """A frame, (H, W, 3 or 4), in 256 colours, as a GIF wants it; what is as it was `before`, of the same shape, keeps its colours.

    Alpha becomes all or nothing.
    """
    hidden = pixels[..., 3] < 128 if pixels.shape[2] == 4 else np.zeros(pixels.shape[:2], bool)
    colors, was = pixels[..., :3], before[..., :3]
    changed = (colors != was).any(axis=2) & ~hidden
    entries = 255 if hidden.any() else 256
    kept, kept_index = _distinct(colors[~changed & ~hidden])
    room = entries - len(kept)
    if room < min(_NEW_COLORS, len(_distinct(colors[changed])[0])):
        changed, room, kept, kept_index = ~hidden, entries, kept[:0], kept_index[:0]
    index = np.full(hidden.shape, 255, np.uint8)
    index[~changed & ~hidden] = kept_index
    palette = kept
    if changed.any():
        drawn = Image.fromarray(np.ascontiguousarray(colors[changed][None])).quantize(
            room, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
        )
        new = np.array(drawn.getpalette(), np.uint8).reshape(-1, 3)[:room]
        index[changed] = np.asarray(drawn)[0] + len(kept)
        palette = np.concatenate([kept, new])
    image = Image.fromarray(index)  # putpalette makes it mode P
    image.putpalette(np.concatenate([palette, np.zeros((256 - len(palette), 3), np.uint8)]).tobytes())
    if hidden.any():
        image.info["transparency"] = 255
    return image


def _distinct(colors: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The different ones of (N, 3) colours, and for each its place among them, where those are few enough to count in a byte."""
    packed = colors.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    values, index = np.unique(packed, return_inverse=True)
    return np.stack([values >> 16, values >> 8 & 255, values & 255], axis=1).astype(np.uint8), index.astype(np.uint8)
