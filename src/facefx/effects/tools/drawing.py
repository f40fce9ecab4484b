"""Lines, plates and names on pictures of any size and colour."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

__all__ = ["labelled", "legend", "outline", "polygon"]

RGB = tuple[float, float, float]
_PLATE, _TEXT = (28, 29, 32), (245, 245, 245)
#: Bits of a pixel that OpenCV draws with.
_FINE = 4


def polygon(image: np.ndarray, points: np.ndarray, color: RGB, width: float) -> None:
    """Draw a closed line through (N, 2) points (x, y) into an image, in place, with a thin dark rim to stand out from anything."""
    if len(points) < 2:
        return
    fixed = np.rint((points - 0.5) * 2**_FINE).astype(np.int32).reshape(-1, 1, 2)
    rim = max(round(width * 1.6), round(width) + 2)
    for shade, thick in (((0.05, 0.05, 0.06), rim), (color, max(round(width), 1))):
        cv2.polylines(image, [fixed], True, shade, thick, cv2.LINE_AA, _FINE)
    np.clip(image, 0, 1, out=image)


def outline(box: tuple[float, float, float, float], roll: float = 0.0) -> np.ndarray:
    """The corners (x, y) of a box (x0, y0, x1, y1), turned clockwise about its middle by `roll` degrees: (4, 2) float64."""
    x0, y0, x1, y1 = box
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    cos, sin = np.cos(np.deg2rad(roll)), np.sin(np.deg2rad(roll))
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) - middle
    return np.asarray(corners @ np.array([[cos, sin], [-sin, cos]]) + middle)


def labelled(image: np.ndarray, text: str, place: tuple[float, float], size: float, color: RGB) -> None:
    """Write a name on a dark plate into an image, in place: above a point (x, y), or as near to it as the picture allows.

    `size` is the height of a line in pixels; the plate's left edge has the colour. Nothing is written where it has no room.
    """
    font, line = ImageFont.load_default(size=max(0.72 * size, 8)), max(round(size), 11)
    width = round(font.getlength(text) + 0.9 * line)
    if width > image.shape[1] or line > image.shape[0]:
        return
    plate = Image.new("RGB", (width, line), _PLATE)
    draw = ImageDraw.Draw(plate)
    draw.rectangle((0, 0, max(line // 5, 1), line), fill=_bytes(color))
    draw.text((round(0.45 * line), line // 2), text, fill=_TEXT, font=font, anchor="lm")
    x = int(np.clip(place[0], 0, image.shape[1] - width))
    y = int(np.clip(place[1] - line, 0, image.shape[0] - line))
    image[y : y + line, x : x + width] = np.asarray(plate, np.float32) / 255


def legend(image: np.ndarray, names: Sequence[str], colors: Sequence[RGB]) -> None:
    """Put a panel that names colours into that lower corner of an image, in place, where less goes on; none if it has no room."""
    height, width = image.shape[:2]
    line = max(height // 34, 11)
    font = ImageFont.load_default(size=0.72 * line)
    panel = round(max((font.getlength(name) for name in names), default=0) + 2.4 * line), line * (len(names) + 1)
    if not names or panel[0] > width // 2 or panel[1] > height:
        return
    drawn = Image.new("RGB", panel, _PLATE)
    draw = ImageDraw.Draw(drawn)
    for row, (name, color) in enumerate(zip(names, colors, strict=True)):
        top = line * row + line // 2
        draw.rectangle((line // 2, top + line // 6, line * 3 // 2, top + line * 5 // 6), fill=_bytes(color))
        draw.text((2 * line, top + line // 2), name, fill=_TEXT, font=font, anchor="lm")
    left, right = image[-panel[1] :, : panel[0]], image[-panel[1] :, -panel[0] :]
    corner = left if left.std() <= right.std() else right
    corner += np.float32(0.85) * (np.asarray(drawn, np.float32) / 255 - corner)


def _bytes(color: RGB) -> tuple[int, int, int]:
    r, g, b = (round(255 * value) for value in color)
    return r, g, b
