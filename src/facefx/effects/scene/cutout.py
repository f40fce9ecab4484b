"""The person alone, on transparent ground."""

from __future__ import annotations

import numpy as np

from ...declare.declarations import effect
from ..tools.layers import in_front

__all__ = ["cutout"]


@effect(kind="cutout", region="person")
def cutout(image: np.ndarray, mask: np.ndarray, unit: float) -> np.ndarray:
    """Cut the people out: all else becomes transparent.

    At soft edges the person's own colour is estimated, without what the old background mixed into it. Save as PNG, WebP or TIFF to
    keep the transparency.
    """
    return in_front(image, mask, unit)
