"""Grey and silver hair."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels.blend import in_front
from ..tools.dye import Dye, broad_light, own_color
from ..tools.hair import hair_of
from ..tools.hair_share import PartOfHair, in_its_part, share_of_hair
from ..tools.recoloring import perceived, surely_inside

__all__ = ["grey_hair"]

#: How gradually a strand turns, and how much sooner or later single ones do, as shares of the whole change.
_SOFT, _SINGLE = 1.5, 0.35


@effect(region="hair", margin=0.1, light="scene")
def grey_hair(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    face: FaceView,
    *,
    color: Color = "#b3aea6",
    strength: Annotated[float, Range(0, 1), "how far: single grey hairs, salt and pepper at one half, all of it at 1"] = 0.5,
    rng: np.random.Generator,
) -> np.ndarray:
    """Turn the hair grey, hair by hair, those near the face first; other ones with another seed."""
    share = share_of_hair(image, mask, face)
    own = surely_inside(image, share)
    dye = Dye.of(color, own, variety=0.1, light=face.light)
    spread = max(float(np.std(perceived(own[:, 0]))), 0.01)
    hair = hair_of(image, mask, face)
    late = hair.ranked(hair.locks(rng, 0.003) + 0.4 * hair.locks(rng, 0.03) + 0.5 * np.minimum(hair.from_roots(), 1))

    def turn(image: np.ndarray, part: np.ndarray, mask: np.ndarray, *about: np.ndarray) -> np.ndarray:
        mean, near, slope, offset, late = about
        lab = colors.to_oklab(image)
        front = in_front(lab, mask, mean, near)
        light = perceived(front[..., 0])
        broad = slope * light + offset
        single = np.clip((light - broad) / spread, -1, 1)  # strands that stand out by their light turn first
        turning = late - _SINGLE * (single - 1)  # from 0 to 1 + 2 _SINGLE
        grey = np.clip((strength * (1 + 2 * _SINGLE + _SOFT) - turning) / _SOFT, 0, 1)
        return in_its_part(image, colors.from_oklab(lab + grey[..., None] * (dye.on(front, broad) - lab)), part)

    about = *own_color(image, share, unit), *broad_light(image, share, unit), hair.full_size(late)
    return colors.within(share > 0, turn, image, PartOfHair(mask, share), share, *about)
