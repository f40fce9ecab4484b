"""Hair dye."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from .. import color as colors
from ..blend import foreground
from ..declare import Color, Range, effect
from .tone import Palette, median_color, recolored

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
    hair = colors.to_oklab(foreground(image, mask, 0.02 * unit))
    source = median_color(hair, mask)
    target = colors.to_oklab(np.array(colors.parse(color)))
    # Lit from the same lamp, lighter hair shows larger differences of lightness and darker hair smaller ones. The square root is
    # between that and leaving them alone: it neither blows up the noise of black hair nor flattens blonde.
    contrast = float(np.clip(np.sqrt(target[0] / max(float(source[0]), 0.05)), 0.6, 1.7))
    dyed = recolored(hair, Palette(source, target, contrast, contrast))
    # Only the hair's share of a mixed pixel changes; what shines through from behind stays.
    new = colors.from_oklab(hair + np.float32(strength) * (dyed - hair))
    return np.clip(image + new - colors.from_oklab(hair), 0, 1)
