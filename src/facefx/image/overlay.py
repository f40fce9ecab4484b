"""Showing a label map: a palette for the parts, the picture with its parts tinted, and a legend."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from .. import labels as label_names
from ..errors import ParameterError
from ..labels import Label, LabelScheme
from ..pixels.color import within

__all__ = ["overlay", "palette", "small_overlay", "with_legend"]

#: Pairs (left and right, upper and lower) share a hue and differ in lightness.
_COLORS = {
    Label.BACKGROUND: (0, 0, 0),
    Label.SKIN: (244, 186, 146),
    Label.NOSE: (232, 118, 60),
    Label.EYEGLASSES: (38, 50, 130),
    Label.LEFT_EYE: (20, 122, 214),
    Label.RIGHT_EYE: (112, 200, 245),
    Label.LEFT_EYEBROW: (110, 62, 28),
    Label.RIGHT_EYEBROW: (176, 124, 76),
    Label.LEFT_EAR: (178, 66, 140),
    Label.RIGHT_EAR: (238, 150, 210),
    Label.INNER_MOUTH: (255, 246, 214),
    Label.UPPER_LIP: (190, 16, 62),
    Label.LOWER_LIP: (248, 84, 110),
    Label.HAIR: (112, 60, 196),
    Label.HAT: (10, 138, 92),
    Label.EARRING: (255, 214, 40),
    Label.NECKLACE: (176, 148, 0),
    Label.NECK: (150, 204, 120),
    Label.CLOTHING: (78, 108, 122),
}
_IRIS_COLORS = {"irises": (0, 200, 150), "left_iris": (0, 200, 150), "right_iris": (150, 255, 210)}
_PANEL, _TEXT = (32, 33, 36), (240, 240, 240)


def palette(scheme: str | LabelScheme = "celebamask") -> np.ndarray:
    """The colour of each class of a scheme: (C, 3) uint8 RGB; black for index 0, the background."""
    order = list(Label)
    target = label_names.scheme(scheme)
    return np.array(
        [
            _IRIS_COLORS.get(name) or _COLORS[min(labels, key=order.index)]
            for name, labels in zip(target.classes, target.members, strict=True)
        ],
        np.uint8,
    )


def overlay(
    image: np.ndarray, label_map: np.ndarray, scheme: str | LabelScheme = "celebamask", *, opacity: float = 0.5
) -> np.ndarray:
    """The picture with every part tinted and thinly outlined in its colour; the background stays as it is.

    Parameters
    ----------
    image : (H, W, 3) float32 RGB in [0, 1].
    label_map : (H, W) uint8, in the index order of `scheme`; indices beyond it, such as `facefx.labels.IGNORE`, are left bare.
    opacity : of the tint, 0 to 1.

    Returns
    -------
    (H, W, 3) float32 RGB in [0, 1].

    Raises
    ------
    ParameterError
        If the label map is not as large as the picture.
    UnknownName
        If there is no such scheme.
    """
    if label_map.shape != image.shape[:2]:
        raise ParameterError(f"the label map is {label_map.shape}, but the picture {image.shape[:2]} (height, width)")
    colors = palette(scheme)
    tints = colors.astype(np.float32) / 255
    tinted, outlined = (label_map > 0) & (label_map < len(colors)), _outlines(label_map)

    def in_tints(rgb: np.ndarray, labels: np.ndarray, lined: np.ndarray) -> np.ndarray:
        tint = np.take(tints, labels, axis=0, mode="clip")
        share = np.where(lined, np.float32(1), np.float32(opacity))
        return rgb + cv2.merge([share, share, share]) * (tint - rgb)

    return within(tinted, in_tints, image, label_map, outlined)


def small_overlay(
    image: np.ndarray, label_map: np.ndarray, scheme: str | LabelScheme = "celebamask", *, side: int, opacity: float = 0.35
) -> np.ndarray:
    """As `overlay`, of the picture made so small that its longer side has at most `side` pixels, outlines still thin and sharp."""
    height, width = label_map.shape
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    labels = cv2.resize(label_map, size, interpolation=cv2.INTER_NEAREST_EXACT)
    return overlay(small, labels, scheme, opacity=opacity)


def _outlines(label_map: np.ndarray) -> np.ndarray:
    """Where a pixel is nearer to another label than about a 700th of the picture: (H, W) bool."""
    width = 2 * max(1, round(max(label_map.shape) / 1400)) + 1
    kernel = np.ones((width, width), np.uint8)
    return np.asarray(cv2.morphologyEx(label_map, cv2.MORPH_GRADIENT, kernel, borderType=cv2.BORDER_REPLICATE) > 0)


def with_legend(image: np.ndarray, label_map: np.ndarray, scheme: str | LabelScheme = "celebamask") -> np.ndarray:
    """The picture with a panel at its right that names the colours of the parts in the label map.

    Returns
    -------
    (H', W', 3) float32 RGB in [0, 1]
        Wider than the picture, and taller where the legend needs it; the picture is in the upper left corner.
    """
    from PIL import ImageDraw, ImageFont  # here, since every face's module imports the palette of this one

    target = label_names.scheme(scheme)
    shown = [index for index in np.unique(label_map).tolist() if 0 < index < len(target)]
    names = [target.classes[index].replace("_", " ") for index in shown]
    height, width = image.shape[:2]
    line = max(16, height // 28)
    font = ImageFont.load_default(size=round(0.7 * line))
    widest = max((font.getlength(name) for name in names), default=0)
    panel = Image.new("RGB", (round(2.5 * line + widest), max(height, line * (len(shown) + 1))), _PANEL)
    draw = ImageDraw.Draw(panel)
    for row, (index, name) in enumerate(zip(shown, names, strict=True)):
        top = line * row + line // 2
        draw.rectangle(
            (line // 2, top + line // 8, line * 3 // 2, top + line * 7 // 8), fill=tuple(palette(target)[index].tolist())
        )
        draw.text((2 * line, top + line // 2), name, fill=_TEXT, font=font, anchor="lm")
    result = np.empty((panel.height, width + panel.width, 3), np.float32)
    result[:, :width] = np.array(_PANEL, np.float32) / 255
    result[:height, :width] = image
    result[:, width:] = np.asarray(panel, np.float32) / 255
    return result
