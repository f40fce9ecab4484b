"""Hair dye."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels.cells import EnlargedPlanes
from ...pixels.masks import window
from ..tools.hair import hair_of
from ..tools.hair_dye import HeadOfHair
from ..tools.hair_patterns import share_of_second
from ..tools.hair_repainting import repainted
from ..tools.hair_share import PartOfHair, share_of_hair

__all__ = ["recolor_hair"]


@effect(region="hair", margin=0.1, light="scene", carried=True)
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

    A light colour is that of the lit locks: in the light of the scene the hair as a whole is no lighter than lit skin is there.
    With ``light="absolute"`` its median is the colour.

    The pattern ``"full"`` is all of `color`; ``"ombre"`` turns to `second` from the roots to the tips, lock by lock;
    ``"streaks"`` lays strands of `second` along the hair's own, other ones with another seed; ``"split"`` has `second` on the
    subject's right.
    """
    share, how_much = share_of_hair(image, mask, face), np.float32(strength)
    place = window(share > 0)
    if place is None:
        return np.array(image)
    left, top = (start - start % _CELLS for start in place[:2])
    here = slice(top, place[3]), slice(left, place[2])
    head = HeadOfHair.of(image[here], share[here], unit, face.is_in_film)
    own, result = head.own, np.array(image)
    laid, into = PartOfHair(mask[here], share[here]), result[here]

    def grown(color: str) -> EnlargedPlanes:
        return head.grown(color, face.light)

    def dyed(own: np.ndarray, part: np.ndarray, second: np.ndarray, *first: np.ndarray) -> np.ndarray:
        if natural:
            return _towards(own, second, how_much * part)
        return _towards(own, first[0] + part * (second - first[0]), how_much)

    if pattern == "full":  # the same everywhere, so that it is done on the copy
        new = EnlargedPlanes(_towards(own.values, grown(color).values, how_much), own.cell)
        repainted(image[here], share[here], head, lambda new: new, new, part=laid, into=into)
    else:
        part = share_of_second(pattern, hair_of(image, mask, face), rng)[here]
        first = () if natural else (grown(color),)
        repainted(image[here], share[here], head, dyed, own, part, grown(second), *first, part=laid, into=into)
    return result


def _towards(own: np.ndarray, goal: np.ndarray, share: np.ndarray | np.float32) -> np.ndarray:
    """Hair's own colours, (5, h, w), dyed by a share, (h, w) or one number, with a goal."""
    change = goal - own
    new = own + share * change
    new[1:3] += _WARMTH * (share * (1 - share) * np.maximum(change[0], np.float32(0)))
    return np.asarray(new)


#: Where the hair's own window begins is a multiple of this, so that cells lie in it as in the whole one.
_CELLS = 12
#: Half bleached hair is warm, as brown hair is, where a mixture of black and blonde would be grey: this part of the lightening is
#: added as OKLab's a and b. Of 759 real heads as light as that half have a hue between 49° and 65°.
_WARMTH = np.array((0.12, 0.11), np.float32)[:, None, None]
