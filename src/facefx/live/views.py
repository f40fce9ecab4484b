"""What the window shows: a view of the picture, and beside it the keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..face.scene import Scene
from ..image.overlay import overlay
from ..image.picture import Picture
from .keys import COMMANDS, VIEWS, Command, View

__all__ = ["PANEL", "beside_panel", "rendered"]

#: Width of the panel with the keys, and the height of the window, in pixels.
PANEL, HEIGHT = 300, 540
_BACK, _TEXT, _KEY, _CHOSEN = (32, 33, 36), (225, 225, 225), (138, 180, 248), (70, 90, 140)


def rendered(picture: Picture, parsed: Scene, edited: Scene, view: View) -> np.ndarray:
    """The view of one frame: (H, W, 3) uint8.

    Parameters
    ----------
    picture : the frame, opened from (H, W, 3) uint8.
    parsed : the frame as it came, with its faces.
    edited : the same with the look on it.

    Raises
    ------
    RegionUnavailable
        If the segmenter does not know the region.
    """
    if view.tinted and parsed.faces:
        return cv2.convertScaleAbs(overlay(edited.image, parsed.label_map(parsed.faces[0].parsing.scheme)), alpha=255)
    shown = np.asarray(picture.with_canvas(edited.canvas).native)
    if view.region is None:
        return shown
    return np.asarray(shown * np.asarray(parsed.mask(view.region))[..., None] + 0.5, np.uint8)


def beside_panel(shown: np.ndarray, chosen: View, status: Sequence[str]) -> np.ndarray:
    """The view, `HEIGHT` pixels high, with the panel at its right: (HEIGHT, W, 3) uint8."""
    scale = HEIGHT / shown.shape[0]
    enlarged = cv2.resize(shown, (round(shown.shape[1] * scale), HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.hstack([enlarged, _panel(chosen, tuple(status))])


@lru_cache(maxsize=4)
def _panel(chosen: View, status: tuple[str, ...]) -> np.ndarray:
    picture = Image.new("RGB", (PANEL, HEIGHT), _BACK)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(size=15)
    entries = [(key, view.words, view == chosen) for key, view in VIEWS.items()]
    half = (len(entries) + 1) // 2
    for number, (key, words, is_chosen) in enumerate(entries):
        column, row = divmod(number, half)
        _entry(draw, font, (10 + column * PANEL // 2, 10 + 22 * row), key, words, is_chosen)
    top = 22 * half + 14
    for row, command in enumerate(Command):
        keys = ", ".join(key for key, meaning in COMMANDS.items() if meaning is command)
        _entry(draw, font, (10, top + 22 * row), keys, command.value, False)
    for row, line in enumerate(reversed(status)):
        draw.text((10, HEIGHT - 24 - 20 * row), line, fill=_TEXT, font=font)
    return np.asarray(picture)


def _entry(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    at: tuple[int, int],
    key: str,
    words: str,
    chosen: bool,
) -> None:
    x, y = at
    indent = 24 if len(key) == 1 else 82
    if chosen:
        draw.rectangle((x - 6, y - 1, x + PANEL // 2 - 16, y + 19), fill=_CHOSEN)
    draw.text((x, y), key, fill=_KEY, font=font)
    draw.text((x + indent, y), words, fill=_TEXT, font=font)
