"""Even skin colour."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ..tools.recoloring import soft_limit
from ..tools.skin import added, away_from_features, broad_color, even_layer, local_mean, skin_of

__all__ = ["even_skin"]

#: Chroma that differs from the rest by more than this is no redness but paint, blood or another light.
_MOST = 0.05


@effect(region="skin+nose", margin=0.05)
def even_skin(
    image: np.ndarray,
    mask: np.ndarray,
    face: FaceView,
    *,
    strength: Annotated[float, Range(0, 1), "how much of the redness and the blotches goes"] = 0.7,
) -> np.ndarray:
    """Even out redness and blotches towards the skin's own colour, keeping its light, shade and pores."""
    skin = skin_of(image, mask, face)
    grain = local_mean(skin.lab, skin.weight, 0.008 * skin.unit)
    change = np.zeros_like(grain)
    change[..., 0] = 0.6 * (even_layer(grain[..., 0], skin.weight, 0.07 * skin.unit, 0.05) - grain[..., 0])
    off = broad_color(skin, grain[..., 0]) - grain[..., 1:]
    size = np.linalg.norm(off, axis=-1, keepdims=True)
    change[..., 1:] = off * (soft_limit(size, _MOST) / np.maximum(size, 1e-6))
    share = away_from_features(face, skin, 0.03) * (1 - skin.beard)
    return added(image, np.float32(strength) * share[..., None] * change)
