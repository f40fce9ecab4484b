"""What clean teeth and the whites of eyes look like in a light."""

from __future__ import annotations

import numpy as np

from ...pixels import color as colors

__all__ = ["clean_tint"]

#: What is white is warm in warm light. So much of that the eye is not used to in a photo.
_SEEN = 0.5


def clean_tint(lab: np.ndarray, light: np.ndarray) -> np.ndarray:
    """What is meant to be white without its own tint: between grey and half the tint of the light, as near to its own as may be.

    Parameters
    ----------
    lab : (H, W, 3) float32 OKLab.
    light : (3,), its red, green and blue (`Face.light_on`).

    Returns
    -------
    (H, W, 2) float32, OKLab's a and b.
    """
    white = colors.to_oklab(colors.from_linear(np.asarray(light / light.max(), np.float32)))
    tint = lab[..., :1] * (np.float32(_SEEN) * white[1:] / white[0])
    return np.clip(lab[..., 1:], np.minimum(tint, 0), np.maximum(tint, 0))
