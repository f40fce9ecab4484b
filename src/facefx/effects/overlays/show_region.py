"""One region alone."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from ...declare.declarations import Color, effect
from ...face.scene import Scene
from ...pixels.color import parse

__all__ = ["show_region"]


@effect(kind="overlay")
def show_region(
    scene: Scene,
    *,
    region: Annotated[
        Literal[
            "face",
            "head",
            "person",
            "background",
            "hair",
            "skin",
            "all_skin",
            "eyes",
            "eyebrows",
            "ears",
            "nose",
            "lips",
            "mouth",
            "left_eye",
            "right_eye",
            "left_eyebrow",
            "right_eyebrow",
            "left_ear",
            "right_ear",
            "upper_lip",
            "lower_lip",
            "inner_mouth",
            "eyeglasses",
            "hat",
            "earring",
            "necklace",
            "neck",
            "clothing",
        ],
        "which",
    ] = "face",
    show: Annotated[
        Literal["colors", "mask"], "its own colours, or how much of each pixel belongs to it, white on black"
    ] = "colors",
    color: Color = "#808080",
) -> np.ndarray:
    """Show a single region of the chosen faces alone, on plain ground: what an effect on that region would touch."""  # fmt: skip
    mask = np.asarray(scene.mask(region))[..., None]
    if show == "mask":
        return np.repeat(mask, 3, axis=-1)
    ground = np.array(parse(color), np.float32)
    return ground + mask * (scene.image - ground)
