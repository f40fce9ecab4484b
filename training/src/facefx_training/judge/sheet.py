"""Pictures of what models get right and wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facefx import parse
from facefx.errors import ImageError
from facefx.face.values import Box
from facefx.image.overlay import overlay, palette, with_legend
from facefx.image.picture import open_image
from facefx.labels import IGNORE, LabelScheme
from facefx.pixels import geometry

from ..data import Pictures
from .entrant import CELEBAMASK, Entrant
from .metrics import confusion, scores

__all__ = ["VIEWS", "contact_sheet", "photos_in", "side_by_side", "strip", "with_heading", "worst_first"]

#: What the squares of a `strip` show.
VIEWS = ("image", "label", "prediction", "overlay", "errors")
_ERROR = np.array([255, 40, 40], np.uint8)
_BAR = (32, 33, 36)
_TILE = 232


def strip(image: np.ndarray, truth: np.ndarray, said: np.ndarray, labels: LabelScheme, side: int) -> np.ndarray:
    """The `VIEWS` of one picture in a row.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB.
    truth, said : (H, W) uint8 in the order of `labels`; a truth of 255, unknown, is grey and never wrong.

    Returns
    -------
    (side, 5 side, 3) uint8 RGB.
    """
    colours = np.full((256, 3), 128, np.uint8)
    colours[: len(labels)] = palette(labels)
    tinted = np.round(255 * overlay(image.astype(np.float32) / 255, said, labels)).astype(np.uint8)
    errors = np.repeat(image.mean(axis=-1, keepdims=True) / 3, 3, axis=-1).astype(np.uint8)
    errors[(truth != said) & (truth != IGNORE)] = _ERROR
    views = (image, colours[truth], colours[said], tinted, errors)
    return np.hstack([cv2.resize(view, (side, side), interpolation=cv2.INTER_AREA) for view in views])


def worst_first(pictures: Pictures, predictions: Sequence[np.ndarray], labels: LabelScheme) -> list[tuple[float, int]]:
    """Mean F1 of each picture in percent, over the parts that it shows, and its index; the worst first."""
    f1 = []
    for truth, said in zip(pictures.labels, predictions, strict=True):
        values: dict[str, float] = scores(confusion(truth, said, len(labels)))
        f1.append(100 * values["mean_f1"])
    return sorted(zip(f1, range(len(f1)), strict=True), key=lambda pair: (np.isnan(pair[0]), pair))


def contact_sheet(
    pictures: Pictures,
    predictions: Sequence[np.ndarray],
    path: Path,
    *,
    labels: LabelScheme = CELEBAMASK,
    rows: int = 12,
    side: int = 192,
) -> None:
    """Write a PNG of the worst pictures' strips, the worst first, two to a line."""
    worst = worst_first(pictures, predictions, labels)[: 2 * rows]
    tiles = [strip(pictures.images[i], pictures.labels[i], predictions[i], labels, side) for _, i in worst]
    if len(tiles) % 2:
        tiles.append(np.zeros_like(tiles[0]))
    lines = [np.hstack(tiles[i : i + 2]) for i in range(0, len(tiles), 2)]
    Image.fromarray(np.vstack(lines)).save(path)


def side_by_side(models: Sequence[Entrant], photos: Sequence[Path], path: Path) -> None:
    """Write a PNG with a row for each photo: its largest face, and what each model makes of it.

    The first model that finds a face says which part of the photo is shown; without any it is the whole.
    """
    rows = [_row(models, photo) for photo in photos]
    sheet = with_heading(np.vstack(rows), ["", *(model.name for model in models)])
    every_part = np.arange(len(CELEBAMASK), dtype=np.uint8)[None]
    legend = np.round(255 * with_legend(np.zeros((2 * _TILE, 0, 3), np.float32), every_part)).astype(np.uint8)
    whole = np.full((max(len(sheet), len(legend)), sheet.shape[1] + legend.shape[1], 3), _BAR, np.uint8)
    whole[: len(sheet), : sheet.shape[1]] = sheet
    whole[: len(legend), sheet.shape[1] :] = legend
    Image.fromarray(whole).save(path)


def photos_in(folder: Path) -> list[Path]:
    """The JPEG and PNG files of a folder, by name. Raises `ImageError` if there is none."""
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    if not found:
        raise ImageError(f"{folder} holds no JPEG or PNG file; name a folder of photos with --photos")
    return found


def _row(models: Sequence[Entrant], photo: Path) -> np.ndarray:
    """The photo and the models' overlays: (tile, tile (1 + models), 3) uint8 RGB."""
    rgb = open_image(photo).rgb
    scenes = [parse(rgb, segmenter=model.segmenter) for model in models]
    height, width = rgb.shape[:2]
    whole = Box(0, 0, width, height)
    face = next((scene.faces[0].box for scene in scenes if scene.faces), whole)
    side = min(2.4 * face.side, max(height, width))
    center = _inside(face.center[0], side, width), _inside(face.center[1], side, height)
    affine = geometry.crop_affine(center, side, 0, _TILE)
    painted = [overlay(rgb, scene.label_map(m.scheme), m.scheme) for m, scene in zip(models, scenes, strict=True)]
    tiles = [geometry.cut(view, affine, _TILE) for view in (rgb, *painted)]
    return np.round(255 * np.hstack(tiles).clip(0, 1)).astype(np.uint8)


def _inside(middle: float, side: float, length: float) -> float:
    """The middle of a crop, moved so that the crop does not leave the photo, or leaves it on both sides alike."""
    return length / 2 if side >= length else float(np.clip(middle, side / 2, length - side / 2))


def with_heading(picture: np.ndarray, titles: Sequence[str]) -> np.ndarray:
    """A picture under a line of titles, each over its share of the width: (H + some, W, 3) uint8 RGB."""
    width = picture.shape[1]
    column = width / len(titles)
    size = round(min(14, column / 9))
    bar = Image.new("RGB", (width, 2 * size), _BAR)
    draw = ImageDraw.Draw(bar)
    for index, title in enumerate(titles):
        where = (index + 0.5) * column, size
        draw.text(where, title, fill=(240, 240, 240), font=ImageFont.load_default(size=size), anchor="mm")
    return np.vstack([np.asarray(bar), picture])
