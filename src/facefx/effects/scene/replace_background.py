"""Another background."""

from __future__ import annotations

from typing import Annotated, Literal

import cv2
import numpy as np

from ...declare.declarations import Color, PictureFile, effect
from ...image.picture import open_image
from ...pixels.color import by_bands, from_oklab, parse, to_oklab, within
from ..tools.layers import in_front, over

__all__ = ["replace_background"]


@effect(region="background")
def replace_background(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    *,
    fill: Annotated[
        Literal["color", "gradient", "spotlight"], "one colour, or from top to bottom or outwards to a second"
    ] = "color",
    color: Color = "#d9d4cc",
    second: Color = "#8f8a86",
    picture: Annotated[PictureFile, "a picture to show instead, cut to fit"] = "",
) -> np.ndarray:
    """Put the person before a colour, a gradient or a picture.

    Where hair and edges mix the person with the old background the person's own colour is estimated, so that nothing of the old one
    shines through. The second colour counts only in gradients; a picture is enlarged until it covers the whole, and its middle is
    shown.
    """
    front = in_front(image, 1 - mask, unit)
    back = _covering(open_image(picture).rgb, mask.shape) if picture else _painted(fill, color, second, mask.shape)
    return within(mask > 0, over, image, front, back, mask, into=front)  # which is the picture in the person


def _painted(fill: str, color: str, second: str, shape: tuple[int, ...]) -> np.ndarray:
    """(H, W, 3) float32: mixed in OKLab, with a grain of less than half a step of 8 bits against banding."""
    first, other = (to_oklab(np.array(parse(c), np.float32)) for c in (color, second))
    rows, columns = np.linspace(0, 1, shape[0], dtype=np.float32), np.linspace(0, 1, shape[1], dtype=np.float32)
    if fill == "color":
        return np.broadcast_to(np.array(parse(color), np.float32), (*shape, 3))
    if fill == "gradient":
        share = np.repeat(rows[:, None], shape[1], axis=1)
    else:
        share = np.clip(np.hypot((rows[:, None] - 0.4), (columns[None] - 0.5)) / 0.75, 0, 1)
    colors = by_bands(lambda s: from_oklab(first + s[..., None] * (other - first)), share)
    grain = np.random.default_rng(0).random(shape, np.float32)[..., None] - np.float32(0.5)
    return np.clip(colors + grain / 255, 0, 1)


def _covering(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The middle of a picture, (H, W, 3) float32, scaled so that it just covers the shape."""
    height, width = shape
    scale = max(height / picture.shape[0], width / picture.shape[1])
    part_height, part_width = min(round(height / scale), picture.shape[0]), min(round(width / scale), picture.shape[1])
    part_height, part_width = max(part_height, 1), max(part_width, 1)
    top, left = (picture.shape[0] - part_height) // 2, (picture.shape[1] - part_width) // 2
    part = picture[top : top + part_height, left : left + part_width]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))
