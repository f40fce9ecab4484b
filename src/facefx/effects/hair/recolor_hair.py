"""Hair dye."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.blend import in_front
from ..tools.dye import Dye, broad_light, own_color
from ..tools.hair import hair_of
from ..tools.hair_patterns import share_of_second
from ..tools.recoloring import perceived, surely_inside

__all__ = ["recolor_hair"]


@effect(region="hair", margin=0.1)
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
    own = surely_inside(image, mask)
    first = Dye.of(color, own)
    other = first if pattern == "full" else Dye.of(second, own)
    shares = () if pattern == "full" else (share_of_second(pattern, hair_of(image, mask, face), rng),)

    def dye(image: np.ndarray, mask: np.ndarray, *about: np.ndarray) -> np.ndarray:
        mean, near, slope, offset, *shares = about
        lab = colors.to_oklab(image)
        # The colour that the hair itself has, not the mixture at its edge, which would turn skin and sky into a bright rim.
        hair = in_front(lab, mask, mean, near)
        broad = slope * perceived(hair[..., 0]) + offset
        dyed = lab if natural and shares else first.on(hair, broad)
        for share in shares:
            change = other.on(hair, broad) - dyed
            dyed = dyed + share[..., None] * change
            if natural:
                dyed[..., 1] += _WARMTH * share * (1 - strength * share) * np.maximum(change[..., 0], 0)
        return colors.from_oklab(lab + np.float32(strength) * (dyed - lab))

    about = *own_color(image, mask, unit), *broad_light(image, mask, unit), *shares
    return colors.within(mask > 0, dye, image, mask, *about)  # a head of hair fills about half of its box


#: Half bleached hair is warm, where a mixture of black and blonde would be olive: this part of the lightening is added as red.
_WARMTH = 0.15
