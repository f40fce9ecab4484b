"""The photos and films that `benchmarks/speed.py` is run on, made from `samples/`; the same ones every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from video import MOVEMENTS, SAMPLES, Film
from video_speed import _written

__all__ = ["SIDE", "crowd", "save", "setting", "write_film", "write_folder"]

#: Pixels that most samples are wide and high.
SIDE = 768
PORTRAIT = "straight"
CROWD = (PORTRAIT, "blonde", "bun", "three_quarter", "hat", "long_dark", "afro", "astronaut")


def setting(size: tuple[int, int], scale: float, name: str = PORTRAIT) -> np.ndarray:
    """A sample enlarged by `scale`, in the middle of a picture of (height, width), before a wall of its border's blurred colours.

    A little grain, as a camera's, lies over it: without, large photos would cost less to decode than real ones do.

    Returns (H, W, 3) uint8.
    """
    with Image.open(SAMPLES / f"{name}.jpg") as opened:
        rgb = np.asarray(opened.convert("RGB"))
    (height, width), side = size, rgb.shape[0]
    place = np.array([[scale, 0, (width - scale * side) / 2], [0, scale, (height - scale * side) / 2]])
    sharp = cv2.warpAffine(rgb, place, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    photo = cv2.warpAffine(np.ones((side, side), np.float32), place, (width, height))
    few = max(width // 16, 1), max(height // 16, 1)
    wall = cv2.resize(cv2.GaussianBlur(cv2.resize(sharp, few, interpolation=cv2.INTER_AREA), (0, 0), few[0] / 40), (width, height))
    share = cv2.resize(cv2.GaussianBlur(cv2.erode(cv2.resize(photo, few), np.ones((5, 5))), (0, 0), 2), (width, height))[..., None]
    share = np.maximum(share, photo[..., None] * (width <= SIDE))  # a photo that fills the picture goes to its border
    grain = np.random.default_rng(0).normal(0, 1.2, (height, width, 1)).astype(np.float32)
    return np.clip(sharp * share + wall * (1 - share) + grain + 0.5, 0, 255).astype(np.uint8)


def crowd(count: int) -> np.ndarray:
    """Up to eight portraits on a grid of two rows of four, the rest of it a plain wall: (1024, 2048, 3) uint8."""
    whole = np.full((1024, 2048, 3), 150, np.uint8)
    for number, name in enumerate(CROWD[:count]):
        top, left = 512 * (number // 4), 512 * (number % 4)
        whole[top : top + 512, left : left + 512] = setting((512, 512), 0.6, name)
    return whole


def save(rgb: np.ndarray, path: Path) -> None:
    """As a JPEG, or as an array for those who have no more than NumPy."""
    if path.suffix == ".npy":
        np.save(path, rgb)
    else:
        Image.fromarray(rgb).save(path, quality=92)


def write_folder(path: Path, count: int) -> None:
    """So many of the generated samples, again and again."""
    path.mkdir()
    photos = [photo for photo in sorted(SAMPLES.glob("*.jpg")) if photo.stem != "astronaut"]
    for number in range(count):
        (path / f"{number:02}.jpg").write_bytes(photos[number % len(photos)].read_bytes())


def write_film(path: Path, size: tuple[int, int], frames: int) -> None:
    """A still that moves as a head does before a camera, there and back again, with a camera's noise."""
    still = Film(SAMPLES / f"{PORTRAIT}.jpg", size)
    there = [still.frame(replace(MOVEMENTS["all"](t), noise=0.004), t) for t in range((frames + 1) // 2)]
    _written(path, [*there, *there[::-1]][:frames])
