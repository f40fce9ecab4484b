"""Powder."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ..tools.skin import Skin, added, away_from_features, broad_color, local_mean, skin_of

__all__ = ["reduce_shine"]


@effect(region="skin+nose", margin=0.02)
def reduce_shine(
    image: np.ndarray,
    mask: np.ndarray,
    face: FaceView,
    *,
    strength: Annotated[float, Range(0, 1), "how much of the shine goes"] = 0.6,
) -> np.ndarray:
    """Bring shiny skin down to the light of the skin around it, and give it back the colour that shine washes out."""
    skin = skin_of(image, mask, face)
    grain = local_mean(skin.lab, skin.weight, 0.006 * skin.unit)
    matte = _matte_light(skin)
    excess = np.maximum(grain[..., 0] - matte, 0)
    # Light that falls evenly makes skin a little brighter here and there; only what stands out is shine.
    shine = np.float32(0.8) * excess**2 / (excess + np.float32(0.05))
    color = broad_color(skin, grain[..., 0] - shine)
    washed = np.clip(shine / 0.04, 0, 1)[..., None]
    change = np.concatenate([-shine[..., None], washed * (color - grain[..., 1:])], axis=-1)
    share = away_from_features(face, skin, 0.015) * (1 - skin.beard)
    return added(image, np.float32(strength) * share[..., None] * change)


def _matte_light(skin: Skin) -> np.ndarray:
    """The lightness round about without its highlights: a local mean in which what lies above it loses its weight, (h, w)."""
    lightness = skin.lab[..., 0]
    weight, mean = skin.weight, lightness
    for _ in range(4):
        mean = local_mean(lightness, weight, 0.12 * skin.unit)
        above = np.maximum(lightness - mean, 0) / 0.09
        below = np.maximum(mean - lightness, 0) / 0.15
        weight = skin.weight / (1 + above**2 + below**2)
    return mean
