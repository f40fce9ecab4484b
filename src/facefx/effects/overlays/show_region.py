"""One region alone."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import Color, Range, RegionName, effect
from ...face.scene import Scene
from ...pixels.color import parse

__all__ = ["show_region"]


@effect(kind="overlay")
def show_region(
    scene: Scene,
    *,
    region: Annotated[RegionName, "which"] = "face",
    grow: Annotated[float, Range(-0.3, 0.5), "how much further it reaches, in face units; less than 0: less far"] = 0.0,
    feather: Annotated[float, Range(0, 0.5), "over what width its edge is softened, in face units"] = 0.0,
    show: Annotated[
        Literal["colors", "mask"], "its own colours, or how much of each pixel belongs to it, white on black"
    ] = "colors",
    color: Color = "#808080",
) -> np.ndarray:
    """Show a single region of the chosen faces alone, on plain ground: what an effect on that region would touch."""  # fmt: skip
    mask = np.asarray(scene.mask(region, grow=grow, feather=feather))[..., None]
    if show == "mask":
        return np.repeat(mask, 3, axis=-1)
    ground = np.array(parse(color), np.float32)
    return ground + mask * (scene.image - ground)
