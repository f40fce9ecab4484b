"""Soft labels: what a teacher holds likeliest of each pixel, what second, and in which proportion; three bytes a pixel.

Hardly more than two parts compete for a pixel, so little of the answer is lost, and it can be cropped and turned by picking pixels,
as label maps are.
"""

from __future__ import annotations

import numpy as np

from facefx.labels import IGNORE, LabelScheme

__all__ = ["UNKNOWN", "mirror_soft", "pack"]

#: Where no teacher was asked.
UNKNOWN = (IGNORE, IGNORE, IGNORE)


def pack(probabilities: np.ndarray) -> np.ndarray:
    """(C, H, W) float probabilities, C >= 2 → (H, W, 3) uint8: the likeliest class, the second, and the share of the first in both.

    The share is 255 where the first alone is possible, and about 128 where both are equally likely.
    """
    first = probabilities.argmax(0)
    others = probabilities.copy()
    np.put_along_axis(others, first[None], -1, 0)
    second = others.argmax(0)
    most, next_to = (np.take_along_axis(probabilities, index[None], 0)[0] for index in (first, second))
    share = np.round(255 * most / np.maximum(most + next_to, 1e-6))
    return np.stack([first, second, share], -1).astype(np.uint8)


def mirror_soft(soft: np.ndarray, scheme: LabelScheme) -> np.ndarray:
    """Flip (H, W, 3) soft labels sideways; what was left is right now."""
    table = np.arange(256, dtype=np.uint8)
    table[: len(scheme)] = scheme.mirror
    flipped = soft[:, ::-1]
    return np.concatenate([table[flipped[..., :2]], flipped[..., 2:]], -1)
