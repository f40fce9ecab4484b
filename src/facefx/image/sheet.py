"""A contact sheet: many pictures in a grid, each with a line of text below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..errors import ParameterError

__all__ = ["contact_sheet"]

_PAPER, _TEXT = (32, 33, 36), (240, 240, 240)
#: Space round each picture, and the height of the line below it, as shares of its cell.
_GAP, _LINE = 0.02, 0.07


def contact_sheet(pictures: Sequence[tuple[np.ndarray, str]], *, columns: int = 6) -> np.ndarray:
    """All pictures in cells of one size, row by row, each with its caption.

    Parameters
    ----------
    pictures : pairs of an (h, w, 3) float32 RGB picture in [0, 1] and its caption. The longest side of all decides the cells' size.
    columns : at most so many side by side.

    Returns
    -------
    (H, W, 3) float32 RGB in [0, 1].

    Raises
    ------
    ParameterError
        Without pictures, or with fewer than one column.
    """
    if not pictures or columns < 1:
        raise ParameterError(f"a contact sheet needs pictures and columns, and was given {len(pictures)} and {columns}")
    side = max(max(image.shape[:2]) for image, _ in pictures)
    gap, line = max(2, round(_GAP * side)), max(10, round(_LINE * side))
    width, height = side + 2 * gap, side + 2 * gap + line
    columns = min(columns, len(pictures))
    sheet = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * height), _PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=round(0.7 * line))
    for index, (image, caption) in enumerate(pictures):
        left, top = index % columns * width + gap, index // columns * height + gap
        small = Image.fromarray((image * 255 + 0.5).astype(np.uint8))
        sheet.paste(small, (left + (side - small.width) // 2, top + (side - small.height) // 2))
        draw.text((left, top + side + gap), _shortened(caption, font, side), fill=_TEXT, font=font)
    return np.asarray(sheet, np.float32) / 255


def _shortened(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> str:
    """The text, its middle left out if it is wider than `width` pixels: names differ at their ends."""
    if font.getlength(text) <= width:
        return text
    kept = len(text) - 1
    while kept > 1 and font.getlength(f"{text[: kept // 2]}…{text[len(text) - kept // 2 :]}") > width:
        kept -= 1
    return f"{text[: kept // 2]}…{text[len(text) - kept // 2 :]}"
