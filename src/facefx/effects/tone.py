"""Giving a region another colour while keeping its light and shade: a tone curve on OKLab lightness, never a hue swap.

A hue swap does nothing to black hair, which has no hue to swap, and dyeing by multiplication can only darken. Here the region's
median colour moves to the target, and every pixel keeps its place above or below that median.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Palette", "median_color", "recolored", "soft_limit"]


@dataclass(frozen=True)
class Palette:
    """From which colour to which, both OKLab (3,), and how the light and shade between them are carried over.

    Attributes
    ----------
    shade, light : how much of the contrast below and above the median stays; 1 is all of it.
    variety : how much of the region's own differences in hue and chroma stay.
    """

    source: np.ndarray
    target: np.ndarray
    shade: float = 1.0
    light: float = 1.0
    variety: float = 0.4


def median_color(lab: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The median OKLab colour of what is surely inside the mask (of whatever is most inside it, if nothing surely is): (3,)."""
    sure = mask >= min(0.9, float(mask.max()))
    return np.median(lab[sure], axis=0).astype(np.float32)


def soft_limit(offset: np.ndarray, room: float) -> np.ndarray:
    """Offsets of at least 0 bent so that they never reach `room`; small ones stay as they are."""
    return room * (1 - np.exp(-offset / room)) if room > 1e-4 else np.zeros_like(offset)


def recolored(lab: np.ndarray, palette: Palette) -> np.ndarray:
    """The same light and shade in the target's colour: (H, W, 3) float32 OKLab in and out."""
    source, target = palette.source, palette.target
    offset = lab[..., 0] - source[0]
    above = soft_limit(np.maximum(offset, 0) * palette.light, 1.0 - float(target[0]))
    below = soft_limit(np.maximum(-offset, 0) * palette.shade, float(target[0]))
    lightness = target[0] + above - below

    # Pigments are most colourful at middle light: shadows lose chroma with their light, highlights turn towards the lamp's white.
    fading = np.where(
        lightness < target[0],
        (lightness / max(float(target[0]), 1e-3)) ** 0.7,
        1 - 0.7 * above / max(1.0 - float(target[0]), 1e-3),
    )
    chroma = target[1:] * fading[..., None] + palette.variety * (lab[..., 1:] - source[1:])
    return np.concatenate([lightness[..., None], chroma], axis=-1).astype(np.float32)
