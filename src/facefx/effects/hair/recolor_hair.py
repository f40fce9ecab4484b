"""Hair dye."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.cells import Enlarged
from ..tools.hair import hair_of
from ..tools.hair_dye import HeadOfHair, repainted
from ..tools.hair_patterns import share_of_second

__all__ = ["recolor_hair"]


@effect(region="hair", margin=0.1, light="scene")
def recolor_hair(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    color: Color = "#6b3fa0",
    strength: Annotated[float, Range(0, 1), "how much of the colour; 1 covers the hair's own"] = 0.8,
    pattern: Annotated[Literal["full", "ombre", "streaks", "split"], "how the colours share the hair"] = "full",
    second: Color = "#e58fb5",
    natural: Annotated[bool, "in patterns of two colours, keep the hair's own in the place of the first"] = False,
    rng: np.random.Generator,
) -> np.ndarray:
    """Dye the hair, strand by strand: black can go blonde and blonde black, with shadows and shine kept.

    The pattern ``"full"`` is all of `color`; ``"ombre"`` turns to `second` from the roots to the tips, lock by lock;
    ``"streaks"`` lays strands of `second` along the hair's own, other ones with another seed; ``"split"`` has `second` on the
    subject's right.
    """
    head = HeadOfHair.of(image, mask, unit)
    first = head.own if natural and pattern != "full" else head.grown(color)
    patterned: tuple[Enlarged | np.ndarray, ...] = ()
    if pattern != "full":
        patterned = head.grown(second), share_of_second(pattern, hair_of(image, mask, face), rng)

    def dye(image: np.ndarray, own: np.ndarray, first: np.ndarray, *patterned: np.ndarray) -> np.ndarray:
        goal, share = first, np.full((*own.shape[:2], 1), strength, np.float32)
        if patterned:
            second, part = patterned[0], patterned[1][..., None]
            goal, share = (second, share * part) if natural else (first + part * (second - first), share)
        change = goal - own
        new = own + share * change
        new[..., 1:2] += np.float32(_WARMTH) * share * (1 - share) * np.maximum(change[..., :1], 0)
        return repainted(image, own, new)

    return colors.within(mask > 0, dye, image, head.own, first, *patterned)  # a head of hair fills about half of its box


#: Half bleached hair is warm, where a mixture of black and blonde would be olive: this part of the lightening is added as red.
_WARMTH = 0.15
