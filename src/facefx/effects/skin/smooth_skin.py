"""Smoother skin."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Range, effect
from ...face.face import FaceView
from ..tools.skin import added, away_from_features, even_layer, local_mean, skin_of

__all__ = ["smooth_skin"]

#: Finer than this is a pore and stays; in face units.
_PORE = 0.008


@effect(region="skin+nose", margin=0.05)
def smooth_skin(
    image: np.ndarray,
    mask: np.ndarray,
    face: FaceView,
    *,
    strength: Annotated[float, Range(0, 1), "how much of the unevenness goes"] = 0.7,
    radius: Annotated[float, Range(0.015, 0.1), "size of the blotches that go, in face units"] = 0.035,
) -> np.ndarray:
    """Smooth the skin: blotches go, pores stay, and eyes, lips, brows, beard and hair stay sharp.

    Takes out the middle of three bands of scales, in lightness and in chroma: finer are pores and hairs, broader is the shape of
    the face. Creases and the edges of shadows stand out from the middle band by their contrast and stay.
    """
    skin = skin_of(image, mask, face)
    grain = local_mean(skin.lab, skin.weight, _PORE * skin.unit)
    reach = radius * skin.unit
    even = np.stack(
        [even_layer(grain[..., c], skin.weight, reach, contrast) for c, contrast in enumerate((0.04, 0.03, 0.03))], axis=-1
    )
    share = away_from_features(face, skin, 0.03) * (1 - skin.beard)
    return added(image, np.float32(strength) * share[..., None] * (even - grain))
