"""How two colours share a head of hair."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...pixels.masks import smooth_ramp
from .hair import Hair

__all__ = ["share_of_second"]

#: Share of the hair that streaks take, about.
_STREAKS = 0.25


def share_of_second(pattern: Literal["ombre", "streaks", "split"], hair: Hair, rng: np.random.Generator) -> np.ndarray:
    """How much of the second colour each pixel gets: (H, W) float32 in [0, 1], of the picture's size."""
    if pattern == "split":
        # The side is where a strand lies for most of its length, so that the line follows the parting's strands.
        share = smooth_ramp(-hair.along(hair.x), -0.03, 0.03)
    elif pattern == "ombre":
        # Painted by hand: some locks turn earlier, some later.
        share = smooth_ramp(hair.from_roots() + 0.3 * (hair.locks(rng, 0.06) - 0.5), 0.15, 0.85)
    else:
        # Locks of strands, and strands apart from them, so that no two streaks are alike.
        locks = hair.ranked(0.5 * hair.locks(rng, 0.06) + hair.locks(rng, 0.02) + 0.8 * hair.locks(rng, 0.008))
        streaks, curls = smooth_ramp(locks, 0.7 - _STREAKS, 1.3 - _STREAKS), 0.6 * smooth_ramp(locks, 0.1, 1.3)
        share = (curls + hair.order * (streaks - curls)) * smooth_ramp(hair.from_roots(), -0.2, 0.3)
    return hair.full_size(share)
