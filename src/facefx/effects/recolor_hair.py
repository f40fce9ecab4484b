"""Hair dye."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from .. import color as colors
from ..blend import foreground
from ..declare import Color, Range, effect
from .tone import Palette, median_color, perceived, recolored

__all__ = ["recolor_hair"]


@effect(region="hair", margin=0.1)
def recolor_hair(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    *,
    color: Color = "#6b3fa0",
    strength: Annotated[float, Range(0, 1), "how much of the colour; 1 covers the hair's own"] = 0.8,
) -> np.ndarray:
    """Dye the hair, strand by strand: black can go blonde and blonde black, with shadows and shine kept."""
    if strength == 0:
        return image
    # Painting the colour that the hair itself has, not the mixture at its edge, keeps skin and sky from becoming a bright rim.
    hair = colors.to_oklab(foreground(image, mask, 0.02 * unit))
    source = median_color(hair, mask)
    target = colors.to_oklab(np.array(colors.parse(color)))
    # Lit from the same lamp, lighter hair shows larger differences of lightness and darker hair smaller ones. The square root is
    # between that and leaving them alone; highlights get less of it, because fair hair is made of shadows, not of sparks.
    contrast = np.sqrt(perceived(target[0]) / max(float(perceived(source[0])), 0.02))
    shade, light = (float(np.clip(contrast, 0.75, most)) for most in (2.0, 1.3))
    dyed = recolored(hair, Palette(source, target, shade, light))
    lab = colors.to_oklab(image)
    return colors.from_oklab(lab + np.float32(strength) * (dyed - lab))
