"""Foundation."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ..tools.recoloring import Palette, recolored
from ..tools.skin import Skin, added, away_from_features, broad_color, even_layer, local_mean, skin_of, usual_color

__all__ = ["apply_foundation"]

#: How much of what is lighter than the skin around it each finish takes away or adds.
_SHINE = {"matte": -0.5, "natural": -0.1, "dewy": 0.35}


@effect(region="all_skin", margin=0.02, light="scene")
def apply_foundation(
    image: np.ndarray,
    mask: np.ndarray,
    face: FaceView,
    *,
    tone: Annotated[float, Range(-1, 1), "deeper (-1) or lighter (1) than the skin's own"] = 0.0,
    warmth: Annotated[float, Range(-1, 1), "rosier (-1) or more golden (1) than the skin's own"] = 0.0,
    color: Color = "#c68e6c",
    match: Annotated[float, Range(0, 1), "how far from the skin's own colour to `color`; 0 needs none"] = 0.0,
    coverage: Annotated[float, Range(0, 1), "how much of redness and blotches is covered"] = 0.5,
    finish: Annotated[Literal["matte", "natural", "dewy"], "how much the skin shines"] = "natural",
    strength: Annotated[float, Range(0, 1), "how much of all that"] = 0.8,
) -> np.ndarray:
    """Put foundation on face, ears and neck: even colour, in the skin's own tone unless another is asked for.

    No one colour suits most people, so by default it covers in what it finds: the skin's colour at each place's light, without
    redness and blotches. `tone` and `warmth` shift it, and `match=1` takes it to `color` (which has no say without),
    shadows and lights with it.
    """
    skin = skin_of(image, mask, face)
    light = local_mean(skin.lab, skin.weight, 0.008 * skin.unit)
    even = light + np.float32(coverage) * (_even(light, skin, face) - light)
    shiny = np.maximum(even[..., 0] - local_mean(even[..., 0], skin.weight, 0.12 * skin.unit), 0)
    even[..., 0] += np.float32(_SHINE[finish]) * shiny
    worn = _in_tone(even, skin, _target(skin, tone, warmth, color, match))
    change = (1 - 0.8 * skin.beard)[..., None] * (worn - light)
    return added(image, np.float32(strength) * change)


def _even(light: np.ndarray, skin: Skin, face: FaceView) -> np.ndarray:
    """The skin without blotches and redness, but for a narrow seam at its features: (h, w, 3) OKLab."""
    even = light.copy()
    even[..., 0] = even_layer(light[..., 0], skin.weight, 0.04 * skin.unit, 0.045)
    even[..., 1:] = broad_color(skin, even[..., 0])
    return np.asarray(light + away_from_features(face, skin, 0.02)[..., None] * (even - light), np.float32)


def _target(skin: Skin, tone: float, warmth: float, color: str, match: float) -> Palette:
    """From the skin's median colour to the one that is asked for."""
    own = usual_color(skin)
    target = own + np.float32(match) * (colors.to_oklab(np.array(colors.parse(color))) - own)
    target[0] += 0.09 * tone
    target[1:] += warmth * np.array([-0.004, 0.015], np.float32)
    return Palette(own, target, variety=0.9)


def _in_tone(lab: np.ndarray, skin: Skin, palette: Palette) -> np.ndarray:
    """The colours moved as the palette says; as they are where it says nothing."""
    if np.array_equal(palette.source, palette.target):
        return lab
    still = recolored(lab, replace(palette, target=palette.source))
    return np.asarray(lab + recolored(lab, palette) - still, np.float32)
