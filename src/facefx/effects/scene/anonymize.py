"""Making people unrecognizable."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np

from ...declare.declarations import Color, PictureFile, Range, effect
from ...face.face import FaceView
from ...held_files import holder_of
from ...image.picture import open_image
from ...pixels.color import parse
from ...pixels.masks import depth, window

__all__ = ["anonymize"]

#: Least half height of the bar over eyes or mouth, in face units.
_BAR = 0.16
#: Eyes or a mouth are known to be where they are claimed only if the segmenter is so sure of them; else the whole face is hidden.
_SURE = 0.6
#: Cells are no smaller than this, in pixels: cells of a pixel would show a tiny face as it is.
_LEAST_CELL = 4.0


@effect(region="head+neck", margin=0.45, version="2", private=True)
def anonymize(
    image: np.ndarray,
    face: FaceView,
    *,
    method: Annotated[
        Literal["pixelate", "blur", "block", "picture"], "a few flat cells, the same smoothed, one colour, or a picture on top"
    ] = "pixelate",
    part: Annotated[Literal["face", "head", "eyes", "mouth"], "what to hide; the first two hide most"] = "head",
    outline: Annotated[
        Literal["head", "ellipse", "box"], "the shape that is hidden: as the head is seen, or simpler ones"
    ] = "head",
    margin: Annotated[float, Range(0, 0.3), "how much further it reaches, in face units"] = 0.06,
    cells: Annotated[int, Range(1, 8), "how many cells go across the face; fewer hide more"] = 5,
    color: Color = "#1a1a1a",
    picture: Annotated[PictureFile, "for method=picture: a sticker, which may be transparent, turned and sized with the head"] = "",
) -> np.ndarray:
    """Hide who it is, for good: what is left cannot be turned back into the face.

    Every pixel of the part is replaced in full, with no share of the old one. What remains of the part is one mean colour a cell
    (``"pixelate"``, and ``"blur"``, which only interpolates between those means), or nothing (``"block"``): two faces that agree in
    their cell means become the same picture, and no software can tell which it was. A ``"picture"`` lies on such a blur; where none
    is given a block stands for it.

    Means do tell something, though. Whoever has photos of all candidates can compare them, the more so the more cells there are
    (McPherson, Shokri, Shmatikov, "Defeating Image Obfuscation with Deep Learning", arXiv:1609.00408), and acquaintances know
    people by hair, clothes and company. Where that matters use ``"block"`` on the head; eyes or mouth alone hide nobody. Hidden is
    what the detector takes for a head, however badly it can be parsed, hands and masks in front of it too; of eyes or a mouth that
    cannot be seen, the whole face. A face that the detector does not see stays: look at the result.
    """
    inside = _shaped(_part(part, face, margin), face, outline)
    area = window(inside)
    if area is None:
        return image
    hidden = image.copy()
    x0, y0, x1, y1 = area
    if method == "block" or (method == "picture" and not picture):
        hidden[inside] = parse(color)
    else:
        means = _cells(image[y0:y1, x0:x1], inside[y0:y1, x0:x1], max(face.unit / cells, _LEAST_CELL), method != "pixelate")
        hidden[y0:y1, x0:x1][inside[y0:y1, x0:x1]] = means[inside[y0:y1, x0:x1]]
    return _with_sticker(hidden, inside, face, picture) if method == "picture" and picture else hidden


def _part(part: str, face: FaceView, margin: float) -> np.ndarray:
    """(h, w) bool: what is hidden. What the parser says only ever adds to what the detector does."""
    if part in ("eyes", "mouth") and (bar := _bar(part, face, margin)) is not None:
        return bar
    whole = "head" if part == "head" else "face"
    parsed = face.mask("head" if part == "head" else "face+ears") > 0
    if not face.is_parsed:  # nobody knows where in it the face is
        whole, parsed = "head", np.zeros(face.shape, bool)
    sure = face.outline(whole)  # type: ignore[arg-type]
    return _grown(_attached(parsed | sure, sure), margin * face.unit)


def _attached(inside: np.ndarray, to: np.ndarray) -> np.ndarray:
    """(h, w) bool: those connected parts that touch `to`. What a parser takes for hair far from any head hides nobody."""
    _, parts = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8)
    return np.asarray(inside & np.isin(parts, np.unique(parts[to & inside])))


def _grown(inside: np.ndarray, reach: float) -> np.ndarray:
    return inside if inside.all() or not inside.any() else np.asarray(depth(~inside) <= reach)


def _bar(part: str, face: FaceView, margin: float) -> np.ndarray | None:
    """(h, w) bool: a bar along the line of the eyes, with the brows, or the mouth, from one side of the face to the other.

    None if they cannot be seen: a bar by guess would show them.
    """
    eyes = part == "eyes"
    own = face.mask("eyes" if eyes else "mouth")
    if not face.is_parsed or own.max(initial=0) < _SURE:
        return None
    seen = (face.mask("eyes+eyebrows") if eyes else own) > 0
    rows, columns = np.indices(face.shape)
    down, across = _along(face, rows, columns)
    ends = across[(face.mask("face") > 0) | face.outline("face")]
    low, high = float(down[seen].min()), float(down[seen].max())
    middle, half = (low + high) / 2, max((high - low) / 2 + margin * face.unit, _BAR * face.unit)
    reach = 2 * margin * face.unit
    return np.asarray((np.abs(down - middle) <= half) & (across >= ends.min() - reach) & (across <= ends.max() + reach))


def _along(face: FaceView, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far down the upright head, and how far across it, pixels lie."""
    turn = np.deg2rad(face.roll)
    down = (rows + 0.5) * np.cos(turn) - (columns + 0.5) * np.sin(turn)
    return down, (columns + 0.5) * np.cos(turn) + (rows + 0.5) * np.sin(turn)


def _shaped(inside: np.ndarray, face: FaceView, outline: str) -> np.ndarray:
    """All of what is to be hidden, in a simpler shape that is turned as the head is."""
    if outline == "head" or not inside.any():
        return inside
    (low, high), (left, right) = ((float(v.min()) - 0.5, float(v.max()) + 0.5) for v in _along(face, *np.nonzero(inside)))
    rows, columns = np.indices(face.shape)
    down, across = _along(face, rows, columns)
    v, u = (down - (low + high) / 2) / ((high - low) / 2), (across - (left + right) / 2) / ((right - left) / 2)
    if outline == "box":
        return np.asarray((np.abs(u) <= 1) & (np.abs(v) <= 1))
    far = u**2 + v**2
    return np.asarray(far <= far[inside].max())


def _with_sticker(image: np.ndarray, inside: np.ndarray, face: FaceView, path: str) -> np.ndarray:
    """The picture with a sticker on what is hidden: turned as the head, its middle there, and so large that it covers it."""
    (low, high), (left, right) = ((float(v.min()) - 0.5, float(v.max()) + 0.5) for v in _along(face, *np.nonzero(inside)))
    sticker = _sticker_in(path)
    height, width = sticker.shape[:2]
    scale = max((high - low) / height, (right - left) / width)
    if scale < 0.5:  # averaged first: warping alone would skip pixels
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        sticker = cv2.resize(sticker, size, interpolation=cv2.INTER_AREA)
        (height, width), scale = sticker.shape[:2], scale * height / sticker.shape[0]
    turn = np.deg2rad(face.roll)
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    v, u = (low + high) / 2, (left + right) / 2
    middle = np.array([u * cos - v * sin, v * cos + u * sin])
    linear = scale * np.array([[cos, -sin], [sin, cos]])
    there = np.column_stack([linear, middle - linear @ (width / 2, height / 2)])
    there[:, 2] += there[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV puts the centre of the first pixel at (0, 0)
    shown = cv2.warpAffine(sticker, there, image.shape[1::-1], flags=cv2.INTER_LINEAR)
    return np.asarray(image * (1 - shown[..., 3:]) + shown[..., :3], np.float32)


def _sticker_in(path: str) -> np.ndarray:
    """(H, W, 4) float32: colours times alpha, and alpha. One that is held in memory is seen by nobody but who holds it."""
    if held := holder_of(path):
        return held.once(("sticker", path), lambda: _found(path))
    return _sticker(path, Path(path).stat().st_mtime_ns if Path(path).exists() else 0)  # opening it says what is wrong


@lru_cache(maxsize=4)
def _sticker(path: str, changed: int) -> np.ndarray:
    return _found(path)


def _found(path: str) -> np.ndarray:
    opened = open_image(path)
    alpha = np.ones(opened.size, np.float32) if opened.alpha is None else opened.alpha
    return np.dstack([opened.rgb * alpha[..., None], alpha])


def _cells(image: np.ndarray, inside: np.ndarray, side: float, smooth: bool) -> np.ndarray:
    """The mean colour of those pixels of each cell that are inside, over the whole cell, or interpolated between the cells."""
    height, width = inside.shape
    count = max(round(width / side), 1), max(round(height / side), 1)
    column, row = (np.minimum(np.arange(n) * c // n, c - 1) for n, c in zip((width, height), count, strict=True))
    cell = (row[:, None] * count[0] + column[None])[inside]
    pixels = np.bincount(cell, minlength=count[0] * count[1])
    sums = [np.bincount(cell, weights=image[..., c][inside], minlength=len(pixels)) for c in range(3)]
    means = (np.stack(sums, axis=-1) / np.maximum(pixels, 1)[:, None]).astype(np.float32)
    means[pixels == 0] = image[inside].mean(axis=0)
    grid = means.reshape(count[1], count[0], 3)
    if not smooth:
        return grid[row[:, None], column[None]]
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR))
