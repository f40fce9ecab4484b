"""Lip liner."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ...pixels import masks

__all__ = ["line_lips"]

#: Share of the line's width that lies on the skin.
_OVERLAP = 0.3
#: A face unit has at least this many pixels where the line is drawn, so that it is smooth on small faces too.
_DETAIL = 400.0


@effect(region="lips+skin", needs="lips", light="scene")
def line_lips(
    image: np.ndarray,
    face: FaceView,
    *,
    color: Color = "#8c2f39",
    strength: Annotated[float, Range(0, 1), "how much of the colour"] = 0.7,
    width: Annotated[float, Range(0.002, 0.03), "width of the line, in face units"] = 0.012,
    feather: Annotated[float, Range(0, 1), "how softly it fades towards the middle of the lips"] = 0.7,
) -> np.ndarray:
    """Draw a lip liner along the outer edge of the lips, a hair's breadth over it.

    Nothing is drawn where the lips end at something other than skin, such as a hand, hair or teeth.
    """
    mouth = face.landmarks.mouth
    if mouth is None:
        return image
    outline = np.vstack([mouth.upper, mouth.lower[::-1]])
    reach = 2 * width * face.unit + 2
    x0, y0 = np.maximum(np.floor(outline.min(axis=0) - reach), 0).astype(int)
    x1, y1 = np.maximum(np.ceil(outline.max(axis=0) + reach), 0).astype(int)
    part = np.s_[y0:y1, x0:x1]
    if image[part].size == 0:
        return image
    line = _line(outline - (x0, y0), face.mask("skin")[part], width * face.unit, feather, face.unit)

    lab = colors.to_oklab(image[part])
    pencil = np.broadcast_to(colors.to_oklab(np.array(colors.parse(color))), lab.shape).copy()
    # Wax is opaque but thin: the fine lines of the lips, and some of the light and shade along the line, still show.
    usual = np.average(lab[..., 0], weights=line + 1e-6)
    broad = cv2.GaussianBlur(lab[..., 0], (0, 0), max(width * face.unit, 0.5))
    pencil[..., 0] += 0.8 * (lab[..., 0] - broad) + 0.4 * (broad - usual)
    result = image.copy()
    result[part] = colors.from_oklab(lab + np.float32(strength) * line[..., None] * (pencil - lab))
    return result


def _line(outline: np.ndarray, skin: np.ndarray, width: float, feather: float, unit: float) -> np.ndarray:
    """The line along the mouth's outer edge, where skin lies beyond it: (h, w) float32 in [0, 1]."""
    height, across = skin.shape
    enlarge = int(np.clip(np.ceil(_DETAIL / unit), 1, 6))
    inside = np.zeros((height * enlarge, across * enlarge), np.uint8)
    fixed = np.round((outline * enlarge - 0.5) * 256).astype(np.int32)  # OpenCV's points count from the first pixel's centre
    cv2.fillPoly(inside, [fixed], 1, shift=8)
    within, beyond = masks.depth(inside), masks.depth(1 - inside)
    depth = cv2.resize(
        (within - beyond) / (enlarge * width), (across, height), interpolation=cv2.INTER_AREA
    )  # in the line's widths

    near_skin = cv2.GaussianBlur(skin * (depth < 0), (0, 0), max(width, 0.5))
    fade = 0.2 + feather
    outer = masks.smooth_ramp(depth, -_OVERLAP - 0.2, -_OVERLAP + 0.2)
    inner = masks.smooth_ramp(depth, 1 - _OVERLAP - 0.3 * fade, 1 - _OVERLAP + 0.7 * fade)
    return np.asarray(outer * (1 - inner) * masks.smooth_ramp(near_skin, 0.05, 0.25), np.float32)
